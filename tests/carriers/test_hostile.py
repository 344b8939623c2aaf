"""Every carrier's connector against everything that a carrier may do to it."""

import pytest

from tests.carriers.calling import LIMITS, SHORT, opened, outcome_of
from tests.carriers.cases import CASES, Case
from tests.carriers.faults import FAULTS, Fault, Scene
from tests.carriers.hostile import HostileCarrier

MEETINGS = [
    pytest.param(case, fault, id=f"{case.carrier}: {name}")
    for case in CASES.values()
    for name, fault in FAULTS.items()
    if not fault.unless(case)
]


@pytest.mark.parametrize(("case", "fault"), MEETINGS)
async def test_the_connector_makes_the_right_thing_of(case: Case, fault: Fault) -> None:
    numbers = fault.numbers or case.numbers
    async with HostileCarrier() as carrier, HostileCarrier() as elsewhere:
        carrier.answering = fault.answering(case, carrier, elsewhere)

        async with opened(case, carrier, limits=SHORT if fault.is_slow else LIMITS) as (tracker, _):
            outcome = await outcome_of(tracker, numbers)

        fault.judge(Scene(case, carrier, elsewhere, outcome, numbers))
