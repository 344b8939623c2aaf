"""`milepost mappings new`: the folder of a new partner."""

from pathlib import Path
from typing import Annotated

import typer

from domain.errors import MappingInvalidError
from mappings.loading import ROOT
from mappings.scaffold import scaffold
from mappings.schema import Format
from worker.cli.output import CommandFailedError, ExitCode, show
from worker.settings import Settings


def new(
    carrier: Annotated[str, typer.Argument(help="Its id: small letters, digits, underscores.")],
    *,
    name: Annotated[str | None, typer.Option(help="How people call it; default: made of the id.")] = None,
    format_: Annotated[Format, typer.Option("--format", help="What its payloads are.")] = "json",
) -> None:
    """Write the folder of a new carrier: a mapping that loads, a list of its codes, a README, a place for fixtures.

    [bold]Examples[/]

      milepost mappings new nordbahn --name "Nordbahn Parcels"
      milepost mappings new posten --format xml
    """
    root = root_of(Settings.load())
    try:
        made = scaffold(root, carrier, name=name, format_=format_)
    except MappingInvalidError as error:
        hint = "choose another id, or go on with `milepost mappings draft` and `check`"
        raise CommandFailedError(str(error), hint=hint, code=ExitCode.USAGE) from error
    show(*(f"written: [bold]{here(path)}[/]{'/' if path.is_dir() else ''}" for path in made))
    samples = here(made[0])
    show(
        "\nNext:",
        f"1. put recorded payloads into {samples}/, named tracking__delivered.{format_} and the like, without people",
        f"2. [bold]milepost mappings draft {carrier} {samples}/tracking__*.{format_}[/]   proposes paths, lists codes",
        f"3. judge each code, then [bold]milepost mappings check {carrier}[/]   says what is left to do",
        "docs/adding-a-carrier.md walks through it.",
    )


def root_of(settings: Settings) -> Path:
    """Return the folder that holds the partners' folders."""
    return settings.mappings_root or ROOT


def here(path: Path) -> Path:
    """Return a path as it is shortest from the working directory."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
