"""The rows that one read message becomes."""

from datetime import datetime
from typing import Any, Protocol

from domain.facts import Fact
from domain.messages import Delivery, Recorded
from domain.milestones import Milestone
from domain.normalised import Rejected
from ledger.routing import number_key
from ledger.rows import FactDelivery


class Origin(Protocol):
    """What rows keep of the message that they were read from."""

    @property
    def tenant(self) -> str: ...  # noqa: D102 - see StoredMessage
    @property
    def account(self) -> str: ...  # noqa: D102
    @property
    def message_id(self) -> str: ...  # noqa: D102
    @property
    def dialect(self) -> str: ...  # noqa: D102
    @property
    def received_at(self) -> datetime: ...  # noqa: D102


def fact_row(message: Origin, fact: Fact, routes: dict[str, str | None]) -> dict[str, Any]:
    """Return the row of a fact, parked where its number has no shipment."""
    key = number_key(fact.tracking_number)
    shipment_id = routes[key]
    return {
        "tenant": message.tenant,
        "event_id": fact.event_id,
        "number_key": key,
        "shipment_id": shipment_id,
        "milestone": fact.milestone,
        "delivery": FactDelivery.PARKED if shipment_id is None else FactDelivery.ROUTED,
        "account": message.account,
        "message_id": message.message_id,
        "event_index": fact.source.index,
        "recorded_at": message.received_at,
        "body": fact.model_dump_json(exclude_none=True),
        "corrects": fact.corrects.event_id if fact.corrects is not None else None,
        "correction": fact.corrects.kind if fact.corrects is not None else None,
    }


def code_row(message: Origin, fact: Fact, code: str) -> dict[str, Any]:
    """Return the row of a code that no table knows, not counted yet."""
    return {
        "tenant": message.tenant,
        "dialect": message.dialect,
        "code": code,
        "sample_text": fact.source.raw_text,
        "message_id": message.message_id,
        "seen": 0,
        "first_seen_at": message.received_at,
        "last_seen_at": message.received_at,
    }


def rejection_row(message: Origin, rejected: Rejected) -> dict[str, Any]:
    """Return the row of a source event that did not become a fact."""
    return {
        "tenant": message.tenant,
        "account": message.account,
        "message_id": message.message_id,
        "event_index": rejected.index,
        "problem": rejected.problem,
        "detail": rejected.detail,
        "tracking_number": rejected.tracking_number,
        "raw_code": rejected.raw_code,
        "recorded_at": message.received_at,
    }


def recorded(tenant: str, fresh: list[Fact], routes: dict[str, str | None], *, known: int, links: int) -> Recorded:
    """Return what recording changed, with one delivery per shipment."""
    by_shipment: dict[str, list[Fact]] = {}
    parked = 0
    for fact in fresh:
        shipment_id = routes[number_key(fact.tracking_number)]
        if shipment_id is None:
            parked += 1
        else:
            by_shipment.setdefault(shipment_id, []).append(fact)
    found = [Delivery(tenant, shipment_id, tuple(some)) for shipment_id, some in by_shipment.items()]
    unmapped = sum(fact.milestone is Milestone.UNMAPPED for fact in fresh)
    return Recorded(
        new_facts=len(fresh), known_facts=known, parked=parked, links=links, unmapped=unmapped, deliveries=found
    )
