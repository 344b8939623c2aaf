"""Work that Temporal may retry; thin methods over domain ports."""
