"""Numbers that are asked about: from registration to the end of the shipment, in turns of tenants."""

from datetime import timedelta
from typing import Any

import pytest

from domain.cadence import FIRST_LOOK
from domain.errors import NotFoundError
from domain.polling import AskedNumber, Claim, PollCounts
from domain.shipments import Leg
from domain.states import State
from ledger import migrate
from ledger.store import Ledger
from tests.integration.ledger.conftest import START, SetClock
from tests.integration.ledger.made import at_once, commit, entry, plan, snapshot

LEASE = timedelta(minutes=5)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def account(ledger: Ledger) -> None:
    ledger.accounts.add("fx", "acme", "fedex")


def claimed(ledger: Ledger, limit: int = 100) -> Claim:
    claim = ledger.polling.claim("fx", limit=limit, lease=LEASE)
    assert claim is not None
    return claim


def answered(ledger: Ledger, claim: Claim, failure: str | None = None) -> None:
    ledger.polling.settle(claim, [AskedNumber(number, failure) for number in claim.numbers])


def moved(ledger: Ledger, state: State, *, seq: int = 1, **more: Any) -> None:
    ledger.journal.commit(commit("S1", entry(seq), shown=snapshot(state, minute=seq, **more)))


def test_a_registered_number_is_due_at_once_as_it_was_written(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "ab 1"))

    claim = claimed(ledger)

    assert (claim.account, claim.tenant, claim.carrier, claim.numbers) == ("fx", "acme", "fedex", ("ab 1",))


def test_a_leg_that_comes_later_is_asked_about_too(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "A1"))
    answered(ledger, claimed(ledger))

    ledger.registry.add_leg("acme", "S1", Leg(carrier="fedex", tracking_number="A2"))

    assert claimed(ledger).numbers == ("A2",)


def test_numbers_of_other_carriers_and_tenants_are_not_the_accounts_business(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "A1", tenant="other"))
    ledger.registry.register(plan("S2").model_copy(update={"legs": (Leg(carrier="ups", tracking_number="U1"),)}))

    assert ledger.polling.claim("fx", limit=9, lease=LEASE) is None
    assert ledger.polling.next_due("fx") is None


def test_a_repeated_registration_asks_no_sooner(ledger: Ledger, clock: SetClock) -> None:
    ledger.registry.register(plan("S1", "A1"))
    answered(ledger, claimed(ledger))
    clock.forward(timedelta(minutes=1))

    ledger.registry.register(plan("S1", "A1"))

    assert ledger.polling.claim("fx", limit=9, lease=LEASE) is None


def test_an_answer_plans_the_next_ask_by_the_stage(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "A1"))
    moved(ledger, State.OUT_FOR_DELIVERY)

    answered(ledger, claimed(ledger))

    due = ledger.polling.next_due("fx")
    assert due is not None
    assert timedelta(minutes=13) < due - START < timedelta(minutes=17)


def test_a_number_at_the_door_is_planned_anew_when_the_shipment_moved_meanwhile(
    ledger: Ledger, clock: SetClock
) -> None:
    ledger.registry.register(plan("S1", "A1"))
    answered(ledger, claimed(ledger))
    moved(ledger, State.OUT_FOR_DELIVERY)
    clock.forward(timedelta(minutes=30))

    assert (ledger.polling.catch_up("fx"), ledger.polling.catch_up("fx")) == (1, 0)

    assert claimed(ledger).numbers == ("A1",)


def test_nobody_asks_after_the_end_until_it_is_taken_back(ledger: Ledger, clock: SetClock) -> None:
    ledger.registry.register(plan("S1", "A1"))
    answered(ledger, claimed(ledger))
    moved(ledger, State.DELIVERED)
    ledger.polling.catch_up("fx")
    ended = ledger.polling.next_due("fx")

    moved(ledger, State.LAST_MILE, seq=2)
    clock.forward(2 * HOUR)
    ledger.polling.catch_up("fx")

    assert ended is None
    assert claimed(ledger).numbers == ("A1",)


def test_a_silent_shipment_is_asked_about_daily(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "A1"))
    moved(ledger, State.LINEHAUL, is_stale=True)

    answered(ledger, claimed(ledger))

    due = ledger.polling.next_due("fx")
    assert due is not None
    assert 21 * HOUR < due - START < 27 * HOUR


def test_what_is_claimed_is_not_claimed_twice_until_the_lease_ends(ledger: Ledger, clock: SetClock) -> None:
    ledger.registry.register(plan("S1", "A1"))
    lost = claimed(ledger)

    again = ledger.polling.claim("fx", limit=9, lease=LEASE)
    clock.forward(LEASE)
    second = claimed(ledger)
    answered(ledger, lost)

    assert again is None
    assert second.numbers == ("A1",)
    assert ledger.polling.counts("fx").due == 1


def test_numbers_that_were_not_asked_about_stay_due(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "A1", "A2"))

    ledger.polling.settle(claimed(ledger), [AskedNumber("A1")])

    assert claimed(ledger).numbers == ("A2",)


