"""What reading all stored messages of a dialect again would change. Planning writes nothing to the ledger."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256

from sqlalchemy import Connection

from domain.consequences import consequence, told_of
from domain.errors import PartnerContractError, PayloadError
from domain.messages import MessageStatus, StoredMessage
from domain.normalised import Normalised
from domain.ports import Normaliser
from domain.rereading import reread
from ledger.amending import Origin
from ledger.rereading import Recorded, Scope, count_messages, each_message, known_ids, known_of, shipment_of
from ledger.store import Ledger
from mappings.engine import Mappings
from worker.renormalise.items import Effect, Item, item_of
from worker.renormalise.spool import Spool, spool

Progress = Callable[[int, int], None]
"""Is told how many messages of how many have been read."""


def _silent(_done: int, _total: int) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class Totals:
    """Counts over a plan. `corrections` and `told` are changes per shipment, each sent to all its order systems."""

    messages: int = 0
    amended: int = 0
    new: int = 0
    gone: int = 0
    shipments: int = 0
    states_changed: int = 0
    over: int = 0
    parked_numbers: int = 0
    corrections: int = 0
    told: int = 0
    readable: int = 0
    unreadable_now: int = 0

    @property
    def events(self) -> int:
        """How many events are read otherwise."""
        return self.amended + self.new + self.gone

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.events and not self.readable


@dataclass(slots=True)
class Plan:
    """Everything that would change, on disk, and the hash that an approval names."""

    scope: Scope
    mapping_version: str
    spool: Spool
    totals: Totals = field(default_factory=Totals)
    digest: str = ""


@contextmanager
def planned(ledger: Ledger, mappings: Mappings, scope: Scope, *, progress: Progress = _silent) -> Iterator[Plan]:
    """Make the plan; it is gone at the end of the block.

    Args:
        ledger: Where the messages are; read in one consistent state.
        mappings: The mappings of today.
        scope: Which messages.
        progress: Is told how far it is.
    """
    with spool() as made:
        plan = Plan(scope, mappings.dialect(scope.dialect).version, made)
        with ledger.database.read() as connection:
            if ledger.database.is_postgres:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            _read_messages(connection, plan, mappings, progress)
            _work_out_effects(connection, plan, ledger)
        _sum_up(plan)
        yield plan


def _read_messages(connection: Connection, plan: Plan, normaliser: Normaliser, progress: Progress) -> None:
    total = count_messages(connection, plan.scope)
    for recorded in each_message(connection, plan.scope):
        plan.totals.messages += 1
        normalised = _normalised(normaliser, recorded.message)
        if normalised is None or _lost(normalised, recorded):
            # A mapping that cannot read a message any more says nothing about what it read before.
            plan.totals.unreadable_now += bool(recorded.facts)
        else:
            _compare(connection, plan, recorded, normalised)
        progress(plan.totals.messages, total)


def _normalised(normaliser: Normaliser, message: StoredMessage) -> Normalised | None:
    try:
        return normaliser.normalise(
            message.dialect, message.body, received_at=message.received_at, message_id=message.message_id
        )
    except PayloadError:
        return None


def _lost(normalised: Normalised, recorded: Recorded) -> bool:
    """Tell whether the mapping finds nothing of its partner in a message that had facts."""
    has_nothing = not normalised.facts and any(one.code == PartnerContractError.code for one in normalised.problems)
    return has_nothing and bool(recorded.facts)


def _compare(connection: Connection, plan: Plan, recorded: Recorded, normalised: Normalised) -> None:
    message = recorded.message
    by_reading = message.status is MessageStatus.UNREADABLE
    if by_reading:
        plan.totals.readable += 1
        plan.spool.add_readable(message.tenant, message.account, message.message_id)
    unknown = {fact.event_id for fact in normalised.facts} - recorded.homes.keys()
    elsewhere = known_ids(connection, message.tenant, unknown) if unknown else frozenset()
    found = reread(
        recorded.facts,
        normalised.facts,
        elsewhere=elsewhere,
        version=normalised.mapping_version,
        # Stamped anew when it is written: the plan must not depend on when it was made.
        at=message.received_at,
    )
    origin = Origin(message.tenant, message.account, message.message_id, message.dialect, message.received_at)
    for one in found:
        home = (
            recorded.homes[one.readings[0]] if one.readings else _home(connection, message, one.shown.tracking_number)
        )
        plan.spool.add(item_of(origin, home, one, by_reading=by_reading))


def _home(connection: Connection, message: StoredMessage, tracking_number: str) -> str | None:
    return shipment_of(connection, message.tenant, tracking_number)


def _work_out_effects(connection: Connection, plan: Plan, ledger: Ledger) -> None:
    for items in plan.spool.parts():
        shipment_id = items[0].shipment_id
        if shipment_id is not None:
            plan.spool.add_effect(_effect(connection, items, shipment_id, ledger))


def _effect(connection: Connection, items: list[Item], shipment_id: str, ledger: Ledger) -> Effect:
    known = known_of(connection, items[0].tenant, shipment_id)
    added = [fact for item in items for fact in item.facts]
    found = consequence(known.plan, known.facts, added, told_of(known.changes), at=ledger.database.clock.now())
    effect = Effect(
        tenant=items[0].tenant,
        shipment_id=shipment_id,
        reference=known.plan.reference,
        connections=known.plan.connections,
        events=len(items),
        before=found.before.state,
        after=found.before.state if known.is_over else found.after.state,
        is_over=known.is_over,
    )
    if known.is_over:
        return effect
    told = {"corrections": found.corrections, "told": len(found.changes), "supersedes": found.supersedes}
    return effect.model_copy(update=told)


def _sum_up(plan: Plan) -> None:
    kinds, totals = plan.spool.kinds(), plan.totals
    totals.amended, totals.new, totals.gone = (kinds.get(kind, 0) for kind in ("AMENDED", "NEW", "GONE"))
    totals.parked_numbers = plan.spool.parked_numbers()
    digest = sha256(f"{plan.scope.dialect} {plan.mapping_version}".encode())
    _hash(digest.update, plan.spool.digests())
    _hash(digest.update, ("\x1f".join(one) for one in plan.spool.readable()))
    for effect in plan.spool.each_effect():
        totals.shipments += 1
        totals.states_changed += effect.before != effect.after
        totals.over += effect.is_over
        totals.corrections += effect.corrections
        totals.told += effect.told
        _hash(digest.update, [effect.model_dump_json()])
    plan.digest = digest.hexdigest()[:16]


def _hash(update: Callable[[bytes], None], lines: Iterable[str]) -> None:
    for line in lines:
        update(b"\n" + line.encode())
