"""How commands speak: tables for people, JSON for programs, and exit codes that mean the same everywhere."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Annotated, Any, Final, TextIO

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of a table for people.")]


class ExitCode(IntEnum):
    """What a command says to the shell."""

    OK = 0
    PROBLEMS = 1
    USAGE = 2
    UNREACHABLE = 3


class CommandFailedError(Exception):
    """Ends a command with a message, the next step to take, and an exit code."""

    def __init__(self, message: str, *, hint: str | None = None, code: ExitCode = ExitCode.PROBLEMS) -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code


WIDE: Final = 132
"""Columns of a table that goes to a file or a pipe, where no window folds it."""


def stdout() -> Console:
    """Return the console of results; made anew, because tests and pipes replace the stream."""
    return _console(sys.stdout)


def stderr() -> Console:
    """Return the console of progress and errors."""
    return _console(sys.stderr)


def _console(stream: TextIO) -> Console:
    return Console(file=stream, highlight=False, width=None if stream.isatty() else WIDE)


def emit(document: object) -> None:
    """Print one JSON document to standard output."""
    sys.stdout.write(json.dumps(document, default=plain, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))
    sys.stdout.write("\n")


def plain(value: object) -> Any:
    """Return what JSON can hold for a value that it cannot; times as ISO 8601, durations in seconds."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if hasattr(value, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    return list(value) if isinstance(value, Iterable) else str(value)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table | Text:
    """Return a table, or one line when it would be empty; None is an empty cell, a `Text` keeps its colours."""
    if not rows:
        return Text.assemble((title, "bold"), (": none", "dim"))
    made = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text("" if cell is None else str(cell)) for cell in row))
    return made


def show(*parts: Table | Text | str) -> None:
    """Print parts for people to standard output; strings may carry rich markup."""
    console = stdout()
    for part in parts:
        console.print(part)


def moment(value: datetime | None) -> str:
    """Return a time as people read it, with its offset."""
    return "" if value is None else value.isoformat(sep=" ", timespec="minutes")


def lasting(value: timedelta) -> str:
    """Return a duration in its two biggest units: `3d4h`, `12m`."""
    seconds = int(value.total_seconds())
    parts = [(seconds // 86_400, "d"), (seconds % 86_400 // 3_600, "h"), (seconds % 3_600 // 60, "m")]
    shown = [f"{count}{unit}" for count, unit in parts if count][:2]
    return "".join(shown) or f"{seconds}s"
