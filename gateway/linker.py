"""Adds legs that payloads bring: asks the shipment's workflow like anybody else, then leads the number to it."""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog

from domain import ids
from domain.commands import Command, CommandKind
from domain.errors import CommandRefusedError, ConflictError, NotFoundError
from domain.legs import LegToAdd, LinkStatus, PartnerLinks
from domain.messages import Delivery
from domain.ports import Clock, Dispatcher, Registry, ShipmentCommands

MOST: Final = 100
"""Legs of one round; the next round takes the rest."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Linker:
    """Works off waiting links. Repeating a round asks with the same command ids and changes nothing."""

    links: PartnerLinks
    registry: Registry
    commands: ShipmentCommands
    dispatcher: Dispatcher
    clock: Clock

    async def link(self) -> tuple[list[Delivery], dict[LinkStatus, int]]:
        """Add the legs that are due; return parked facts that now have a shipment, and how many links ended how.

        Raises:
            HubUnavailableError: nobody answers; what was not reached stays due.
        """
        deliveries: list[Delivery] = []
        counts = dict.fromkeys(LinkStatus, 0)
        for one in await asyncio.to_thread(self.links.due, limit=MOST):
            status, detail = LinkStatus.LINKED, None
            try:
                deliveries += await self._add(one)
            except (CommandRefusedError, ConflictError, NotFoundError) as error:
                status, detail = LinkStatus.REFUSED, str(error)
                _log.warning("legs.link_refused", shipment_id=one.shipment_id, told_by=one.told_by, why=error.code)
            await asyncio.to_thread(self.links.settle, one, status, detail=detail)
            counts[status] += 1
        return deliveries, counts

    async def _add(self, one: LegToAdd) -> list[Delivery]:
        await self._ask(one)
        added = await asyncio.to_thread(self.registry.add_leg, one.tenant, one.shipment_id, one.leg)
        return added.deliveries

    async def _ask(self, one: LegToAdd) -> None:
        plan = await asyncio.to_thread(self.registry.plan, one.tenant, one.shipment_id)
        if any(leg.tracking_number == one.leg.tracking_number for leg in plan.legs):
            return
        origin = f"carrier:{one.told_by}"
        command = Command(
            command_id=f"leg:{ids.event_id(one.own_key, one.partner_key)}",
            kind=CommandKind.ADD_LEG,
            actor=origin,
            origin=origin,
            at=self.clock.now(),
            leg=one.leg,
        )
        try:
            await self.commands.execute(one.tenant, one.shipment_id, command)
        except NotFoundError:
            # Registered but without a workflow: the workflow service was away then, or the shipment has ended.
            await self.dispatcher.start(plan)
            await self.commands.execute(one.tenant, one.shipment_id, command)
