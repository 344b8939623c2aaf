"""The push activity by itself: its schedule, its caps, and what one bad receiver cannot break."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.testing import ActivityEnvironment

from activities.journal import JournalActivities, Wake
from activities.publishing import LONGEST_PAUSE, SCHEDULE, PublishingActivities
from domain.audit import AuditEntry, EntryKind
from domain.errors import (
    CredentialsRejectedError,
    EndpointGoneError,
    NotFoundError,
    PartnerUnavailableError,
    RateLimitedError,
)
from domain.publication import ChangeKind, Publication, StatusChange
from domain.shipments import ShipmentPlan
from domain.states import State
from tests.workflow.fakes import FakeLedger, OrderSystem, Sinks
from tests.workflow.parcels import plan
from workflows.record import registration

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OF = plan(shipment_id="S-1", registered_at=NOW)


def publication(connection: str = "shop", of: ShipmentPlan = OF) -> Publication:
    change = StatusChange(revision=1, kind=ChangeKind.STATUS, state=State.FIRST_MILE, recorded_at=NOW)
    return Publication(tenant=of.tenant, shipment_id=of.shipment_id, connection=connection, changes=(change,))


@pytest.fixture
def ledger() -> FakeLedger:
    return FakeLedger()


@pytest.fixture
def sinks() -> Sinks:
    return Sinks()


@pytest.fixture
def pushing(ledger: FakeLedger, sinks: Sinks) -> PublishingActivities:
    return PublishingActivities(sinks, ledger, ledger, ledger)


def attempt(number: int) -> ActivityEnvironment:
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=number)
    return environment


def test_the_schedule_spans_75_hours():
    assert timedelta(hours=75) < sum(SCHEDULE, timedelta()) < timedelta(hours=76)


@pytest.mark.parametrize("number", range(1, len(SCHEDULE)))
async def test_each_attempt_waits_its_turn(pushing: PublishingActivities, sinks: Sinks, number: int):
    sinks.sink("acme", "shop").down = PartnerUnavailableError("no answer")

    with pytest.raises(PartnerUnavailableError) as caught:
        await attempt(number).run(pushing.push, publication())

    pause = caught.value.retry_after
    assert pause is not None
    assert SCHEDULE[number] <= pause <= SCHEDULE[number] * 1.1


async def test_the_last_attempt_buries(pushing: PublishingActivities, sinks: Sinks, ledger: FakeLedger):
    sinks.sink("acme", "shop").down = PartnerUnavailableError("no answer")

    result = await attempt(len(SCHEDULE)).run(pushing.push, publication())

    assert (result.acked, result.outcome) == (False, "partner_unavailable")
    assert list(ledger.buried) == [result.dead_letter]


@pytest.mark.parametrize(
    ("asked", "waits"),
    [(timedelta(minutes=40), timedelta(minutes=40)), (timedelta(days=9), LONGEST_PAUSE)],
)
async def test_a_receiver_may_ask_for_more_time_up_to_a_cap(
    pushing: PublishingActivities, sinks: Sinks, asked: timedelta, waits: timedelta
):
    sinks.sink("acme", "shop").down = RateLimitedError("slow down", retry_after=asked)

    with pytest.raises(RateLimitedError) as caught:
        await attempt(1).run(pushing.push, publication())

    assert caught.value.retry_after == waits


async def test_gone_switches_off_and_buries(pushing: PublishingActivities, sinks: Sinks, ledger: FakeLedger):
    sinks.sink("acme", "shop").down = EndpointGoneError("410")

    result = await attempt(1).run(pushing.push, publication())

    assert (result.acked, result.outcome) == (False, "endpoint_gone")
    assert ledger.disabled == {("acme", "shop"): "endpoint_gone"}
    assert list(ledger.buried) == [result.dead_letter]


async def test_refused_credentials_switch_off(pushing: PublishingActivities, sinks: Sinks, ledger: FakeLedger):
    sinks.sink("acme", "shop").down = CredentialsRejectedError("shop answered 401")

    result = await attempt(1).run(pushing.push, publication())

    # To the shipment it is as gone as after a 410: it waits until a person enables the connection.
    assert (result.acked, result.outcome) == (False, "endpoint_gone")
    assert ledger.disabled == {("acme", "shop"): "credentials_rejected: shop answered 401"}
    assert list(ledger.buried) == [result.dead_letter]


async def test_a_connection_that_is_off_keeps_its_reason(
    pushing: PublishingActivities, sinks: Sinks, ledger: FakeLedger
):
    ledger.disabled = {("acme", "shop"): "credentials_rejected: shop answered 401"}
    sinks.sink("acme", "shop").down = EndpointGoneError("the connection is disabled", reason="credentials_rejected")

    await attempt(1).run(pushing.push, publication())

    assert ledger.disabled == {("acme", "shop"): "credentials_rejected: shop answered 401"}


class SlowSystem(OrderSystem):
    """Answers, but not soon."""

    async def push(self, publication: Publication) -> object:  # type: ignore[override] # never returns in time
        await asyncio.sleep(30)
        raise AssertionError(publication)


class BrokenSystem(OrderSystem):
    """Its connector has a bug."""

    async def push(self, publication: Publication) -> object:  # type: ignore[override] # never returns
        raise ZeroDivisionError(publication.connection)


class NoSystem(Sinks):
    """Knows no connection."""

    def sink(self, tenant: str, connection: str) -> OrderSystem:
        raise NotFoundError(f"no connection {connection} of {tenant}")


async def test_one_bad_receiver_stops_neither_the_ledger_nor_the_others(
    pushing: PublishingActivities, sinks: Sinks, ledger: FakeLedger
):
    sinks.systems["acme", "slow"] = SlowSystem()
    sinks.systems["acme", "broken"] = BrokenSystem()
    commit = registration(OF)
    wake = Wake(commit=commit, publications=tuple(publication(name) for name in ("slow", "broken", "good")))

    told = await ActivityEnvironment().run(JournalActivities(ledger, pushing).commit, wake)

    slow, broken, good = told.outcomes
    assert (slow.pause, broken.pause, good.pause) == (SCHEDULE[0], SCHEDULE[0], None)
    assert good.result is not None
    assert good.result.acked
    assert ledger.entries[OF.tenant, OF.shipment_id] == [
        AuditEntry(seq=1, kind=EntryKind.REGISTERED, at=NOW, body=commit.entries[0].body)
    ]


async def test_a_connection_that_is_not_there_is_a_dead_letter(ledger: FakeLedger):
    pushing = PublishingActivities(NoSystem(), ledger, ledger, ledger)

    outcome = await ActivityEnvironment().run(pushing.push_at_once, publication())

    assert outcome.result is not None
    assert outcome.result.outcome == "not_found"
