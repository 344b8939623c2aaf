"""Legs that payloads bring, asked of the workflow like anybody else's."""

import asyncio
from typing import Any

import pytest

from domain.errors import CommandRefusedError, HubUnavailableError, NotFoundError
from domain.legs import LinkStatus
from domain.messages import IncomingMessage
from domain.normalised import Normalised, PartnerNumber, ShipmentHint
from domain.shipments import Leg, LegRole
from gateway.linker import Linker

NUMBER = "RB123456785GB"
LEG = Leg(carrier="royalmail", tracking_number=NUMBER, role=LegRole.LAST_MILE)


@pytest.fixture
def linker(world: Any) -> Linker:
    return Linker(world.ledger.links, world.ledger.registry, world.commands, world.dispatcher, world.clock)


async def tell(world: Any) -> None:
    """Register S-1 under AB123 and take in a payload about AB123 that names the partner's number."""
    await world.register("S-1", "AB123")
    inbox = world.ledger.inbox
    message = inbox.keep(IncomingMessage("main", "acme-main", "acme", b"{}", "application/json", world.clock.now()))
    hint = ShipmentHint("AB123", partner_numbers=(PartnerNumber("royalmail", NUMBER, LegRole.LAST_MILE),))
    inbox.record(message, Normalised("acme", "1", hints=[hint]))


async def linked(world: Any) -> None:
    while len(world.ledger.registry.plan("main", "S-1").legs) == 1:  # noqa: ASYNC110 - a ledger tells nobody
        await asyncio.sleep(0.02)


async def test_the_courier_adds_the_leg_by_itself_and_names_who_told(world: Any):
    await tell(world)
    await asyncio.wait_for(linked(world), 20)

    ((tenant, shipment, command),) = world.commands.asked
    assert (tenant, shipment, command.kind, command.origin, command.leg) == (
        "main", "S-1", "add_leg", "carrier:acme", LEG,
    )  # fmt: skip
    assert world.ledger.registry.plan("main", "S-1").legs[1:] == (LEG,)


async def test_a_refused_leg_leads_nothing_here_and_is_kept_for_a_person(world: Any, linker: Linker):
    world.commands.failures = [CommandRefusedError("the shipment has ended")]
    await tell(world)
    await asyncio.wait_for(refused(world), 20)

    assert len(world.ledger.registry.plan("main", "S-1").legs) == 1
    assert (await linker.link())[1] == dict.fromkeys(LinkStatus, 0)


async def refused(world: Any) -> None:
    while [row.detail for row in world.ledger.links.refused("main")] != ["the shipment has ended"]:  # noqa: ASYNC110
        await asyncio.sleep(0.02)


async def test_a_shipment_without_workflow_is_started_and_asked_again(world: Any):
    world.commands.failures = [NotFoundError("no workflow")]
    await tell(world)
    await asyncio.wait_for(linked(world), 20)

    assert [plan.shipment_id for plan in world.dispatcher.started[-1:]] == ["S-1"]
    assert len({command.command_id for _, _, command in world.commands.asked}) == 1


async def test_an_outage_leaves_the_leg_due(world: Any):
    world.commands.failures = [HubUnavailableError("away"), HubUnavailableError("away")]
    await tell(world)
    await asyncio.wait_for(linked(world), 20)

    assert len(world.commands.asked) == 3
    assert len({command.command_id for _, _, command in world.commands.asked}) == 1
