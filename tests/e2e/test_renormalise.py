"""A row of a mapping is put right and stored shipments follow: the benchmark's proof, with fewer shipments."""

import asyncio

import pytest

from bench.renormalise import prove

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(600)]


async def test_a_better_row_corrects_exactly_the_affected_orders_and_back():
    figures = await asyncio.to_thread(prove, 40)

    assert (figures["shipments"], figures["affected"]) == (40, 10)
