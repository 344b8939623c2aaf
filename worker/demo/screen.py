"""What people see of a demonstration: a line per round, then tables; without colours where no terminal is."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from worker.cli.output import lasting, stdout, table
from worker.cli.texts import state_text
from worker.demo.outcome import Outcome, ShipmentOutcome
from worker.demo.play import Beat
from worker.demo.stage import Stage
from worker.demo.story import WAVES, Episode

_ARROW: Final = " → "
_SHORT: Final = timedelta(minutes=1)


class Screen:
    """Shows a demonstration as it goes; a silent one shows nothing."""

    def __init__(self, *, is_silent: bool = False) -> None:
        self._console = stdout()
        self._is_silent = is_silent

    def say(self, line: str) -> None:
        """Show what goes on right now."""
        self._print(f"[dim]  {escape(line)} ...[/]")

    def begin(self, stage: Stage, episodes: list[Episode]) -> None:
        """Show where everything is and who plays."""
        self._print("")
        self._print("[bold]Milepost demo[/]  everything runs on this machine, over real HTTP")
        for name, place in (
            ("gateway", stage.hub.url),
            ("order system", stage.shop.base_url),
            ("state", stage.hub.state.path),
        ):
            self._print(f"  {name:<13} [cyan]{escape(str(place))}[/]")
        self._print("")
        for episode in episodes:
            dialects = " + ".join(track.dialect for track in episode.tracks)
            way = f"{episode.origin}→{episode.destination}"
            self._print(f"  [bold]{episode.reference}[/]  {way}  {dialects:<24} {episode.title}")
        self._print("")

    def beat(self, beat: Beat) -> None:
        """Show what one round did."""
        self._print(f"  round {beat.wave} of {WAVES}   {beat.webhooks:>3} webhooks   settled in {beat.seconds:4.1f} s")
        for line in beat.lines:
            self._print(f"      [yellow]{escape(line)}[/]")

    def finish(self, outcome: Outcome, kept: Path | None) -> None:
        """Show how it ended."""
        self._print("")
        for part in (_shipments(outcome), _orders(outcome)):
            self._console.print(part)
        for line in _verdicts(outcome):
            self._print(line)
        self._next(kept)

    def _next(self, kept: Path | None) -> None:
        self._print("")
        self._print("[bold]Where to look next[/]")
        if kept is None:
            self._print("  milepost demo --keep /tmp/demo                         keep it, to look around:")
        where = f"MILEPOST_STATE_DIR={escape(str(kept or '/tmp/demo'))} milepost"  # noqa: S108 - an example for people
        self._print(f"  {where} shipments timeline S-1001 --tenant demo")
        self._print(f"  {where} audit verify --rederive")
        self._print("  milepost up                                            run it for yourself")
        self._print("  docs/adding-a-carrier.md, docs/api.md, docs/receiving-webhooks.md")

    def _print(self, line: str) -> None:
        if not self._is_silent:
            self._console.print(line)


def _shipments(outcome: Outcome) -> Table | Text:
    rows = [
        (
            one.episode.reference,
            state_text(one.detail["state"]),
            one.detail["owner"].lower(),
            str(len(one.detail["journey"]["steps"])),
            _times(one),
            str(one.events),
        )
        for one in outcome.shipments
    ]
    columns = ["order", "state", "acts next", "milestones", "time in each state", "events"]
    return table("Shipments", columns, rows)


def _times(one: ShipmentOutcome) -> Text:
    parts = [f"{state.value} {lasting(spent)}" for state, spent in one.spent.items() if spent >= _SHORT]
    return Text(", ".join(parts))


def _orders(outcome: Outcome) -> Table | Text:
    rows = []
    for one in outcome.shipments:
        states = Text(_ARROW).join(state_text(state) for state in one.order.get("states", ()))
        notes = [
            f"{change['kind'].lower()} {_about(change)}"
            for change in one.order.get("received", ())
            if change["kind"] != "STATUS"
        ]
        rows.append((one.episode.reference, states, Text("; ".join(notes), style="yellow"), _mark(one)))
    return table("What the order system was told, in order", ["order", "states", "besides", ""], rows)


def _about(change: dict[str, Any]) -> str:
    if change["supersedes"]:
        return f"takes back {', '.join(map(str, change['supersedes']))}"
    return str(change.get("note") or change.get("milestone") or "").lower()


def _mark(one: ShipmentOutcome) -> Text:
    return Text("differs", style="bold red") if one.faults else Text("ok", style="green")


def _verdicts(outcome: Outcome) -> list[str]:
    audit, erp, counters = outcome.audit, outcome.convergence, outcome.counters
    codes = ", ".join(f"{one.dialect} {one.code!r} (“{one.sample_text}”)" for one in outcome.unknown) or "none"
    events = sum(one.events for one in outcome.shipments)
    count = len(outcome.shipments)
    actions = sum(outcome.actions.values())
    told = f"{counters['accepted']} signed updates accepted, {counters['bad_signatures']} with a bad signature"
    derived = f"{audit.rederived} of {audit.facts} facts derived again from the raw bytes of {audit.messages} messages"
    cost = f"{actions} Temporal actions ({actions / count:.1f} per shipment), {events} history events"
    lines = [
        f"[bold]ERP: {len(erp.divergent)} divergent of {erp.total}[/]   {told}, {counters['duplicates']} changes twice",
        f"[bold]audit: {audit.entries} entries verified[/]   {derived}",
        f"[bold]unknown codes:[/] {escape(codes)}",
        f"[bold]cost:[/] {cost} ({events / count:.1f} per shipment), {outcome.webhooks} webhooks",
    ]
    lines += [f"[bold red]not as the story says:[/] {escape(fault)}" for fault in outcome.all_faults]
    lines.append("[bold red]The demo failed.[/]" if outcome.all_faults else "[bold green]Everyone agrees.[/]")
    return lines


def as_document(outcome: Outcome) -> dict[str, Any]:
    """Return the outcome for programs."""
    return {
        "ok": not outcome.all_faults,
        "faults": outcome.all_faults,
        "shipments": [
            {
                "shipment_id": one.episode.shipment_id,
                "reference": one.episode.reference,
                "title": one.episode.title,
                "state": one.detail["state"],
                "owner": one.detail["owner"],
                "milestones": len(one.detail["journey"]["steps"]),
                "seconds_in_state": {state.value: spent.total_seconds() for state, spent in one.spent.items()},
                "order_system": one.order.get("states", []),
                "events": one.events,
            }
            for one in outcome.shipments
        ],
        "erp": {"total": outcome.convergence.total, "divergent": len(outcome.convergence.divergent)},
        "audit": {
            "entries": outcome.audit.entries,
            "facts": outcome.audit.facts,
            "rederived": outcome.audit.rederived,
            "is_intact": outcome.audit.is_intact,
        },
        "unknown_codes": [{"dialect": one.dialect, "code": one.code} for one in outcome.unknown],
        "actions": outcome.actions,
        "webhooks": outcome.webhooks,
        "counters": outcome.counters,
    }
