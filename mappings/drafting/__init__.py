"""A first draft of a mapping from sample payloads: places are proposed with their evidence, meanings never.

`samples` turns payloads into fields with values, `values` says what a value looks like, `proposals` chooses where the
evidence leaves one choice and lists all where it does not, `writing` makes the file of it.
"""
