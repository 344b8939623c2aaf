"""What must hold in Tryton at the end, read back from it: each status once, in journey order, and the delivery done."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from connectors.erps.tryton.client import TrytonClient
from connectors.erps.tryton.shipments import Shipments, TrytonShipment

_TAG: Final = re.compile(r"\[hub:(?P<event>[^/\]]*)/(?P<revision>\d+)\] (?P<state>[A-Z_]+)")
_GONE: Final = re.compile(r"/(\d+)")


@dataclass(frozen=True, slots=True)
class Note:
    """A note of the hub beside a shipment."""

    tag: str
    revision: int
    text: str
    made_at: datetime

    @property
    def state(self) -> str:
        """The state that the note tells."""
        return self.text.partition(" ")[0]


async def notes_of(client: TrytonClient, record: str) -> list[Note]:
    """Return the hub's statuses and corrections beside a record, in the order in which they were made."""
    domain = [["resource", "=", record], ["message", "like", "[hub:%"]]
    fields = ["message", "create_date"]
    rows: list[dict[str, Any]] = await client.call(
        "model.ir.note.search_read", domain, 0, None, [["id", "ASC"]], fields
    )
    found = []
    for row in rows:
        match = _TAG.match(row["message"])
        if match is not None:
            tag, _, text = row["message"].partition("] ")
            found.append(Note(tag + "]", int(match["revision"]), text, row["create_date"]))
    return found


def standing(notes: Sequence[Note]) -> list[str]:
    """Return the states that were told and hold: without alarms, and without what a correction has taken back."""
    gone = {
        int(number)
        for note in notes
        if note.state == "CORRECTION:"
        for number in _GONE.findall(note.text.partition(" does not hold")[0])
    }
    return [note.state for note in notes if note.state not in {"CORRECTION:", "ALARM"} and note.revision not in gone]


async def faults(client: TrytonClient, shipment: TrytonShipment, wanted: Sequence[str], number: str) -> list[str]:
    """Return what is not as it must be with a shipment that went its whole way."""
    notes = await notes_of(client, shipment.record)
    (now,) = await Shipments(client).read([shipment.id])
    twice = [tag for tag, count in Counter(note.tag for note in notes).items() if count > 1]
    told = standing(notes)
    found = [f"{tag} stands there twice" for tag in twice]
    if told != list(wanted):
        found.append(f"told {told}, wanted {list(wanted)}")
    if [note.revision for note in notes] != sorted(note.revision for note in notes):
        found.append(f"told out of order: {[note.revision for note in notes]}")
    if now.state != "done":
        found.append(f"is {now.state}, not done")
    if number not in {now.shipping_reference, *(one.shipping_reference for one in now.packages)}:
        found.append(f"shows number {now.shipping_reference}, not {number}")
    return [f"{shipment.number}: {one}" for one in found]
