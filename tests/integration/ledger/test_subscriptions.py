from datetime import timedelta

import pytest

from domain.carriers import NumberFailure
from domain.shipments import Leg
from domain.states import State
from domain.subscriptions import Subscribed, SubscriptionStatus
from ledger import subscriptions
from ledger.rows import CarrierAccount
from ledger.store import Ledger
from tests.integration.ledger.conftest import START, SetClock
from tests.integration.ledger.made import commit, entry, plan, snapshot

DAY = timedelta(days=1)
FORTNIGHT = 14 * DAY


def account(ledger: Ledger, name: str = "ups-main", tenant: str = "acme") -> CarrierAccount:
    return ledger.accounts.add(name, tenant, "ups", signing_keys=["credential-0000001"])


def register(ledger: Ledger, shipment: str, *numbers: str, carrier: str = "ups", tenant: str = "acme") -> None:
    legs = tuple(Leg(carrier=carrier, tracking_number=number) for number in numbers)
    ledger.registry.register(plan(shipment).model_copy(update={"legs": legs, "tenant": tenant}))


def due(ledger: Ledger, of: CarrierAccount, **more: int) -> list[str]:
    return ledger.subscriptions.due(of, carriers=["ups"], **more)


def test_numbers_of_open_shipments_of_the_carrier_are_due(ledger: Ledger) -> None:
    ups = account(ledger)
    register(ledger, "S1", "1Z0001", "1Z0002")
    register(ledger, "S2", "AB0003", carrier="fedex")
    register(ledger, "S3", "1Z0004", tenant="other")

    assert due(ledger, ups) == ["1Z0001", "1Z0002"]
    assert due(ledger, ups, limit=1) == ["1Z0001"]


def test_a_confirmed_number_is_due_again_before_it_runs_out(ledger: Ledger, clock: SetClock) -> None:
    ups = account(ledger)
    register(ledger, "S1", "1Z0001")

    ledger.subscriptions.record(ups, Subscribed(("1z 0001",)), lifetime=FORTNIGHT)

    (known,) = ledger.subscriptions.list("ups-main")
    assert (known.status, known.expires_at) == (SubscriptionStatus.ACTIVE, clock.now() + FORTNIGHT)
    assert due(ledger, ups) == []
    assert ledger.subscriptions.next_at("ups-main") == clock.now() + 12 * DAY
    clock.forward(12 * DAY)
    assert due(ledger, ups) == ["1z 0001"]


def test_a_failed_number_waits_longer_each_time_and_keeps_its_end(ledger: Ledger, clock: SetClock) -> None:
    ups = account(ledger)
    register(ledger, "S1", "1Z0001")
    ledger.subscriptions.record(ups, Subscribed(("1Z0001",)), lifetime=FORTNIGHT)
    ends = clock.now() + FORTNIGHT
    failure = Subscribed(failures=(NumberFailure("1Z0001", "request_rejected", "refused"),))

    for minutes in (15, 30):
        ledger.subscriptions.record(ups, failure, lifetime=FORTNIGHT)
        clock.forward(timedelta(minutes=minutes) - timedelta(microseconds=1))
        assert due(ledger, ups) == []
        clock.forward(timedelta(microseconds=1))
        assert due(ledger, ups) == ["1Z0001"]

    (known,) = ledger.subscriptions.list("ups-main")
    assert (known.failures, known.expires_at, known.detail) == (2, ends, "request_rejected: refused")


def test_a_rotated_secret_makes_older_subscriptions_due(ledger: Ledger, clock: SetClock) -> None:
    ups = account(ledger)
    register(ledger, "S1", "1Z0001")
    ledger.subscriptions.record(ups, Subscribed(("1Z0001",)), lifetime=FORTNIGHT)
    clock.forward(DAY)

    turned = ledger.accounts.rotate("ups-main", "credential-0000002")

    assert ledger.subscriptions.due(turned, carriers=["ups"], secret_since=turned.rotated_at) == ["1Z0001"]
    assert due(ledger, turned) == []


def test_each_account_has_subscriptions_of_its_own(ledger: Ledger) -> None:
    first, second = account(ledger), account(ledger, "ups-second")
    register(ledger, "S1", "1Z0001")

    ledger.subscriptions.record(first, Subscribed(("1Z0001",)), lifetime=None)

    assert (due(ledger, first), due(ledger, second)) == ([], ["1Z0001"])
    assert ledger.subscriptions.list("ups-second") == []