def test_the_most_urgent_go_first(ledger: Ledger, clock: SetClock) -> None:
    for n in range(3):
        ledger.registry.register(plan(f"S{n}", f"A{n}"))
        clock.forward(timedelta(seconds=1))

    assert claimed(ledger, limit=2).numbers == ("A0", "A1")


def test_tenants_of_a_shared_account_take_turns_however_much_each_has(ledger: Ledger) -> None:
    ledger.polling.share("fx", "big")
    ledger.polling.share("fx", "small")
    ledger.registry.register(plan("B", *(f"B{n:02}" for n in range(20)), tenant="big"))
    ledger.registry.register(plan("S", "S1", "S2", tenant="small"))
    ledger.registry.register(plan("A", "A1", tenant="acme"))

    served = [claimed(ledger, limit=2) for _ in range(5)]

    assert [claim.tenant for claim in served] == ["acme", "big", "small", "big", "big"]
    assert [len(claim.numbers) for claim in served] == [1, 2, 2, 2, 2]


def test_workers_that_claim_at_one_time_never_get_the_same_number(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", *(f"A{n:02}" for n in range(40))))

    claims = at_once(lambda _: ledger.polling.claim("fx", limit=10, lease=LEASE), range(4))

    numbers = [number for claim in claims if claim is not None for number in claim.numbers]
    assert len(numbers) == len(set(numbers)) == 40


def test_a_refused_number_is_given_up_and_hurrying_gives_it_another_chance(ledger: Ledger, clock: SetClock) -> None:
    ledger.registry.register(plan("S1", "A1"))
    for _ in range(5):
        answered(ledger, claimed(ledger), "request_rejected")
        clock.forward(timedelta(days=2))
    given_up = ledger.polling.counts("fx")

    assert given_up == PollCounts(given_up=1)
    assert ledger.polling.hurry("fx") == 1
    assert claimed(ledger).numbers == ("A1",)


def test_trouble_of_another_kind_starts_counting_anew(ledger: Ledger, clock: SetClock) -> None:
    ledger.registry.register(plan("S1", "A1"))
    for failure in ("request_rejected",) * 4 + ("partner_unavailable", "request_rejected"):
        answered(ledger, claimed(ledger), failure)
        clock.forward(timedelta(days=2))

    assert ledger.polling.counts("fx").given_up == 0


def test_counts_tell_due_late_and_waiting_numbers(ledger: Ledger, clock: SetClock) -> None:
    ledger.registry.register(plan("S1", "A1", "A2"))
    answered(ledger, claimed(ledger, limit=1))
    clock.forward(FIRST_LOOK + timedelta(seconds=1))
    ledger.registry.register(plan("S2", "A3"))

    counts = ledger.polling.counts("fx")

    assert (counts.waiting, counts.due, counts.late, counts.given_up) == (1, 2, 1, 0)
    assert counts.oldest_due_at == START


def test_a_number_that_goes_to_another_shipment_belongs_to_it(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "A1"))
    answered(ledger, claimed(ledger))
    moved(ledger, State.DELIVERED, is_ended=True)

    ledger.registry.register(plan("S2", "A1"))

    assert claimed(ledger).numbers == ("A1",)


def test_an_unknown_account_is_said_so(ledger: Ledger) -> None:
    with pytest.raises(NotFoundError):
        ledger.polling.claim("nobody", limit=1, lease=LEASE)
    with pytest.raises(NotFoundError):
        ledger.polling.counts("nobody")


def test_shipments_from_before_polling_are_due_once_the_ledger_is_migrated(empty_url: str, clock: SetClock) -> None:
    migrate.upgrade(empty_url)
    before = Ledger.open(empty_url, clock=clock)
    before.accounts.add("fx", "acme", "fedex")
    before.registry.register(plan("S1", "ab 1"))
    before.close()
    migrate.downgrade(empty_url, "0004")

    migrate.upgrade(empty_url)

    after = Ledger.open(empty_url)
    claim = after.polling.claim("fx", limit=9, lease=LEASE)
    after.close()
    assert claim is not None
    assert claim.numbers == ("ab 1",)


def test_figures_by_carrier_count_what_some_account_has_to_ask_about(ledger: Ledger) -> None:
    ledger.accounts.add("fx-other", "other", "fedex")
    ledger.accounts.add("ups-deaf", "acme", "ups")
    ledger.registry.register(plan("S1", "A1", "A2", "A3"))
    ledger.registry.register(plan("S2", "A4", tenant="other"))
    ledger.registry.register(plan("S3").model_copy(update={"legs": (Leg(carrier="ups", tracking_number="U1"),)}))
    unasked = ledger.polling.by_carrier()

    ledger.accounts.set_credentials("fx", {"client_id": "id", "client_secret": "secret"})
    answered(ledger, claimed(ledger, limit=1))

    assert unasked == {}
    (counts,) = ledger.polling.by_carrier().values()
    assert (list(ledger.polling.by_carrier()), counts.due, counts.waiting, counts.late) == (["fedex"], 2, 1, 0)
