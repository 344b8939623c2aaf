"""The `milepost` command. Each command lives in a module of its own that is imported only when it is called."""

from worker.cli.root import app, main

__all__ = ["app", "main"]
