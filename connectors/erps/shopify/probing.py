"""Trying a connection: which store it is, what the app may do there, and which version answered."""

from collections.abc import Mapping
from typing import Final

from connectors.erps.shopify.client import ShopifyClient
from domain.errors import PartnerContractError

NEEDED: Final[Mapping[str, str]] = {
    "read_orders": "to find orders and their events",
    "write_orders": "to answer in an order's note",
    "write_fulfillments": "to tell events",
    "read_*_fulfillment_orders": "to see what is to be sent",
    "write_*_fulfillment_orders": "to fulfil, hold and answer requests",
}
"""Access scopes and what for; `*` is `assigned`, `merchant_managed` or `third_party`, as fits the app."""

_MANAGED: Final = ("assigned", "merchant_managed", "third_party")
_PROBE: Final = "{ shop { name myshopifyDomain } currentAppInstallation { accessScopes { handle } } }"


async def found_by(client: ShopifyClient) -> str:
    """Return what a person has to know of the connection; raise `PartnerError` when it does not work at all."""
    data = await client.query(_PROBE)
    try:
        shop = f"{data['shop']['name']} ({data['shop']['myshopifyDomain']})"
        granted = {one["handle"] for one in data["currentAppInstallation"]["accessScopes"]}
    except (KeyError, TypeError) as error:
        raise PartnerContractError("an answer without shop and scopes", partner=client.partner) from error
    said = [f"shop {shop}, version {client.served}"]
    lacking = [f"{name} ({why})" for name, why in NEEDED.items() if not _has(granted, name)]
    said.append(f"MISSING scopes: {', '.join(lacking)}" if lacking else "all scopes granted")
    if client.served != client.asked:
        said.append(f"WARNING: Shopify no longer serves version {client.asked}; configure --setting version=YYYY-MM")
    return "; ".join(said)


def _has(granted: set[str], name: str) -> bool:
    wanted = {name.replace("*", kind) for kind in _MANAGED}
    # A scope to write is one to read as well.
    return bool(wanted & granted or {one.replace("read_", "write_", 1) for one in wanted} & granted)