def test_recording_the_same_again_changes_nothing(ledger: Ledger) -> None:
    ups = account(ledger)
    told = Subscribed(("1Z0001", "1Z 0001", "1Z0002"))

    ledger.subscriptions.record(ups, told, lifetime=None)
    before = ledger.subscriptions.list("ups-main")
    ledger.subscriptions.record(ups, told, lifetime=None)

    assert ledger.subscriptions.list("ups-main") == before
    assert len(before) == 2


def end(ledger: Ledger, shipment: str, *, seq: int = 1, is_ended: bool = True) -> None:
    shown = snapshot(State.DELIVERED, is_ended=is_ended)
    ledger.journal.commit(commit(shipment, entry(seq), shown=shown))


def test_what_was_asked_for_by_name_is_renewed_whoever_carries_it(ledger: Ledger, clock: SetClock) -> None:
    ups = account(ledger)
    register(ledger, "S1", "AB0003", carrier="fedex")
    ledger.subscriptions.record(ups, Subscribed(("AB0003",)), lifetime=FORTNIGHT)

    clock.forward(12 * DAY)

    assert due(ledger, ups) == ["AB0003"]


def test_a_number_of_an_ended_shipment_is_neither_asked_for_nor_renewed(ledger: Ledger, clock: SetClock) -> None:
    ups = account(ledger)
    register(ledger, "S1", "1Z0001", "1Z0002")
    ledger.subscriptions.record(ups, Subscribed(("1Z0001",)), lifetime=FORTNIGHT)
    end(ledger, "S1")
    clock.forward(12 * DAY)

    found = due(ledger, ups)
    retired = ledger.subscriptions.retire("ups-main")

    assert (found, retired, ledger.subscriptions.next_at("ups-main")) == ([], 1, None)
    assert ledger.subscriptions.retire("ups-main") == 0


def test_a_shipment_that_comes_back_is_subscribed_again_when_its_subscription_is_over(
    ledger: Ledger, clock: SetClock
) -> None:
    ups = account(ledger)
    register(ledger, "S1", "1Z0001")
    ledger.subscriptions.record(ups, Subscribed(("1Z0001",)), lifetime=FORTNIGHT)
    end(ledger, "S1")
    clock.forward(12 * DAY)
    ledger.subscriptions.retire("ups-main")
    end(ledger, "S1", seq=2, is_ended=False)

    before = due(ledger, ups)
    clock.forward(2 * DAY)

    assert (before, due(ledger, ups)) == ([], ["1Z0001"])


def test_a_new_secret_wakes_no_number_whose_shipment_had_ended(ledger: Ledger, clock: SetClock) -> None:
    ups = account(ledger)
    register(ledger, "S1", "1Z0001")
    ledger.subscriptions.record(ups, Subscribed(("1Z0001",)), lifetime=FORTNIGHT)
    end(ledger, "S1")
    clock.forward(12 * DAY)
    ledger.subscriptions.retire("ups-main")

    turned = ledger.accounts.rotate("ups-main", "credential-0000002")

    assert ledger.subscriptions.due(turned, carriers=["ups"], secret_since=turned.rotated_at) == []


def test_numbers_of_open_shipments_stay_planned(ledger: Ledger, clock: SetClock) -> None:
    ups = account(ledger)
    register(ledger, "S1", "1Z0001")
    ledger.subscriptions.record(ups, Subscribed(("1Z0001", "1Z0099")), lifetime=FORTNIGHT)
    clock.forward(13 * DAY)

    retired = ledger.subscriptions.retire("ups-main")

    assert retired == 1  # the number that no shipment has
    assert due(ledger, ups) == ["1Z0001"]


def test_new_numbers_come_before_old_ones(ledger: Ledger, clock: SetClock) -> None:
    ups = account(ledger)
    register(ledger, "S1", "1Z0009")
    ledger.subscriptions.record(ups, Subscribed(("1Z0009",)), lifetime=FORTNIGHT)
    clock.forward(12 * DAY)
    register(ledger, "S2", "1Z0001")

    assert due(ledger, ups) == ["1Z0001", "1Z0009"]


@pytest.mark.parametrize("query", ["_new", "_old"])
def test_looking_for_due_numbers_reads_no_whole_table(sqlite_url: str, query: str) -> None:
    opened = Ledger.open(sqlite_url)
    ups = account(opened)
    made = subscriptions._new(ups, ["ups"], START) if query == "_new" else subscriptions._old(ups, START, START)
    with opened.database.engine.connect() as connection:
        sql = made.compile(connection.engine, compile_kwargs={"literal_binds": True})
        plan_lines = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    opened.close()

    assert [line for line in plan_lines if line.startswith("SCAN")] == []
