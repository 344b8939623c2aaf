from typing import Any

import pytest

from domain.axes import Evidence, Side
from domain.commands import CommandKind
from domain.errors import CommandRefusedError, ConflictError, HubUnavailableError, NotFoundError
from domain.reasons import Reason

RELEASE = {"command_id": "c-1", "kind": "release_hold", "reason": "CUSTOMS.DOCS_MISSING", "side": "IMPORT"}


async def ask(world: Any, body: dict[str, Any], *, shipment: str = "S-1", **headers: str) -> Any:
    key = world.key("commands:write") | headers
    return await world.http.post(f"/v1/shipments/{shipment}/commands", json=body, headers=key)


async def test_a_command_carries_its_author_from_the_key(world: Any):
    await world.register("S-1", "TN-0001")
    key, token = world.ledger.access.create("main", ["commands:write"], "A. Example's key")

    answer = await world.http.post(
        "/v1/shipments/S-1/commands", json=RELEASE, headers={"authorization": f"Bearer {token}"}
    )

    assert (answer.status_code, answer.json()["outcome"]) == (200, "released")
    ((tenant, shipment_id, command),) = world.commands.asked
    assert (tenant, shipment_id) == ("main", "S-1")
    assert (command.command_id, command.kind) == ("c-1", CommandKind.RELEASE_HOLD)
    assert (command.reason, command.side) == (Reason.CUSTOMS_DOCS_MISSING, Side.IMPORT)
    assert (command.actor, command.origin) == (key.key_id, f"user:{key.key_id}")
    assert command.at == world.clock.now()


async def test_an_idempotency_key_stands_in_for_the_command_id(world: Any):
    await world.register("S-1", "TN-0001")
    body = {"kind": "attach_proof", "evidence": ["SIGNATURE", "PHOTO"]}

    first = await ask(world, body, **{"idempotency-key": "k-1"})
    second = await ask(world, body, **{"idempotency-key": "k-1"})

    assert (first.json()["repeated"], second.json()["repeated"]) == (False, True)
    assert [command.command_id for _, _, command in world.commands.asked] == ["k-1", "k-1"]
    assert world.commands.asked[0][2].evidence == (Evidence.SIGNATURE, Evidence.PHOTO)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"kind": "cancel"}, 400, "bad_request"),
        ({"command_id": "c-1", "kind": "add_leg"}, 400, "bad_request"),
        (RELEASE | {"leg": {"carrier": "acme", "tracking_number": "TN-0002"}}, 400, "bad_request"),
        (RELEASE | {"kind": "explode"}, 422, "invalid"),
        (RELEASE | {"actor": "somebody else"}, 422, "invalid"),
        (RELEASE | {"origin": "hub"}, 422, "invalid"),
        (RELEASE | {"at": "2020-01-01T00:00:00Z"}, 422, "invalid"),
        (RELEASE | {"detail_ref": "p_1"}, 422, "invalid"),
    ],
)
async def test_what_is_no_command_reaches_no_workflow(world: Any, body: dict[str, Any], status: int, code: str):
    await world.register("S-1", "TN-0001")

    answer = await ask(world, body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert world.commands.asked == []


async def test_personal_details_stay_in_the_ledger(world: Any):
    await world.register("S-1", "TN-0001")
    address = {"name": "A. Example", "street": "Example Street 1", "city": "Berlin"}

    await ask(world, {"command_id": "c-1", "kind": "correct_address", "country": "DE", "details": address})

    ((_, _, command),) = world.commands.asked
    assert "Example" not in command.model_dump_json()
    assert world.ledger.private.get("main", "S-1", command.detail_ref) == address


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (CommandRefusedError("there is no open hold"), 409, "command_refused"),
        (ConflictError("the command id was used for something else"), 409, "conflict"),
        (HubUnavailableError("the shipment did not answer in time"), 503, "unavailable"),
    ],
)
async def test_each_refusal_has_its_problem(world: Any, failure: Any, status: int, code: str):
    await world.register("S-1", "TN-0001")
    world.commands.failures = [failure]

    answer = await ask(world, RELEASE)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"].lower() == f"{failure}.".lower()
    assert answer.headers.get("retry-after") == ("5" if status == 503 else None)


async def test_after_no_answer_the_same_request_is_safe(world: Any):
    await world.register("S-1", "TN-0001")
    world.commands.failures = [HubUnavailableError("the shipment did not answer in time")]

    first, second = await ask(world, RELEASE), await ask(world, RELEASE)

    assert (first.status_code, second.status_code) == (503, 200)
    assert second.json()["repeated"] is True


async def test_a_shipment_without_a_workflow_is_started_for_its_command(world: Any):
    await world.register("S-1", "TN-0001")
    world.commands.failures = [NotFoundError("no workflow runs for this shipment")]

    answer = await ask(world, RELEASE)

    assert answer.status_code == 200
    assert [plan.shipment_id for plan in world.dispatcher.started] == ["S-1", "S-1"]


async def test_an_ended_shipment_refuses_commands(world: Any):
    await world.register("S-1", "TN-0001")
    world.commands.failures = [NotFoundError("no workflow"), NotFoundError("no workflow")]

    answer = await ask(world, RELEASE)

    assert (answer.status_code, answer.json()["code"]) == (409, "command_refused")
    assert answer.json()["detail"] == "The shipment has ended."


async def test_an_unknown_shipment_is_not_found_and_nothing_is_kept(world: Any):
    answer = await ask(world, RELEASE | {"details": {"name": "A. Example"}}, shipment="S-9")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert world.commands.asked == []


async def test_an_added_leg_leads_its_facts_here(world: Any):
    await world.register("S-1", "TN-0001")
    body = {"command_id": "c-1", "kind": "add_leg", "leg": {"carrier": "acme", "tracking_number": "TN-0002"}}

    answer = await ask(world, body)

    assert answer.status_code == 200
    numbers = [leg.tracking_number for leg in world.ledger.registry.plan("main", "S-1").legs]
    assert numbers == ["TN-0001", "TN-0002"]


async def test_a_refused_leg_leads_nothing_here(world: Any):
    await world.register("S-1", "TN-0001")
    world.commands.failures = [CommandRefusedError("the shipment is delivered")]
    body = {"command_id": "c-1", "kind": "add_leg", "leg": {"carrier": "acme", "tracking_number": "TN-0002"}}

    assert (await ask(world, body)).status_code == 409

    assert [leg.tracking_number for leg in world.ledger.registry.plan("main", "S-1").legs] == ["TN-0001"]


async def test_a_leg_of_another_shipment_never_reaches_the_workflow(world: Any):
    await world.register("S-1", "TN-0001")
    await world.register("S-2", "TN-0002")
    body = {"command_id": "c-1", "kind": "add_leg", "leg": {"carrier": "acme", "tracking_number": "TN-0002"}}

    answer = await ask(world, body)

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert world.commands.asked == []
