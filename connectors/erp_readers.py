"""Finds the reader of an order system's connection."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from typing_extensions import override

from connectors.connections import ConnectionDirectory
from connectors.http import PartnerHttp
from connectors.pacing import PaceGate
from domain.erp_reading import ErpReader, ErpReaders
from domain.erps import ErpTarget
from domain.errors import HubBugError
from domain.pacing import Paces
from domain.ports import Clock

FRESH_FOR: Final = 2.0
"""Seconds for which a looked-up connection is used again: less than a pause between readings."""

ReaderMaker = Callable[[ErpTarget, PartnerHttp, Clock], ErpReader]
"""Builds the reader of one kind of order system."""


class ConnectionReaders(ErpReaders):
    """The readers of all tenants' connections, each made by the maker of its kind. Threads may share it.

    A reader lives as long as its connection stays as it is: it may hold a session with the order system.
    """

    def __init__(
        self,
        directory: ConnectionDirectory,
        http: PartnerHttp,
        clock: Clock,
        *,
        makers: Mapping[str, ReaderMaker],
        paces: Paces | None = None,
        ticker: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory = directory
        self._http = http
        self._clock = clock
        self._makers = makers
        self._paces = paces
        self._ticker = ticker
        self._known: dict[tuple[str, str], tuple[float, ErpTarget, ErpReader]] = {}

    @override
    def reader(self, tenant: str, connection: str, /) -> ErpReader:
        """Return the reader; raise `NotFoundError` or, for a disabled connection, `EndpointGoneError`."""
        key = (tenant, connection)
        now = self._ticker()
        known = self._known.get(key)
        if known is not None and now - known[0] < FRESH_FOR:
            return known[2]
        self._known.pop(key, None)
        target = self._directory.target(tenant, connection)
        reader = known[2] if known is not None and known[1] == target else self._made(target)
        self._known[key] = (now, target, reader)
        return reader

    def _made(self, target: ErpTarget) -> ErpReader:
        maker = self._makers.get(target.kind)
        if maker is None:
            raise HubBugError(f"nothing reads order systems of kind {target.kind}", connection=target.connection)
        if self._paces is None:
            return maker(target, self._http, self._clock)
        return maker(target, self._http.through(PaceGate(target, self._paces, self._clock)), self._clock)
