"""`milepost mappings words`: the vocabulary that the right side of a table is written in."""

from typing import Annotated

import typer

from domain.milestones import MILESTONES, Milestone
from domain.reasons import REASONS
from worker.cli.output import CommandFailedError, ExitCode, JsonOption, emit, show, table


def words(
    search: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="Only words that contain this, in name or meaning.")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """List the milestones and reasons that a table may use, each with its meaning.

    A milestone marked * needs a reason; without one it gets OTHER.UNSPECIFIED.

    [bold]Examples[/]

      milepost mappings words
      milepost mappings words customs
    """
    milestones = {one: spec for one, spec in MILESTONES.items() if one is not Milestone.UNMAPPED}
    happened = [
        (f"{name}{' *' if spec.needs_reason else ''}", spec.phase, spec.meaning)
        for name, spec in milestones.items()
        if _fits(search, name, spec.meaning)
    ]
    why = [(name.value, spec.owner.value, spec.meaning) for name, spec in REASONS.items()]
    why = [one for one in why if _fits(search, one[0], one[2])]
    if not happened and not why:
        hint = "`milepost mappings words` lists all of them"
        raise CommandFailedError(f"no word with {search!r}", hint=hint, code=ExitCode.USAGE)
    if as_json:
        emit(
            {
                "milestones": [{"name": name.rstrip(" *"), "meaning": meaning} for name, _, meaning in happened],
                "reasons": [{"name": name, "meaning": meaning} for name, _, meaning in why],
            }
        )
        return
    show(table("Milestones: what happened", ["milestone", "phase", "meaning"], happened))
    show(table("Reasons: why", ["reason", "who acts next", "meaning"], why))


def _fits(search: str | None, name: str, meaning: str) -> bool:
    return search is None or search.casefold() in f"{name} {name.replace('_', ' ')} {meaning}".casefold()
