"""What a plan consists of: events that are read otherwise, and what that does to each shipment."""

from datetime import datetime
from hashlib import blake2b
from typing import Final

from pydantic import BaseModel, ConfigDict

from domain.facts import Fact
from domain.rereading import Reread, RereadKind
from ledger.amending import Amendment, Origin

_FROZEN: Final = ConfigDict(frozen=True)


class Item(BaseModel):
    """One event that is read otherwise now. `by_reading` is one of a message that could not be read before."""

    model_config = _FROZEN

    tenant: str
    account: str
    message_id: str
    dialect: str
    received_at: datetime
    shipment_id: str | None
    kind: RereadKind
    event_id: str
    readings: tuple[str, ...]
    before: Fact | None
    after: Fact | None
    facts: tuple[Fact, ...]
    by_reading: bool = False

    @property
    def shown(self) -> Fact:
        """The reading that says which event this is."""
        return self.after or self.before or self.facts[0]

    @property
    def digest(self) -> str:
        """A hash of everything that would be written, without the time at which it is."""
        return blake2b(self.model_dump_json().encode(), digest_size=16).hexdigest()

    @property
    def amendment(self) -> Amendment:
        """The item as the ledger takes it."""
        origin = Origin(self.tenant, self.account, self.message_id, self.dialect, self.received_at)
        return Amendment(self.kind, origin, self.readings, self.before, self.facts)


def item_of(origin: Origin, shipment_id: str | None, reread: Reread, *, by_reading: bool) -> Item:
    """Return the item of an event."""
    return Item(
        tenant=origin.tenant,
        account=origin.account,
        message_id=origin.message_id,
        dialect=origin.dialect,
        received_at=origin.received_at,
        shipment_id=shipment_id,
        kind=reread.kind,
        event_id=reread.event_id,
        readings=reread.readings,
        before=reread.before,
        after=reread.after,
        facts=reread.facts,
        by_reading=by_reading,
    )


class Effect(BaseModel):
    """What the items of one shipment do to it.

    `supersedes` are the revisions that its order systems are told to drop, `told` how many changes they get in all.
    A shipment that `is_over` keeps the facts as late ones: its state stays and nobody is told.
    """

    model_config = _FROZEN

    tenant: str
    shipment_id: str
    reference: str | None
    connections: tuple[str, ...]
    events: int
    before: str
    after: str
    corrections: int = 0
    told: int = 0
    supersedes: tuple[int, ...] = ()
    is_over: bool = False


def label(fact: Fact | None) -> str:
    """Return what a reading says, in one line: milestone and reasons; `-` for no fact."""
    if fact is None:
        return "-"
    milestone = ("~" if fact.by_context else "") + fact.milestone
    return " ".join([milestone, *fact.reasons])


def differences(before: Fact | None, after: Fact | None) -> list[str]:
    """Return the names of the fields in which two readings differ; none where one of them is no fact."""
    if before is None or after is None:
        return []
    own = {"event_id", "recorded_at", "corrects", "source", "detail_ref"}
    names = [name for name in Fact.model_fields if name not in own and getattr(before, name) != getattr(after, name)]
    source = ("party", "system", "trust")
    return names + [name for name in source if getattr(before.source, name) != getattr(after.source, name)]
