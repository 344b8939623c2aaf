"""A simulated Shopify store, and a hub that tells it of a shipment."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from connectors.egress import EgressPolicy
from connectors.erps.shopify.client import ShopifyClient, ShopifyTarget
from connectors.erps.shopify.sink import ShopifySink
from connectors.http import PartnerHttp
from domain.shipments import Leg
from ledger import migrate
from ledger.store import Ledger
from tests.erps.serving import served
from tests.erps.shopify_admin import Faults, create_admin
from tests.erps.shopify_hub import CONNECTION, NOON, Hub, leg
from tests.erps.shopify_store import Store


class Clock:
    def now(self) -> datetime:
        return NOON


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def ledger(template: Path, tmp_path: Path) -> Iterator[Ledger]:
    shutil.copyfile(template, tmp_path / "ledger.db")
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", master_key=b"k" * 32)
    yield ledger
    ledger.close()


@pytest.fixture
def store() -> Store:
    return Store(now=lambda: NOON)


@pytest.fixture
def faults() -> Faults:
    return Faults()


Registered = Callable[..., Hub]


@pytest.fixture
async def registered(store: Store, faults: Faults, ledger: Ledger) -> AsyncIterator[Registered]:
    async with served(create_admin(store, faults)) as web, PartnerHttp(EgressPolicy(allow_loopback=True)) as http:
        client = ShopifyClient(ShopifyTarget(CONNECTION, str(web.base_url), store.token), http, Clock())
        sink = ShopifySink(client, ledger.erp_records, ledger.shipment_views, {"dhl_express": "DHL Express"})

        def register(*legs: Leg, reference: str = "#1001") -> Hub:
            return Hub(ledger, sink, reference, legs or (leg(),)).register()

        yield register
