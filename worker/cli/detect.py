"""`milepost detect`: which carrier does a tracking number belong to?"""

from typing import Annotated, Any

import typer

from mappings.detection import Detection, Detector
from worker.cli.output import ExitCode, JsonOption, emit, show, table
from worker.settings import Settings

app = typer.Typer(rich_markup_mode="rich", add_completion=False)


@app.command()
def detect(
    numbers: Annotated[
        list[str], typer.Argument(help="Tracking numbers; blanks inside a quoted number do not matter.")
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """Say which carriers a tracking number may be of: by format and check digit, best evidence first.

    `odds` says how easily a random number would have the format, too:
    1 in 4,000 is as good as a name, 1 in 7 is hardly more than the right
    length. Milepost never picks for you. Exit code 1 when a number fits
    no carrier.

    [bold]Examples[/]

      milepost detect 1Z5R89390357567127
      milepost detect "RB 123 456 785 GB" 3318810025 --json
    """
    detector = Detector.load(Settings.load().mappings_root)
    found = [detector.detect(number) for number in numbers]
    if as_json:
        emit([_document(one) for one in found])
    else:
        for one in found:
            _show(one)
    if not all(one.candidates for one in found):
        raise typer.Exit(ExitCode.PROBLEMS)


def _document(one: Detection) -> dict[str, Any]:
    candidates = [candidate._asdict() for candidate in one.candidates]
    return {"number": one.number, "carrier": one.carrier, "candidates": candidates}


def _show(one: Detection) -> None:
    if not one.candidates:
        show(f"{one.number}: no carrier has numbers like this; check it for a missing or swapped character")
        return
    rows = [
        (each.carrier, each.format, "verified" if each.is_checked else "none", f"1 in {round(1 / each.odds):,}")
        for each in one.candidates
    ]
    verdict = f"no doubt: {one.carrier}" if one.carrier else "several fit, or the evidence is weak: name the carrier"
    show(table(f"{one.number}: {verdict}", ["carrier", "format", "check digit", "a random number fits"], rows))
