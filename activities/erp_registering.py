"""Registers deliveries that an order system has and the hub has not."""

from dataclasses import dataclass

from activities.erp_sitting import Sitting
from domain.erp_reading import plan_of, settled, shipment_id_of
from domain.erp_records import ErpDelivery, ErpRecord
from domain.errors import ConflictError, NotFoundError
from domain.messages import Registered
from domain.shipments import ShipmentPlan


@dataclass(frozen=True, slots=True)
class Registering:
    """Lets shipments begin. Its steps may be repeated: the same delivery leads to the same shipment."""

    sitting: Sitting

    async def appeared(self, delivery: ErpDelivery, *, instead_of: ErpRecord | None = None) -> None:
        """Bind a delivery to the shipment that was registered for its order, or register one.

        `instead_of` is a record that is gone and had the same technical key.

        Several shipments under the order's reference would be a guess: then the delivery gets its own.
        """
        own = shipment_id_of(self.sitting.connection, delivery.number)
        waiting = await self._waiting(delivery)
        if own not in waiting and len(waiting) == 1:
            await self._bind(delivery, waiting[0], instead_of=instead_of)
        else:
            await self._register(delivery, own, instead_of=instead_of)

    async def anew(self, mirror: ErpRecord, delivery: ErpDelivery) -> None:
        """Register a delivery once more that was called off and is to be sent after all: the old shipment is over."""
        shipment_id = shipment_id_of(self.sitting.connection, delivery.number, again=mirror.asked + 1)
        await self._register(delivery, shipment_id, instead_of=mirror)

    async def _waiting(self, delivery: ErpDelivery) -> list[str]:
        sitting = self.sitting
        names = {name for name in (delivery.number, delivery.order, delivery.order_reference) if name}
        views = sitting.desk.views
        found = await sitting.blocking(lambda: views.named(sitting.tenant, sitting.connection, names))
        own = shipment_id_of(sitting.connection, delivery.number)
        # What was registered for another delivery of the same order, and is about to be bound to that one.
        others = shipment_id_of(sitting.connection, "")
        return [name for name in found if name == own or not name.startswith(others)]

    async def _register(self, delivery: ErpDelivery, shipment_id: str, *, instead_of: ErpRecord | None = None) -> None:
        sitting = self.sitting
        plan = plan_of(sitting.tenant, sitting.connection, delivery, shipment_id=shipment_id)
        plan, registered = await self._registered(plan)
        await sitting.desk.intake.dispatcher.start(plan)
        await sitting.desk.intake.hand_over(registered.deliveries)
        await self._bind(delivery, shipment_id, instead_of=instead_of)
        sitting.registered += registered.is_new

    async def _registered(self, plan: ShipmentPlan) -> tuple[ShipmentPlan, Registered]:
        """Store the plan, or take the one that an attempt before has stored."""
        registry = self.sitting.desk.registry
        blocking = self.sitting.blocking
        try:
            return plan, await blocking(lambda: registry.register(plan))
        except ConflictError:
            pass
        try:
            known = await blocking(lambda: registry.plan(plan.tenant, plan.shipment_id))
        except NotFoundError:
            # A number leads to another open shipment: that one keeps it.
            without = plan.model_copy(update={"legs": ()})
            return without, await blocking(lambda: registry.register(without))
        return known, Registered(is_new=False)

    async def _bind(self, delivery: ErpDelivery, shipment_id: str, *, instead_of: ErpRecord | None = None) -> None:
        sitting = self.sitting
        ref = await sitting.address(shipment_id, delivery)
        fresh = ErpRecord(
            tenant=sitting.tenant,
            connection=sitting.connection,
            record=delivery.record,
            shipment_id=shipment_id,
            number=delivery.number,
            asked=0 if instead_of is None else instead_of.asked + 1,
        )
        await sitting.settle(instead_of, settled(fresh, delivery, ref))
