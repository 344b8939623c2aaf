"""Files named on the command line."""

import sys
from pathlib import Path

from worker.cli.output import CommandFailedError, ExitCode


def contents(files: list[Path]) -> dict[str, bytes]:
    """Return the bytes of each file by its name.

    Raises:
        CommandFailedError: A file cannot be read.
    """
    read: dict[str, bytes] = {}
    for file in files:
        try:
            read[str(file)] = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        except OSError as error:
            raise CommandFailedError(f"{file}: {error.strerror or 'cannot be read'}", code=ExitCode.USAGE) from error
    return read
