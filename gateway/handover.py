"""Gives facts to shipment workflows, several shipments at a time, and tells an outage from one shipment's trouble."""

import asyncio
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError, RPCStatusCode

from domain.intake import Intake, merged
from domain.messages import Delivery
from domain.shipments import ShipmentPlan
from gateway.metrics import GatewayMetrics

_AWAY: Final = frozenset(
    {
        RPCStatusCode.CANCELLED,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.UNKNOWN,
    }
)

_log = structlog.get_logger()


class Outcome(StrEnum):
    """`FAILED` concerns one shipment; `AWAY` says that Temporal or the ledger does not answer anybody."""

    DONE = "done"
    FAILED = "failed"
    AWAY = "away"


class HandOver:
    """Whatever is not handed over stays in the ledger, and the sweep brings it again."""

    def __init__(self, intake: Intake, metrics: GatewayMetrics, *, parallel: int) -> None:
        self._intake = intake
        self._metrics = metrics
        self._parallel = parallel

    async def carry(self, deliveries: Iterable[Delivery]) -> bool:
        """Hand facts over, one hand-over per shipment; return False when nobody is there to take any."""
        slots = asyncio.Semaphore(self._parallel)

        async def one(delivery: Delivery) -> Outcome:
            async with slots:
                return await self._deliver(delivery)

        outcomes = await asyncio.gather(*(one(delivery) for delivery in merged(deliveries)))
        return Outcome.DONE in outcomes or Outcome.AWAY not in outcomes

    async def start(self, plans: Iterable[ShipmentPlan]) -> bool:
        """Start workflows of registered shipments; return False when nobody is there to start them."""
        for plan in plans:
            try:
                await self._intake.dispatcher.start(plan)
            except Exception as error:  # noqa: BLE001 - the next sweep finds the shipment again
                outcome = _judge(error)
                _log.warning("courier.start_failed", shipment_id=plan.shipment_id, failure=type(error).__name__)
                if outcome is Outcome.AWAY:
                    return False
        return True

    async def _deliver(self, delivery: Delivery) -> Outcome:
        try:
            await self._intake.dispatcher.deliver(delivery)
            await asyncio.to_thread(self._intake.inbox.delivered, delivery)
        except Exception as error:  # noqa: BLE001 - any failure leaves the facts in the ledger for the sweep
            outcome = _judge(error)
            self._metrics.hand_overs.labels(outcome.value).inc()
            _log.warning("courier.hand_over_failed", shipment_id=delivery.shipment_id, failure=type(error).__name__)
            return outcome
        self._metrics.hand_overs.labels(Outcome.DONE.value).inc()
        self._metrics.handed_over.inc(len(delivery.facts))
        return Outcome.DONE


def _judge(error: Exception) -> Outcome:
    if isinstance(error, RPCError):
        return Outcome.AWAY if error.status in _AWAY else Outcome.FAILED
    return Outcome.AWAY if isinstance(error, OSError | SQLAlchemyError) else Outcome.FAILED
