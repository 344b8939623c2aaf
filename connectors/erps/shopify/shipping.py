"""Bringing an order's fulfilments, holds and requests to what holds: set to it, whatever was told before.

Nothing here depends on the change that caused a push, so a lost, repeated or late push ends in the same fulfilments.
A fulfilment is made from what Shopify still offers to send, which it offers once: a second attempt finds nothing left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.erps.shopify.client import ShopifyClient
from connectors.erps.shopify.failures import UserErrorsError
from connectors.erps.shopify.records import HANDLE, Fulfilment, Part, ShopifyOrder
from domain.erp_numbers import shown_leg
from domain.erp_records import ShipmentView
from domain.shipments import Leg
from domain.states import State

BEFORE_HANDOVER: Final = frozenset({State.CREATED, State.CANCELLED})
_HELD: Final = frozenset({State.ON_HOLD, State.CUSTOMS_HOLD})
_SENDABLE: Final = frozenset({"OPEN", "IN_PROGRESS"})
_OVER: Final = frozenset({"CLOSED", "CANCELLED", "INCOMPLETE"})

_CREATE: Final = """mutation Ship($given: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $given) { fulfillment { id } userErrors { field message } }
}"""
_TRACK: Final = """mutation Track($id: ID!, $given: FulfillmentTrackingInput!, $notify: Boolean) {
  fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $given, notifyCustomer: $notify) {
    fulfillment { id } userErrors { field message }
  }
}"""
_HOLD: Final = """mutation Hold($id: ID!, $given: FulfillmentOrderHoldInput!) {
  fulfillmentOrderHold(id: $id, fulfillmentHold: $given) {
    fulfillmentHold { id } userErrors { code field message }
  }
}"""
_RELEASE: Final = """mutation Release($id: ID!, $holds: [ID!]) {
  fulfillmentOrderReleaseHold(id: $id, holdIds: $holds) {
    fulfillmentOrder { id } userErrors { code field message }
  }
}"""
_ANSWER: Final = """mutation Answer($id: ID!, $message: String) {
  %(name)s(id: $id, message: $message) { fulfillmentOrder { id } userErrors { field message } }
}"""
ACCEPT_REQUEST: Final = "fulfillmentOrderAcceptFulfillmentRequest"
ACCEPT_CANCEL: Final = "fulfillmentOrderAcceptCancellationRequest"
REJECT_CANCEL: Final = "fulfillmentOrderRejectCancellationRequest"


@dataclass(frozen=True, slots=True)
class Tracking:
    """What a fulfilment's customer follows: numbers, and the carrier's name in Shopify when it is known."""

    numbers: tuple[str, ...] = ()
    company: str | None = None

    def given(self) -> dict[str, Any]:
        """Return it as the API takes it. Without a company Shopify guesses the carrier from the number."""
        named = {} if self.company is None else {"company": self.company}
        return {**named, "numbers": list(self.numbers)}


def tracking_of(view: ShipmentView, parts: Sequence[Part], companies: Mapping[str, str]) -> dict[str, Tracking]:
    """Return what each fulfilment order is to be followed by.

    A parcel that is named by a fulfilment order's number belongs to it; every other number leads to all the rest,
    because the hub cannot know which goods are in which parcel.
    """
    legs, names = view.plan.legs, {part.name for part in parts}
    own = {part.name: leg for part in parts if (leg := shown_leg(legs, part.name)) is not None}
    rest = tuple(leg for leg in legs if leg.parcel not in names)
    parcels = sorted({leg.parcel for leg in rest if leg.parcel is not None})
    of_all = shown_leg(tuple(leg for leg in rest if leg.parcel is None), None)
    shared = [of_all] if of_all is not None else [shown_leg(rest, parcel) for parcel in parcels]
    common = _tracking([leg for leg in shared if leg is not None], companies)
    return {part.id: _tracking([own[part.name]], companies) if part.name in own else common for part in parts}


def _tracking(legs: Sequence[Leg], companies: Mapping[str, str]) -> Tracking:
    named = [companies[leg.carrier] for leg in legs if leg.carrier in companies]
    return Tracking(tuple(leg.tracking_number for leg in legs), named[0] if named else None)


@dataclass(frozen=True, slots=True)
class Shipping:
    """One attempt to bring one order to what holds; each step returns whether it wrote anything."""

    client: ShopifyClient
    view: ShipmentView
    companies: Mapping[str, str] = field(default_factory=dict)
    notify: bool = False

    async def requests(self, order: ShopifyOrder) -> bool:
        """Accept what Shopify's merchant asks the hub's fulfilment service for: to send, or to leave it."""
        wrote = False
        for part in order.parts:
            if part.request == "SUBMITTED" and self.view.state is not State.CANCELLED:
                await answered(self.client, ACCEPT_REQUEST, part, "registered")
                wrote = True
            if part.request == "CANCELLATION_REQUESTED" and self.view.state is State.CANCELLED:
                await answered(self.client, ACCEPT_CANCEL, part, "cancelled before the handover")
                wrote = True
        return wrote

    async def holds(self, order: ShopifyOrder) -> bool:
        """Hold what is held before it is sent, and take away the hub's own holds once nothing holds it."""
        is_held = self.view.state in _HELD and self.view.stage is State.CREATED
        wrote = False
        for part in order.parts:
            if is_held and not part.own_holds and part.status not in _OVER:
                await self._hold(part)
                wrote = True
            if not is_held and part.own_holds:
                # Without ids everybody's holds would be released.
                variables = {"id": part.id, "holds": list(part.own_holds)}
                await self.client.mutate("fulfillmentOrderReleaseHold", _RELEASE, **variables)
                wrote = True
        return wrote

    async def fulfilments(self, order: ShopifyOrder) -> bool:
        """Fulfil what the carrier has and Shopify still offers: one fulfilment per set of numbers and place.

        Shopify refuses a fulfilment of goods at several places.
        """
        if self.view.stage in BEFORE_HANDOVER:
            return False
        wanted = tracking_of(self.view, order.parts, self.companies)
        groups: dict[tuple[Tracking, str | None], list[Part]] = {}
        for part in order.parts:
            if (
                part.status in _SENDABLE
                and ours(part, wanted[part.id]) is None
                and self._is_carried(order, wanted[part.id])
            ):
                groups.setdefault((wanted[part.id], part.place), []).append(part)
        for (tracking, _), parts in groups.items():
            await self._create(tracking, parts)
        return bool(groups)

    async def tracking(self, order: ShopifyOrder) -> bool:
        """Put right the numbers of what was sent: they are the hub's."""
        if self.view.stage in BEFORE_HANDOVER:
            return False
        wanted = tracking_of(self.view, order.parts, self.companies)
        wrong: dict[str, Tracking] = {}
        for part in order.parts:
            one = ours(part, wanted[part.id])
            if one is not None and wanted[part.id].numbers and set(one.numbers) != set(wanted[part.id].numbers):
                wrong[one.id] = wanted[part.id]
        for gid, tracking in wrong.items():
            variables = {"id": gid, "given": tracking.given(), "notify": self.notify}
            await self.client.mutate("fulfillmentTrackingInfoUpdate", _TRACK, **variables)
        return bool(wrong)

    def carried(self, order: ShopifyOrder) -> tuple[Fulfilment, ...]:
        """Return the fulfilments that stand for the shipment, each once."""
        wanted = tracking_of(self.view, order.parts, self.companies)
        mine = [part for part in order.parts if self._is_carried(order, wanted[part.id])]
        found = {one.id: one for part in mine if (one := ours(part, wanted[part.id])) is not None}
        return tuple(found.values())

    def waiting(self, order: ShopifyOrder) -> bool:
        """Return whether something that the shipment carries can be neither sent nor found as sent."""
        wanted = tracking_of(self.view, order.parts, self.companies)
        return not order.is_cancelled and any(
            part.status not in _OVER and not part.sent and self._is_carried(order, wanted[part.id])
            for part in order.parts
        )

    def _is_carried(self, order: ShopifyOrder, tracking: Tracking) -> bool:
        """Return whether the shipment carries this part: in a split by parcels only the named ones."""
        names = {one.name for one in order.parts}
        is_split = any(leg.parcel in names for leg in self.view.plan.legs)
        return not is_split or bool(tracking.numbers)

    async def _create(self, tracking: Tracking, parts: Sequence[Part]) -> None:
        given: dict[str, Any] = {
            "lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": part.id} for part in parts],
            "notifyCustomer": self.notify,
        }
        if tracking.numbers:
            given["trackingInfo"] = tracking.given()
        await self.client.mutate("fulfillmentCreate", _CREATE, given=given)

    async def _hold(self, part: Part) -> None:
        given = {"reason": "OTHER", "reasonNotes": f"The hub's state is {self.view.state}.", "handle": HANDLE}
        try:
            await self.client.mutate("fulfillmentOrderHold", _HOLD, id=part.id, given=given)
        except UserErrorsError as error:
            # Another attempt was faster, or did it and never heard.
            if error.codes != ("DUPLICATE_FULFILLMENT_HOLD_HANDLE",):
                raise


async def answered(client: ShopifyClient, name: str, part: Part, message: str) -> None:
    """Answer a merchant's request concerning a fulfilment order; `name` is the mutation."""
    await client.mutate(name, _ANSWER % {"name": name}, id=part.id, message=message)


def ours(part: Part, tracking: Tracking) -> Fulfilment | None:
    """Return the fulfilment of a part that stands for the shipment, None when none of them can be told to.

    The one with the shipment's number; the only one whatever it has, because a clerk may have made it by hand. While
    goods are left, one with another number is another parcel, and what is left is the shipment's.
    """
    fitting = [one for one in part.sent if set(one.numbers) & set(tracking.numbers)]
    found = fitting or (() if part.status in _SENDABLE else part.sent)
    return found[0] if len(found) == 1 else None
