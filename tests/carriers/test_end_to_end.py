"""From a carrier's answer over HTTP to facts in a ledger: fetched, kept, read, each the same as the fixture's own."""

from collections.abc import Iterator

import pytest

from domain.intake import Intake
from domain.messages import Delivery, IncomingMessage, MessageStatus
from ledger import migrate
from ledger.store import Ledger
from mappings.expectations import RECEIVED_AT
from tests.carriers.calling import SetClock, opened
from tests.carriers.cases import CASES, MAPPINGS, Case
from tests.carriers.faults import friendly
from tests.carriers.hostile import HostileCarrier, replying

POLLED = [pytest.param(case, id=carrier) for carrier, case in CASES.items()]


class NoWorkflows:
    """A dispatcher for a hub in which nothing is registered."""

    async def deliver(self, delivery: Delivery) -> None:
        raise AssertionError(f"{delivery.shipment_id} was never registered")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path_factory.mktemp('polled')}/ledger.db"
    migrate.upgrade(url)
    opened_one = Ledger.open(url, master_key=b"k" * 32, clock=SetClock(RECEIVED_AT))
    yield opened_one
    opened_one.close()


@pytest.mark.parametrize("case", POLLED)
async def test_an_answer_becomes_the_facts_of_its_fixture(case: Case, ledger: Ledger) -> None:
    intake = Intake(ledger.inbox, MAPPINGS, NoWorkflows(), SetClock(RECEIVED_AT))
    tenant = case.carrier
    async with HostileCarrier() as carrier:
        carrier.answering = replying(friendly(case))
        async with opened(case, carrier) as (tracker, directory):
            fetched = await tracker.fetch(case.numbers)

    (answer,) = fetched.answers
    account = directory.account.account_id
    message = intake.keep(IncomingMessage(tenant, account, case.carrier, answer.body, answer.content_type, RECEIVED_AT))
    recorded = intake.read(message)
    again = intake.keep(IncomingMessage(tenant, account, case.carrier, answer.body, answer.content_type, RECEIVED_AT))

    wanted = MAPPINGS.normalise(case.carrier, case.fixture, received_at=RECEIVED_AT).facts
    assert (recorded.new_facts, recorded.known_facts) == (len({fact.event_id for fact in wanted}), 0)
    assert (again.is_new, again.status) == (False, MessageStatus.READ)
    assert intake.read(again).new_facts == 0
