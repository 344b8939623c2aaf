"""What a mapping folder still lacks, each with its file, its line and the next step."""
