"""One real Tryton per test module, on a copy of the seeded database."""

from collections.abc import AsyncIterator, Iterator

import pytest

from connectors.erps.tryton.client import TrytonClient
from connectors.http import PartnerHttp
from tests.erp.tryton.installation import HERE, Installation, installation
from tests.erp.tryton.people import CLERK, HUB, client_of, partner_http
from tests.erp.tryton.server import TrytonServer

COLD = 600
"""Seconds that the first test may take on a machine that has to install Tryton and fill its database."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(COLD))


@pytest.fixture(scope="session")
def installed() -> Installation:
    """Return the cached installation; a cold machine makes it here, which takes about a minute."""
    return installation()


@pytest.fixture(scope="module")
def tryton(installed: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    """Start a server on a fresh copy of the database."""
    server = TrytonServer(installed, tmp_path_factory.mktemp("tryton"))
    server.prepare()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
async def http() -> AsyncIterator[PartnerHttp]:
    async with partner_http() as http:
        yield http


@pytest.fixture
def hub(tryton: TrytonServer, http: PartnerHttp) -> TrytonClient:
    """Return a client that works as the hub's own user, who may do no more than the hub needs."""
    return client_of(tryton, http, HUB)


@pytest.fixture
def clerk(tryton: TrytonServer, http: PartnerHttp) -> TrytonClient:
    """Return a client that works as the clerk."""
    return client_of(tryton, http, CLERK)
