"""What reading messages again needs from the ledger: messages with their facts, and what is known of a shipment."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select

from domain.audit import EntryKind
from domain.facts import Fact, Source
from domain.messages import MessageStatus, StoredMessage
from domain.publication import StatusChange
from domain.shipments import ShipmentPlan
from ledger.inbox import stored
from ledger.routing import number_key
from ledger.tables import audit_entries, changes, facts, messages, numbers, shipments

_BODIES: Final = 20  # messages held in memory at a time; one may have a megabyte
_IN_ONE: Final = 500  # ids in one statement
_SOURCE: Final = frozenset(Source.model_fields)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which messages are read again."""

    dialect: str
    since: datetime | None = None
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A stored message, the facts recorded from it, and the shipment of each by event id."""

    message: StoredMessage
    facts: list[Fact]
    homes: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of a shipment: its plan, the facts its workflow has or will be given, what it has told."""

    plan: ShipmentPlan
    facts: list[Fact]
    changes: list[StatusChange]
    is_over: bool


def count_messages(connection: Connection, scope: Scope) -> int:
    """Return how many messages would be read again."""
    return connection.execute(select(func.count()).select_from(messages).where(*_of(scope))).scalar_one()


def each_message(connection: Connection, scope: Scope) -> Iterator[Recorded]:
    """Yield messages that were read or could not be, oldest first, with the facts recorded from each."""
    of = messages.c
    query = select(messages).where(*_of(scope)).order_by(of.received_at, of.tenant, of.account, of.message_id)
    for row in connection.execute(query, execution_options={"yield_per": _BODIES}):
        yield _recorded(connection, stored(row))


def message_of(connection: Connection, tenant: str, account: str, message_id: str) -> StoredMessage:
    """Return one kept message."""
    this = {"tenant": tenant, "account": account, "message_id": message_id}
    return stored(connection.execute(select(messages).where(*_equal(messages, this))).one())


def known_ids(connection: Connection, tenant: str, event_ids: Iterable[str]) -> set[str]:
    """Return which of the ids have a fact."""
    wanted = sorted(event_ids)
    found: set[str] = set()
    for start in range(0, len(wanted), _IN_ONE):
        these = and_(facts.c.tenant == tenant, facts.c.event_id.in_(wanted[start : start + _IN_ONE]))
        found.update(connection.execute(select(facts.c.event_id).where(these)).scalars())
    return found


def shipment_of(connection: Connection, tenant: str, tracking_number: str) -> str | None:
    """Return the shipment that a number leads to."""
    these = and_(numbers.c.tenant == tenant, numbers.c.number_key == number_key(tracking_number))
    return connection.execute(select(numbers.c.shipment_id).where(these)).scalar()


def known_of(connection: Connection, tenant: str, shipment_id: str) -> Known:
    """Return what is known of a registered shipment."""
    this = {"tenant": tenant, "shipment_id": shipment_id}
    plan = connection.execute(select(shipments.c.plan).where(*_equal(shipments, this))).scalar_one()
    bodies = connection.execute(select(facts.c.body).where(*_equal(facts, this))).scalars()
    told = select(changes.c.body).where(*_equal(changes, this)).order_by(changes.c.revision)
    return Known(
        plan=ShipmentPlan.model_validate_json(plan),
        facts=[*(Fact.model_validate_json(body) for body in bodies), *_own_facts(connection, this)],
        changes=[StatusChange.model_validate_json(body) for body in connection.execute(told).scalars()],
        is_over=is_over(connection, tenant, shipment_id),
    )


def is_over(connection: Connection, tenant: str, shipment_id: str) -> bool:
    """Tell whether the shipment's workflow has closed its chain: nothing it is told moves it any more."""
    closed = exists().where(
        *_equal(audit_entries, {"tenant": tenant, "shipment_id": shipment_id, "kind": EntryKind.ENDED})
    )
    return bool(connection.execute(select(closed)).scalar())


def _recorded(connection: Connection, message: StoredMessage) -> Recorded:
    this = {"tenant": message.tenant, "account": message.account, "message_id": message.message_id}
    rows = connection.execute(select(facts.c.body, facts.c.shipment_id).where(*_equal(facts, this))).all()
    found = [Fact.model_validate_json(row.body) for row in rows]
    homes = {fact.event_id: row.shipment_id for fact, row in zip(found, rows, strict=True)}
    return Recorded(message, found, homes)


def _own_facts(connection: Connection, this: dict[str, str]) -> Iterator[Fact]:
    """Yield what people ordered and the hub noticed: facts without a message are kept in the chain only."""
    query = select(audit_entries.c.body).where(*_equal(audit_entries, this | {"kind": EntryKind.FACT}))
    for text in connection.execute(query).scalars():
        body = json.loads(text)
        if body.get("message_id") is None:
            source = {name: body[name] for name in _SOURCE & body.keys()}
            yield Fact.model_validate({**body, "source": source})


def _of(scope: Scope) -> list[ColumnElement[bool]]:
    return [
        messages.c.dialect == scope.dialect,
        messages.c.status.in_((MessageStatus.READ, MessageStatus.UNREADABLE)),
        *([] if scope.since is None else [messages.c.received_at >= scope.since]),
        *([] if scope.tenant is None else [messages.c.tenant == scope.tenant]),
    ]


def _equal(table: Any, values: dict[str, Any]) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in values.items()]
