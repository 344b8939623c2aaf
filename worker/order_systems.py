"""The kinds of order systems: what each needs to be connected, how the hub tells it, and how a connection is tried."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from connectors.connections import SinkMaker
from connectors.erp_readers import ReaderMaker
from connectors.erps.shopify.client import VERSION, ShopifyClient, ShopifyTarget
from connectors.erps.shopify.probing import found_by
from connectors.erps.shopify.reader import ShopifyReader
from connectors.erps.shopify.sink import ShopifySink
from connectors.erps.tryton.client import TrytonClient, TrytonTarget
from connectors.erps.tryton.reader import TrytonReader, carriers_of
from connectors.erps.tryton.sink import TrytonSink
from connectors.erps.woocommerce.client import MissingError, WooClient, WooTarget
from connectors.erps.woocommerce.orders import PAGE, sendable_of
from connectors.erps.woocommerce.reader import WooReader
from connectors.erps.woocommerce.sink import WooSink
from connectors.http import PartnerHttp
from domain.erps import WEBHOOK, ErpTarget
from domain.errors import PartnerContractError
from domain.ports import Clock, StatusSink
from ledger.rows import Connection
from ledger.store import Ledger

Probe = Callable[[ErpTarget, PartnerHttp, Clock], Awaitable[str]]
"""Tries a connection and says what it found; raises `PartnerError` for what did not work."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of order system. `settings`, `optional` and `credentials` are names with what they mean."""

    title: str
    url: str
    settings: Mapping[str, str] = field(default_factory=dict)
    optional: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict)
    optional_credentials: Mapping[str, str] = field(default_factory=dict)
    sink: Callable[[Ledger, ErpTarget, PartnerHttp, Clock], StatusSink] | None = None
    probe: Probe | None = None
    reader: ReaderMaker | None = None

    def missing(self, connection: Connection) -> list[str]:
        """Return the names of what the connection still lacks, in order."""
        lacking = [name for name in self.settings if not connection.settings.get(name)]
        return lacking + [name for name in self.credentials if not connection.credentials.get(name)]


def _tryton(target: ErpTarget, http: PartnerHttp, clock: Clock) -> TrytonClient:
    entry = TrytonTarget(
        target.connection, target.url, target.settings.get("login", ""), target.credentials.get("password", "")
    )
    return TrytonClient(entry, http, clock)


async def _try_tryton(target: ErpTarget, http: PartnerHttp, clock: Clock) -> str:
    client = _tryton(target, http, clock)
    await client.user()
    waiting = await client.call("model.stock.shipment.out.search_count", [["state", "not in", ["done", "cancelled"]]])
    notes = await client.call("model.ir.note.search_count", [["message", "like", "[hub:%"]])
    return f"logged in as {target.settings.get('login')}; {waiting} open shipments, {notes} notes of the hub"


def _woocommerce(target: ErpTarget, http: PartnerHttp, clock: Clock) -> WooClient:
    names = ("consumer_key", "consumer_secret")
    key, secret = (target.credentials.get(name, "") for name in names)
    return WooClient(WooTarget(target.connection, target.url, key, secret), http, clock)


async def _try_woocommerce(target: ErpTarget, http: PartnerHttp, clock: Clock) -> str:
    client = _woocommerce(target, http, clock)
    waiting = await client.get("/orders", status="processing", per_page=str(PAGE), _fields="id")
    try:
        # A change of no order: a key that may only read is refused before the shop looks for it.
        await client.put("/orders/0", {})
    except MissingError:
        return f"the key may read and write; {len(waiting)}{'+' * (len(waiting) == PAGE)} orders to be sent"
    raise PartnerContractError("the shop has an order of number 0", partner=target.connection)


def _shopify(target: ErpTarget, http: PartnerHttp, clock: Clock) -> ShopifyClient:
    version = target.settings.get("version") or VERSION
    entry = ShopifyTarget(target.connection, target.url, target.credentials.get("token", ""), version)
    return ShopifyClient(entry, http, clock)


