"""Order systems by kind: how each is told of a status and asked for changes."""
