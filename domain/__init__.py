"""The language of the hub and its pure rules; imports nothing of ours."""