def _shopify_sink(ledger: Ledger, target: ErpTarget, http: PartnerHttp, clock: Clock) -> ShopifySink:
    carriers = carriers_of(target.settings.get("carriers", ""))
    return ShopifySink(
        _shopify(target, http, clock),
        ledger.erp_records,
        ledger.shipment_views,
        companies={carrier: company for company, carrier in reversed(carriers.items())},
        notify=target.settings.get("notify") == "yes",
    )


KINDS: Final[Mapping[str, Kind]] = {
    WEBHOOK: Kind("Any system that takes signed webhooks", "https://shop.example.com/hooks/milepost"),
    "shopify": Kind(
        "Shopify, Admin API",
        "https://<store>.myshopify.com",
        optional={
            "carriers": "the hub's carriers by Shopify's names: `DHL Express=dhl_express; Royal Mail=royalmail`",
            "notify": "`yes` lets Shopify mail customers when their order is fulfilled",
            "version": f"of the Admin API, {VERSION} without it",
        },
        optional_credentials={
            "webhook_secret": "the app's client secret, for webhooks to /webhooks/erps/<tenant>/<connection>",
            "webhook_secret_before": "the client secret before its rotation, which may sign for another hour",
        },
        credentials={"token": "the app's Admin API access token"},
        sink=_shopify_sink,
        probe=lambda target, http, clock: found_by(_shopify(target, http, clock)),
        reader=lambda target, http, clock: ShopifyReader(
            _shopify(target, http, clock), carriers_of(target.settings.get("carriers", ""))
        ),
    ),
    "tryton": Kind(
        "Tryton 8.0",
        "https://erp.example.com/<database>",
        settings={"login": "the hub's own user in Tryton"},
        optional={"carriers": "parties or full names of carriers there: `DHL=dhl; Post=royalmail`"},
        credentials={"password": "that user's password"},
        sink=lambda ledger, target, http, clock: TrytonSink(
            _tryton(target, http, clock), ledger.erp_records, ledger.shipment_views
        ),
        probe=_try_tryton,
        reader=lambda target, http, clock: TrytonReader(
            _tryton(target, http, clock), carriers_of(target.settings.get("carriers", ""))
        ),
    ),
    "woocommerce": Kind(
        "WooCommerce",
        "https://shop.example.com",
        optional={"to_be_sent": "statuses of plugins that mean that an order is to be sent: `packing; ready`"},
        optional_credentials={
            "webhook_secret": "what a webhook to /webhooks/erps/<tenant>/<connection> is signed with",
            "webhook_secret_before": "the one before, while webhooks are changed over",
        },
        credentials={"consumer_key": "ck_...", "consumer_secret": "cs_... of a key that may read and write"},
        sink=lambda ledger, target, http, clock: WooSink(
            _woocommerce(target, http, clock),
            ledger.erp_records,
            ledger.shipment_views,
            sendable_of(target.settings.get("to_be_sent", "")),
        ),
        probe=_try_woocommerce,
        reader=lambda target, http, clock: WooReader(
            _woocommerce(target, http, clock), sendable_of(target.settings.get("to_be_sent", ""))
        ),
    ),
}
"""By the name that `milepost erp add --kind` takes."""


def target_of(connection: Connection) -> ErpTarget:
    """Return a stored connection in the words of the connectors."""
    return ErpTarget(
        tenant=connection.tenant,
        connection=connection.connection_id,
        kind=connection.kind,
        url=connection.url,
        settings=connection.settings,
        credentials=connection.credentials,
        keys=connection.secrets,
        requests_per_second=connection.requests_per_second,
    )


def reader_makers() -> dict[str, ReaderMaker]:
    """Return the makers of all kinds that can be read."""
    return {name: kind.reader for name, kind in KINDS.items() if kind.reader is not None}


def sink_makers(ledger: Ledger) -> dict[str, SinkMaker]:
    """Return the makers of all kinds that are more than webhooks."""

    def bound(make: Callable[[Ledger, ErpTarget, PartnerHttp, Clock], StatusSink]) -> SinkMaker:
        return lambda target, http, clock: make(ledger, target, http, clock)

    return {name: bound(kind.sink) for name, kind in KINDS.items() if kind.sink is not None}
