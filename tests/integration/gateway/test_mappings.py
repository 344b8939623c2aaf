from typing import Any

from tests.integration.gateway.test_courier import event, send, until


async def test_an_unknown_code_shows_in_coverage_with_the_shipments_it_touches(world: Any):
    for number in range(3):
        await world.register(f"S-{number}", f"TN-000{number}")
        await send(world, event(f"TN-000{number}", "NEW_STEP", 5))
    await until(lambda: len(world.ledger.unknown.shipments("main", "17track", "NEW_STEP")) == 3)
    headers = world.key("shipments:read")

    [code] = (await world.http.get("/v1/unmapped", headers=headers)).json()["items"]
    assert (code["code"], code["waiting"], code["shipments"]) == ("NEW_STEP", 3, 3)
    which = "/v1/mappings/unmapped/shipments?dialect=17track&code=NEW_STEP&limit=2"
    first = (await world.http.get(which, headers=headers)).json()
    rest = (await world.http.get(f"{which}&after={first['next']}", headers=headers)).json()
    assert (first, rest) == ({"items": ["S-0", "S-1"], "next": "S-1"}, {"items": ["S-2"], "next": None})
    assert (
        'milepost_intake_events_total{dialect="17track",outcome="unmapped"} 3.0'
        in (await world.http.get("/metrics")).text
    )


async def test_coverage_counts_own_events_and_documented_codes(world: Any):
    await world.register("S-1", "TN-0001")
    await send(world, event("TN-0001", "NEW_STEP", 5))
    await send(world, event("TN-0001", "DELIVERED", 6))
    await until(lambda: sum(one.events for one in world.ledger.reads.volumes("main")) == 2)

    own = await world.http.get("/v1/mappings/coverage", headers=world.key("shipments:read"))
    others = await world.http.get("/v1/mappings/coverage", headers=world.key("shipments:read", tenant="other"))

    covered = {one["dialect"]: one for one in own.json()["items"]}
    assert (covered["17track"]["events"], covered["17track"]["mapped_events"]) == (2, 1)
    assert covered["usps"]["codes"]["documented"] > 0
    assert covered["usps"]["codes"]["missing"] == 0
    assert {one["events"] for one in others.json()["items"]} == {0}
