"""The list of commands, and what happens to their errors."""

import errno
import socket
from importlib import import_module
from typing import Annotated, Any, Final, NamedTuple

import typer
from rich.markup import escape
from typer.core import TyperCommand, TyperGroup
from typing_extensions import override

from domain.errors import HubError, HubUnavailableError, PartnerUnavailableError
from worker.cli.output import CommandFailedError, ExitCode, stderr

_RUN, _ASK, _KEEP = "Run", "Look", "Set up and maintain"


class Entry(NamedTuple):
    """One command: its module below `worker.cli`, one line of help, and its place in `--help`."""

    module: str
    line: str
    panel: str


COMMANDS: Final[dict[str, Entry]] = {
    "demo": Entry("demo", "Show the whole hub at work with made-up parcels, in under a minute.", _RUN),
    "up": Entry("up", "Run everything in one process: Temporal, ledger, worker, gateway.", _RUN),
    "worker": Entry("roles", "Run a worker process (production).", _RUN),
    "gateway": Entry("roles", "Run a gateway process (production).", _RUN),
    "edi": Entry("edi", "Take interchanges from a watched folder and answer them.", _RUN),
    "normalise": Entry("normalise", "Show what a carrier payload becomes in the milestone language.", _ASK),
    "detect": Entry("detect", "Say which carriers a tracking number may be of, ranked.", _ASK),
    "shipments": Entry("shipments", "List shipments, show one, print its timeline.", _ASK),
    "unmapped": Entry("unmapped", "List carrier codes that no mapping knows.", _ASK),
    "mappings": Entry("mappings", "Check tables, explain events, correct what was stored by a better table.", _ASK),
    "audit": Entry("audit", "Verify audit chains, and re-derive them from the raw bytes.", _ASK),
    "doctor": Entry("doctor", "Check the set-up and say how to fix what is wrong.", _KEEP),
    "migrate": Entry("migrate", "Bring the ledger's schema up to date (or down).", _KEEP),
    "keys": Entry("keys", "Create, list and revoke API keys.", _KEEP),
    "accounts": Entry("accounts", "Add, list, rotate, try, stop and resume carrier accounts.", _KEEP),
    "erp": Entry("erp", "Connect order systems; see and replay what they refused.", _KEEP),
    "ingest": Entry("ingest", "Take raw carrier files in, like a webhook would.", _KEEP),
    "sweep": Entry("sweep", "Read and hand over what a crash left behind, now.", _KEEP),
}

_FAILURES: Final[tuple[tuple[type[Exception], ExitCode, str | None], ...]] = (
    (PartnerUnavailableError, ExitCode.UNREACHABLE, "run `milepost doctor`"),
    (HubUnavailableError, ExitCode.UNREACHABLE, "run `milepost doctor`"),
    (HubError, ExitCode.PROBLEMS, None),
)


_LEDGER: Final = ("the ledger cannot be used: ", "run `milepost doctor --fix`", ExitCode.UNREACHABLE)
_TEMPORAL: Final = ("", "run `milepost doctor`", ExitCode.UNREACHABLE)

# By name: importing pydantic, SQLAlchemy and temporalio only to recognise them would slow every command.
_BY_NAME: Final[dict[str, tuple[str, str, ExitCode]]] = {
    "SettingsInvalidError": ("", "see docs/running.md for every setting", ExitCode.USAGE),
    "StateDirUnusableError": ("", "MILEPOST_STATE_DIR names another", ExitCode.USAGE),
    "StateDirBusyError": ("", "stop it first, or choose another MILEPOST_STATE_DIR", ExitCode.USAGE),
    "OperationalError": _LEDGER,
    "ProgrammingError": _LEDGER,
    "DatabaseError": _LEDGER,
    "RPCError": _TEMPORAL,
    "DevServerError": _TEMPORAL,
    "ConnectError": _TEMPORAL,
}


# What an operator can put right: a path, a right, an address, room on the disk.
_OF_THE_SYSTEM: Final = frozenset(
    {
        *(
            errno.EACCES,
            errno.EPERM,
            errno.EROFS,
            errno.ENOSPC,
            errno.ENOENT,
            errno.ENOTDIR,
            errno.EEXIST,
            errno.EISDIR,
        ),
        *(errno.EADDRNOTAVAIL, socket.EAI_NONAME, socket.EAI_AGAIN),
    }
)


class LazyGroup(TyperGroup):
    """Imports a command when it is called; `--help` needs none of them."""

    _only_lines = False

    @override
    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    @override
    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        if self._only_lines:
            return TyperCommand(cmd_name, help=entry.line, rich_help_panel=entry.panel)
        module = import_module(f"worker.cli.{entry.module}")
        command = typer.main.get_command(getattr(module, f"{cmd_name}_app", None) or module.app)
        command.name = cmd_name
        return command

    @override
    def format_help(self, ctx: Any, formatter: Any) -> None:
        self._only_lines = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._only_lines = False

    @override
    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CommandFailedError as error:
            raise _ended(str(error), error.hint, error.code) from error
        except Exception as error:
            known = explain(error)
            if known is None:
                raise
            raise _ended(*known) from error


def explain(error: Exception) -> tuple[str, str | None, ExitCode] | None:
    """Return message, next step and exit code of a failure that has a name; None for a bug."""
    for kind, code, hint in _FAILURES:
        if isinstance(error, kind):
            return str(error), hint, code
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return (
            "the port is taken",
            "MILEPOST_GATEWAY__PORT names another; `milepost up --port 0` finds one",
            ExitCode.USAGE,
        )
    if isinstance(error, OSError) and error.errno in _OF_THE_SYSTEM:
        place = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{place}", "check the settings that name it; `milepost doctor` helps", ExitCode.USAGE
    # A broken constraint is a bug, not a broken database.
    names = {kind.__name__ for kind in type(error).__mro__}
    if "IntegrityError" in names:
        return None
    for name, (lead, hint, code) in _BY_NAME.items():
        if name in names:
            return lead + _first_line(error), hint, code
    return None


def _first_line(error: Exception) -> str:
    # SQLAlchemy prints statement and parameters on the lines that follow: those may hold data.
    return (str(error).splitlines() or [type(error).__name__])[0]


def _ended(message: str, hint: str | None, code: ExitCode) -> typer.Exit:
    console = stderr()
    console.print(f"[bold red]error:[/] {escape(message)}", soft_wrap=True)
    if hint:
        console.print(f"  [dim]next:[/] {escape(hint)}", soft_wrap=True)
    return typer.Exit(int(code))


app = typer.Typer(
    name="milepost",
    cls=LazyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(import_module("importlib.metadata").version("milepost"))
        raise typer.Exit


@app.callback()
def _root(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Durable integration hub for cross-border parcels: carriers in, one milestone language, order systems out.

    [bold]Start here[/]

      milepost demo                                    see it work
      milepost up                                      run it, state in .milepost/
      milepost normalise scan.json --carrier fedex     read a payload
      milepost doctor                                  find out what is wrong

    Settings are environment variables that start with MILEPOST_
    (docs/running.md). Exit codes: 0 fine, 1 problems found, 2 wrong usage,
    3 something cannot be reached.
    """


def main() -> None:
    """Run the command line."""
    app()
