from typing import Any

import pytest


async def ask(world: Any, number: str) -> Any:
    return await world.http.get("/v1/carriers/detect", params={"number": number}, headers=world.key("shipments:read"))


async def test_a_number_leads_to_its_carriers_by_evidence(world: Any):
    answer = (await ask(world, "1z 5R8 939 0357567127")).json()

    assert (answer["number"], answer["carrier"]) == ("1Z5R89390357567127", "ups")
    assert [(one["carrier"], one["format"], one["is_checked"]) for one in answer["candidates"]] == [
        ("ups", "1Z number", True)
    ]


async def test_nothing_is_picked_without_proof(world: Any):
    answer = (await ask(world, "3318810025")).json()

    assert answer["carrier"] is None
    assert [one["carrier"] for one in answer["candidates"]] == ["dhl_express", "mydhl"]


async def test_a_number_of_nobody_has_no_candidates(world: Any):
    answer = await ask(world, "hello")

    assert (answer.status_code, answer.json()) == (200, {"number": "HELLO", "carrier": None, "candidates": []})


@pytest.mark.parametrize("number", ["", "9" * 101])
async def test_what_cannot_be_a_number_is_refused(world: Any, number: str):
    assert (await ask(world, number)).status_code == 422


async def test_a_stranger_is_not_answered(world: Any):
    assert (await world.http.get("/v1/carriers/detect?number=1")).status_code == 401
