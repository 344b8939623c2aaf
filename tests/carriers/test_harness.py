"""The hostile carrier is only worth something if it catches a bad caller: a naive one fails every fault."""

import asyncio
import json
from collections.abc import Sequence

import httpx
import pytest
from typing_extensions import override

from domain.carriers import CarrierAnswer, CarrierTracker, Fetched
from tests.carriers.calling import outcome_of
from tests.carriers.cases import CASES, Case
from tests.carriers.faults import FAULTS, Fault, Scene, friendly
from tests.carriers.hostile import HostileCarrier, replying

HURRIED = 0.6
"""Seconds that a naive caller may wait here: it has no limits of its own."""


SCANT = 1_000
"""Bytes after which a naive caller believes that it has seen enough."""


class NaiveTracker(CarrierTracker):
    """What is written in an afternoon: follows, waits, unpacks and believes everything, and reads one kilobyte."""

    def __init__(self, case: Case, url: str) -> None:
        self._case = case
        self._url = url

    @property
    @override
    def batch_size(self) -> int:
        return 100

    @property
    @override
    def requests_per_second(self) -> float:
        return 1_000

    @override
    def stored(self, fetched: Fetched, /) -> None:
        """Keep nothing in mind."""

    @override
    async def fetch(self, numbers: Sequence[str]) -> Fetched:
        async with httpx.AsyncClient(follow_redirects=True, timeout=None, trust_env=False) as http:  # noqa: S113 - as naive people do
            if self._case.calls.token is not None:
                await http.post(self._url + self._case.calls.token.path)
            body = await self._all_pages(http, f"{self._url}/track")
        return Fetched((CarrierAnswer(body, "anything", tuple(numbers)),))

    async def _all_pages(self, http: httpx.AsyncClient, url: str) -> bytes:
        while True:
            try:
                answer = await http.get(url)
                await answer.aread()
            except httpx.HTTPError:
                return b"{}"
            if "retry-after" in answer.headers:
                await asyncio.sleep(int(answer.headers["retry-after"]))
            if "link" not in answer.headers:
                return answer.content[:SCANT]


def case_for(fault: Fault) -> Case:
    return next(case for case in CASES.values() if not fault.unless(case))


@pytest.mark.parametrize("name", FAULTS)
async def test_a_naive_caller_is_caught_where_the_carrier(name: str) -> None:
    fault = FAULTS[name]
    case = case_for(fault)
    numbers = fault.numbers or case.numbers
    async with HostileCarrier() as carrier, HostileCarrier() as elsewhere:
        carrier.answering = fault.answering(case, carrier, elsewhere)

        outcome = await outcome_of(NaiveTracker(case, carrier.url), numbers, patience=HURRIED)

        with pytest.raises(AssertionError):
            fault.judge(Scene(case, carrier, elsewhere, outcome, numbers))


async def test_the_server_sends_what_it_is_told() -> None:
    case = CASES["fedex"]
    async with HostileCarrier() as carrier:
        carrier.answering = replying(friendly(case))

        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{carrier.url}/track/v1/trackingnumbers?x=1", json={"a": 1})

    assert (answer.content, answer.headers["content-type"]) == (case.fixture, case.content_type)
    (seen,) = carrier.seen
    assert (seen.method, seen.target, json.loads(seen.body)) == ("POST", "/track/v1/trackingnumbers?x=1", {"a": 1})
