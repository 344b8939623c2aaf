from ipaddress import ip_address

import httpcore
import pytest

from connectors.egress import EgressPolicy, EgressRefusedError, GuardedBackend
from connectors.http import PartnerHttp
from domain.errors import PartnerUnavailableError, RequestRejectedError

PUBLIC = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"]
INSIDE = [
    "127.0.0.1",
    "127.8.9.10",
    "::1",
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "::",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.1.1",
    "fe80::1",
    "fc00::1",
    "224.0.0.1",
    "ff02::1",
    "240.0.0.1",
    "255.255.255.255",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
]
METADATA = ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_called(address: str):
    assert EgressPolicy().is_allowed(ip_address(address)) is True


@pytest.mark.parametrize("address", INSIDE + METADATA)
def test_addresses_inside_are_not(address: str):
    assert EgressPolicy().is_allowed(ip_address(address)) is False


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_loopback_may_be_allowed(address: str):
    assert EgressPolicy(allow_loopback=True).is_allowed(ip_address(address)) is True


@pytest.mark.parametrize("address", [a for a in INSIDE + METADATA if "127." not in a and a != "::1"])
def test_allowing_loopback_allows_nothing_else(address: str):
    loopback_inside = address in {"64:ff9b::7f00:1", "2002:7f00:1::"}

    assert EgressPolicy(allow_loopback=True).is_allowed(ip_address(address)) is loopback_inside


def test_named_networks_are_called_but_never_a_metadata_service():
    policy = EgressPolicy(networks=("10.20.0.0/16", "169.254.0.0/16"))

    assert policy.is_allowed(ip_address("10.20.3.4")) is True
    assert policy.is_allowed(ip_address("10.21.3.4")) is False
    assert policy.is_allowed(ip_address("169.254.169.254")) is False


def test_one_address_inside_spoils_a_name_with_several():
    addresses = [ip_address("93.184.216.34"), ip_address("10.0.0.1")]

    with pytest.raises(EgressRefusedError) as caught:
        EgressPolicy().judge("orders.example.com", addresses)

    assert caught.value.evidence == {"host": "orders.example.com"}


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:9/x",
        "http://127.0.0.1:9/x",
        "http://2130706433:9/x",
        "http://0x7f.1:9/x",
        "http://[::1]:9/x",
        "http://169.254.169.254/latest/meta-data",
    ],
)
async def test_every_spelling_of_an_address_inside_is_refused(url: str):
    async with PartnerHttp() as http:
        with pytest.raises(EgressRefusedError):
            await http.post(url, b"{}", headers={}, partner="erp")


@pytest.mark.parametrize("url", ["ftp://example.com/x", "file:///etc/hostname", "gopher://example.com/"])
async def test_other_schemes_are_refused(url: str):
    async with PartnerHttp(EgressPolicy(allow_loopback=True)) as http:
        with pytest.raises(EgressRefusedError):
            await http.post(url, b"{}", headers={}, partner="erp")


async def test_production_may_insist_on_https():
    async with PartnerHttp(EgressPolicy(allow_loopback=True, https_only=True)) as http:
        with pytest.raises(EgressRefusedError):
            await http.post("http://127.0.0.1:9/x", b"{}", headers={}, partner="erp")


async def test_a_name_that_does_not_resolve_is_worth_another_try():
    async with PartnerHttp() as http:
        with pytest.raises(PartnerUnavailableError):
            await http.post("https://orders.invalid/x", b"{}", headers={}, partner="erp")


async def test_a_malformed_url_is_our_mistake():
    async with PartnerHttp() as http:
        with pytest.raises(RequestRejectedError):
            await http.post("http://[::1/x", b"{}", headers={}, partner="erp")


async def test_sockets_of_the_machine_are_refused():
    with pytest.raises(EgressRefusedError):
        await GuardedBackend(EgressPolicy(allow_loopback=True)).connect_unix_socket("/run/x.sock")


async def test_the_connection_goes_to_the_judged_address(unused_tcp_port: int):
    backend = GuardedBackend(EgressPolicy(allow_loopback=True))

    with pytest.raises(httpcore.ConnectError):
        await backend.connect_tcp("localhost", unused_tcp_port, timeout=2.0)
