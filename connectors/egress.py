"""The way out: which addresses the hub may call, checked on the address that is then connected to.

A partner's URL comes from configuration that other people edit. Checking the name is not enough, because a name
can resolve to another address a moment later; so the name is resolved here, every address is judged, and the
connection goes to the judged address while TLS still verifies the name.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

import httpcore
import httpx
from typing_extensions import override

from domain.errors import PartnerError

Address = IPv4Address | IPv6Address

_NAT64: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_METADATA: Final = frozenset(ip_address(text) for text in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200"))
_SCHEMES: Final = (b"http", b"https")


class EgressRefusedError(PartnerError):
    """The address of a partner is one that the hub does not call; a person has to change the URL or the policy."""

    code = "egress_refused"


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """Public addresses are always allowed; everything else only by name here.

    `networks` are CIDR blocks of the operator's own receivers (`10.20.0.0/16`). `https_only` is for production.
    """

    allow_loopback: bool = False
    networks: tuple[str, ...] = ()
    https_only: bool = False

    def is_allowed(self, address: Address) -> bool:
        """Return whether the hub may connect to this address."""
        plain = _embedded(address)
        if plain in _METADATA:
            return False
        if any(plain in ip_network(network) for network in self.networks):
            return True
        if plain.is_loopback:
            return self.allow_loopback
        return plain.is_global and not plain.is_multicast and not plain.is_reserved

    def judge(self, host: str, addresses: Iterable[Address]) -> list[Address]:
        """Return the addresses when all are allowed; raise `EgressRefusedError` when a single one is not."""
        judged = list(addresses)
        if not judged or not all(self.is_allowed(address) for address in judged):
            raise EgressRefusedError("the partner's host leads to an address that is not allowed", host=host)
        return judged


def _embedded(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 form carries, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    carried = address.ipv4_mapped or address.sixtofour
    if carried is not None:
        return carried
    if any(address in network for network in _NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


async def resolve(host: str, port: int) -> list[Address]:
    """Return the distinct addresses of a host, in the resolver's order; raise `httpcore.ConnectError`."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError("the host name does not resolve") from error
    texts = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
    return [ip_address(text) for text in texts]


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections to judged addresses only."""

    def __init__(self, policy: EgressPolicy) -> None:
        self._policy = policy
        self._network = httpcore.AnyIOBackend()

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = self._policy.judge(host, await resolve(host, port))
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in addresses:
            try:
                return await self._network.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError("no address to connect to")

    @override
    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise EgressRefusedError("the hub does not call sockets of its own machine")

    @override
    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


class _Body(httpx.AsyncByteStream):
    """Passes a response body on, with failures in httpx's terms."""

    def __init__(self, stream: AsyncIterator[bytes], closing: httpcore.Response) -> None:
        self._stream = stream
        self._closing = closing

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._stream:
                yield part
        except httpcore.TimeoutException as error:
            raise httpx.ReadTimeout(str(error)) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise httpx.ReadError(str(error)) from error

    @override
    async def aclose(self) -> None:
        await self._closing.aclose()


class GuardedTransport(httpx.AsyncBaseTransport):
    """An httpx transport whose connections all pass the policy. No proxies, no unix sockets, no retries."""

    def __init__(self, policy: EgressPolicy, *, verify: ssl.SSLContext | None = None) -> None:
        self._policy = policy
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=verify or httpx.create_ssl_context(),
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=15.0,
            network_backend=GuardedBackend(policy),
        )

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        scheme = request.url.raw_scheme
        if scheme not in _SCHEMES or (self._policy.https_only and scheme != b"https"):
            raise EgressRefusedError("the partner's URL has a scheme that is not allowed", scheme=scheme.decode())
        url = httpcore.URL(scheme=scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path)
        sent = httpcore.Request(
            request.method, url, headers=request.headers.raw, content=request.stream, extensions=request.extensions
        )
        try:
            response = await self._pool.handle_async_request(sent)
        except httpcore.TimeoutException as error:
            raise httpx.ConnectTimeout(str(error), request=request) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
            raise httpx.ConnectError(str(error), request=request) from error
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response.aiter_stream(), response),
            extensions=response.extensions,
        )

    @override
    async def aclose(self) -> None:
        await self._pool.aclose()
