"""Milestones whose usual words occur in a carrier's wording: for the comments of a draft, never for a meaning."""

from typing import Final

from domain.milestones import Milestone

_WORDS: Final = (
    (Milestone.OUT_FOR_DELIVERY, ("out for delivery", "loaded on vehicle", "with driver", "zustellfahrzeug")),
    (Milestone.DELIVERY_ATTEMPTED, ("attempt", "not delivered", "nobody home", "nicht angetroffen", "unsuccessful")),
    (Milestone.AVAILABLE_FOR_PICKUP, ("ready for pick", "collection point", "ready for collection", "paketshop")),
    (Milestone.DELIVERED, ("delivered", "zugestellt", "livré", "entregado")),
    (Milestone.RETURN_INITIATED, ("return", "rücksendung", "retour")),
    (Milestone.PICKED_UP, ("picked up", "collected", "abgeholt", "accepted")),
    (Milestone.SHIPMENT_CREATED, ("notified", "announced", "data received", "label", "angekündigt")),
    (Milestone.HUB_ARRIVED, ("arrived", "received at", "eingetroffen", "sorting")),
    (Milestone.HUB_DEPARTED, ("departed", "left ", "forwarded")),
    (Milestone.IN_TRANSIT, ("in transit", "on its way", "unterwegs")),
    (Milestone.CUSTOMS_HELD, ("customs", "zoll", "douane")),
    (Milestone.DELAYED, ("delay", "verspät")),
    (Milestone.DAMAGED, ("damag", "beschädigt")),
    (Milestone.LOST, ("lost", "verlust")),
)  # fmt: skip


def hints(wording: str) -> list[str]:
    """Return the names of milestones whose words occur in a wording, in no order of likelihood."""
    said = wording.casefold()
    return [milestone.value for milestone, words in _WORDS if any(word in said for word in words)]
