"""`milepost mappings draft`: a first mapping from sample payloads."""

from pathlib import Path
from typing import Annotated, Any

import typer

from domain.errors import PayloadError
from mappings.drafting.evidence import UsageError
from mappings.drafting.proposals import open_keys, propose
from mappings.drafting.writing import TODO, is_untouched_draft, written
from mappings.scaffold import is_untouched
from mappings.trees import EDI, READERS, format_of
from worker.cli.files import contents
from worker.cli.mappings.new import here, root_of
from worker.cli.output import CommandFailedError, ExitCode, show, stdout
from worker.settings import Settings


def draft(
    carrier: Annotated[str, typer.Argument(help="The id given to `milepost mappings new`.")],
    files: Annotated[list[Path], typer.Argument(metavar="PAYLOAD...", help="Samples as the carrier sent them.")],
    *,
    use: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=PATH", help="Decide what the samples leave open: `code=type`, `time=day,hour`."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="How people call the carrier.")] = None,
) -> None:
    """Propose a mapping from sample payloads: paths with their evidence, and a list of the codes to judge.

    Only what the samples leave no choice about is filled in. Where several
    fields may be meant all are listed and none is taken; `--use` decides.
    No milestone is ever proposed: every code waits for a person.

    The draft replaces the skeleton that `new` wrote, or an earlier draft. A
    mapping that somebody has worked on stays: the draft is written beside it.

    [bold]Examples[/]

      milepost mappings draft nordbahn mappings/carriers/nordbahn/fixtures/tracking__*.json
      milepost mappings draft nordbahn samples/*.json --use events=$.results[].scans[] --use code=type,reason
    """
    folder = root_of(Settings.load()) / carrier
    if not folder.is_dir():
        raise CommandFailedError(
            f"no folder {folder}", hint=f"run `milepost mappings new {carrier}`", code=ExitCode.USAGE
        )
    samples = [path for path in files if not path.name.endswith(".expected.json")]
    format_, trees = _read(contents(samples))
    try:
        proposed = propose(trees, format_, _choices(use or []))
    except UsageError as error:
        raise CommandFailedError(str(error), hint="--use KEY=PATH", code=ExitCode.USAGE) from error
    text = written(proposed, carrier, name or _name(folder) or carrier)
    path = folder / ("mapping.toml" if _may_replace(folder) else "mapping.draft.toml")
    path.write_text(text, "utf-8")
    stdout().print(text, markup=False, soft_wrap=True)
    show(f"written: [bold]{here(path)}[/], {text.count(TODO) - 1} places to decide")
    show(*(f"Open: {key}; decide in the file, or with `--use {key}={path}`" for key, path in open_keys(proposed)))
    show(f"Next: judge the codes in it, then `milepost mappings check {carrier}`.")


def _read(bodies: dict[str, bytes]) -> tuple[str, list[Any]]:
    formats = {name: format_of(body) for name, body in bodies.items()}
    if len(set(formats.values())) != 1:
        said = ", ".join(f"{name} is {one}" for name, one in formats.items()) or "no payload"
        raise CommandFailedError(f"one format at a time: {said}", hint="draft each format apart", code=ExitCode.USAGE)
    format_ = next(iter(formats.values()))
    if format_ in EDI:
        hint = "docs/mapping-language.md says where EDI messages keep code, time and place"
        raise CommandFailedError(
            f"{format_} needs no draft: its places are standardised", hint=hint, code=ExitCode.USAGE
        )
    trees = []
    for name, body in bodies.items():
        try:
            trees.append(READERS[format_](body))
        except PayloadError as error:
            raise CommandFailedError(f"{name}: {error}", hint="give payloads as they were sent") from error
    return format_, trees


def _choices(use: list[str]) -> dict[str, str]:
    found = dict(one.partition("=")[::2] for one in use)
    if not all(found.values()):
        raise CommandFailedError(f"--use: KEY=PATH expected: {', '.join(use)}", code=ExitCode.USAGE)
    return found


def _may_replace(folder: Path) -> bool:
    """Tell whether nothing of a person's work would be lost."""
    path = folder / "mapping.toml"
    return not path.exists() or is_untouched(folder) or is_untouched_draft(path.read_text("utf-8"))


def _name(folder: Path) -> str | None:
    """Return the carrier's name as the skeleton says it."""
    path = folder / "mapping.toml"
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    return next((line.split('"')[1] for line in lines if line.startswith('name = "')), None)
