"""A watcher as a process: looks until it is told to stop, and hands facts over where Temporal answers."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError
from typing_extensions import override

from domain.errors import HubError
from domain.messages import Delivery
from domain.ports import Dispatcher
from domain.shipments import ShipmentPlan
from gateway.dispatch import TemporalDispatcher
from ledger.store import Ledger
from mappings.engine import Mappings
from worker.edi.folder import Folder
from worker.edi.taking import Source, Taker
from worker.edi.watching import Round, Watcher
from worker.late import LedgerLateFacts
from worker.processes import connect_temporal, settle_down
from worker.serving import stop_on_signals
from worker.settings import Settings
from worker.wiring import build_intake

_PATIENCE: Final = 15.0
"""Seconds for handing over what one look brought; the gateways' sweep has the rest."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """`settle` is how many seconds a file must stay the same; `once` ends when what lay there is taken."""

    settle: float
    once: bool = False
    every: float = 1.0


async def watch_folder(
    settings: Settings, ledger: Ledger, mappings: Mappings, *, source: Source, root: Path, pace: Pace
) -> list[dict[str, Any]]:
    """Watch until a signal, or until nothing waits; return the reports of a watch that ends by itself.

    Raises:
        OSError: the folder cannot be used at the start, or at all with `once`.
        SQLAlchemyError: the ledger cannot be used, with `once`. Else it is waited for.
    """
    hands = _Hands(settings, ledger, mappings)
    folder = Folder(root, pace.settle)
    folder.create()
    watcher = Watcher(folder, Taker(hands.intake, mappings, source), settings.gateway.upload_limit)
    stop, loop_time = stop_on_signals(), asyncio.get_running_loop().time
    _log.info("edi.watching", folder=str(root), carrier=source.dialect)
    reports: list[dict[str, Any]] = []
    final: float | None = None
    try:
        while not stop.is_set():
            began = loop_time()
            seen = await _look(watcher, pace)
            if seen is not None and seen.is_mine:
                reports += seen.taken if pace.once else []
                await hands.over(seen.deliveries)
                # A file that lay there at the first look has had its time to settle by then.
                final = loop_time() + pace.settle if final is None else final
                if pace.once and (not folder.is_waiting or began >= final):
                    break
            await _pause(stop, pace.every)
    finally:
        await settle_down()
    return reports


async def _look(watcher: Watcher, pace: Pace) -> Round | None:
    try:
        return await asyncio.to_thread(watcher.look)
    except (OSError, SQLAlchemyError) as error:
        if pace.once:
            raise
        _log.warning("edi.look_failed", failure=type(error).__name__)
        return None


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


class _Hands(Dispatcher):
    """Hands facts over where Temporal answers; where it does not, they are left to the sweep of the gateways."""

    def __init__(self, settings: Settings, ledger: Ledger, mappings: Mappings) -> None:
        self._settings = settings
        self._ledger = ledger
        self._found: TemporalDispatcher | None = None
        self.intake = build_intake(ledger, mappings, self)

    async def over(self, deliveries: list[Delivery]) -> None:
        """Hand over; a failure is logged, because the ledger has the facts and the sweep brings them again."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self.intake.hand_over(deliveries)
        except (HubError, RPCError, SQLAlchemyError, OSError, RuntimeError) as error:
            # Also a `milepost up` that came back on another port: it is looked for anew.
            self._found = None
            _log.warning("edi.left_to_the_sweep", failure=type(error).__name__)

    @override
    async def start(self, plan: ShipmentPlan) -> None:
        """Start the shipment's workflow."""
        await (await self._dispatcher()).start(plan)

    @override
    async def deliver(self, delivery: Delivery) -> None:
        """Give facts to the shipment's workflow."""
        await (await self._dispatcher()).deliver(delivery)

    async def _dispatcher(self) -> TemporalDispatcher:
        if self._found is None:
            client = await connect_temporal(self._settings, lazy=True)
            ledger = self._ledger
            self._found = TemporalDispatcher(client, ledger.registry, LedgerLateFacts(ledger), ledger.journal)
        return self._found
