"""`milepost migrate`: the ledger's schema, up or down."""

from typing import Annotated

import typer
from alembic.util import CommandError

from ledger import migrate as schema
from worker.cli.opening import begin
from worker.cli.output import CommandFailedError, ExitCode, JsonOption, emit, show

app = typer.Typer(rich_markup_mode="rich", add_completion=False)


@app.command()
def migrate(
    down_to: Annotated[
        str | None, typer.Option("--down-to", help="Go back to this revision; `base` removes every table.")
    ] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a downgrade, which can lose data.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring the ledger's schema to what this version wants. Safe to repeat and to run from several machines at once.

    [bold]Examples[/]

      milepost migrate
      milepost migrate --down-to 0001 --yes
    """
    url = begin().ledger_url
    before = schema.current(url)
    if down_to is None:
        schema.upgrade(url)
    else:
        if not yes and not typer.confirm(f"Go down to {down_to}? Data of the removed tables is lost.", err=True):
            raise CommandFailedError("nothing was changed", code=ExitCode.USAGE)
        _down(url, down_to)
    after = schema.current(url)
    if as_json:
        emit({"before": before, "after": after, "head": schema.head()})
    else:
        show(f"ledger schema: {before or 'empty'} -> [bold]{after or 'empty'}[/] (this version wants {schema.head()})")


def _down(url: str, revision: str) -> None:
    try:
        schema.downgrade(url, revision)
    except CommandError as error:
        raise CommandFailedError(str(error), hint="`milepost migrate --json` shows revisions") from error
