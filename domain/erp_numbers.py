"""Which of a shipment's numbers an order system shows to its customers."""

from typing import Final

from domain.shipments import Leg, LegRole

_RANK: Final = (LegRole.LAST_MILE, LegRole.WHOLE, LegRole.LINEHAUL, LegRole.FIRST_MILE)
"""Whose number is shown: first the one that the customer's own carrier knows; never that of a return."""


def shown_leg(legs: tuple[Leg, ...], parcel: str | None) -> Leg | None:
    """Return the leg whose number to show for a parcel, or for the shipment as a whole when `parcel` is None."""
    fitting = [leg for leg in legs if leg.parcel == parcel and leg.role in _RANK]
    if not fitting and parcel is None:
        # Numbers of parcels only: the first one leads to the others.
        fitting = [leg for leg in legs if leg.role in _RANK]
    return min(fitting, key=lambda leg: _RANK.index(leg.role)) if fitting else None


def shown(legs: tuple[Leg, ...], parcel: str | None) -> str | None:
    """Return the number to show; the arguments are those of `shown_leg`."""
    leg = shown_leg(legs, parcel)
    return None if leg is None else leg.tracking_number
