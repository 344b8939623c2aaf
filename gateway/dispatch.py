"""The way into shipment workflows: facts go in durably, also while no worker runs."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

import structlog
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain import ids
from domain.facts import Fact, FactBatch, Source
from domain.messages import Delivery
from domain.ports import Journal, LateFacts, Registry
from domain.queues import SHIPMENTS
from domain.shipments import ShipmentPlan
from workflows.attributes import at_start
from workflows.model import ShipmentStart
from workflows.record import registration
from workflows.shipment import ShipmentWorkflow

MAX_SIGNAL: Final = 256 * 1024
"""Bytes of facts in one signal; half of what the server warns about."""

_CLOSING_PAUSES: Final = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between attempts while a workflow hands over to its next run; the server refuses messages meanwhile."""

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class TemporalDispatcher:
    """Starts shipment workflows and hands facts to them."""

    client: Client
    registry: Registry
    late: LateFacts
    journal: Journal

    async def start(self, plan: ShipmentPlan) -> None:
        """Start the shipment's workflow unless it runs or has ended, and open its audit chain.

        The chain is opened here and not by the workflow, which has nothing else to do yet: one action less.
        """
        registered = await self._registered(plan)
        with suppress(WorkflowAlreadyStartedError):
            await _patiently(partial(self._start, registered, None))
        await asyncio.to_thread(self.journal.commit, registration(registered))

    async def deliver(self, delivery: Delivery) -> None:
        """Hand facts over by signal, starting the workflow when needed; one action per signal.

        Facts of a shipment that has ended go to the ledger as anomalies: the shipment is not started again.

        Raises:
            NotFoundError: The shipment is not registered.
            RPCError: Temporal does not answer; the facts stay undelivered and the sweep tries again.
        """
        handle = self.handle(delivery.tenant, delivery.shipment_id)
        for facts in signals(tuple(_without_texts(fact) for fact in delivery.facts)):
            batch = FactBatch(facts=facts)
            try:
                await _patiently(partial(handle.signal, ShipmentWorkflow.facts_reported, batch))
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                await self._start_with(delivery, batch)

    async def _start_with(self, delivery: Delivery, batch: FactBatch) -> None:
        """Start the workflow with its first facts; the plan is only needed here, so only here it is read."""
        plan = await asyncio.to_thread(self.registry.plan, delivery.tenant, delivery.shipment_id)
        # Temporal forgets ended workflows after a time: a second one must not begin a chain that is closed.
        is_over = await asyncio.to_thread(self.late.is_over, delivery.tenant, delivery.shipment_id)
        try:
            if not is_over:
                await _patiently(partial(self._start, plan, batch))
        except WorkflowAlreadyStartedError:
            is_over = True
        if is_over:
            late = Delivery(delivery.tenant, delivery.shipment_id, batch.facts)
            await asyncio.to_thread(self.late.late, late)
            _log.warning("shipment.fact_after_end", shipment_id=delivery.shipment_id, facts=len(batch.facts))

    async def nudge(self, tenant: str, shipment_id: str, connection: str) -> None:
        """Make a running shipment push to the connection now: after a replay, or when the receiver is back.

        Raises:
            RPCError: NOT_FOUND when the shipment has ended.
        """
        await self.handle(tenant, shipment_id).signal(ShipmentWorkflow.nudge, connection)

    def handle(self, tenant: str, shipment_id: str) -> WorkflowHandle[ShipmentWorkflow, None]:
        """Return the handle for commands and queries."""
        return self.client.get_workflow_handle_for(ShipmentWorkflow.run, ids.shipment_workflow(tenant, shipment_id))

    async def _registered(self, plan: ShipmentPlan) -> ShipmentPlan:
        """Return the plan as the registry has it when the caller's has no registration time."""
        if plan.registered_at is not None:
            return plan
        return await asyncio.to_thread(self.registry.plan, plan.tenant, plan.shipment_id)

    async def _start(self, plan: ShipmentPlan, batch: FactBatch | None) -> None:
        await self.client.start_workflow(
            ShipmentWorkflow.run,
            ShipmentStart(plan=plan),
            id=ids.shipment_workflow(plan.tenant, plan.shipment_id),
            task_queue=SHIPMENTS,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=at_start(plan.tenant),
            start_signal=None if batch is None else "facts_reported",
            start_signal_args=() if batch is None else (batch,),
        )


def signals(facts: tuple[Fact, ...], *, limit: int = MAX_SIGNAL) -> Iterator[tuple[Fact, ...]]:
    """Cut facts into signals of at most `limit` bytes each; a single larger fact travels alone."""
    batch: list[Fact] = []
    size = 0
    for fact in facts:
        weight = len(fact.model_dump_json(exclude_unset=True))
        if batch and size + weight > limit:
            yield tuple(batch)
            batch, size = [], 0
        batch.append(fact)
        size += weight
    if batch:
        yield tuple(batch)


def _without_texts(fact: Fact) -> Fact:
    """Leave the partner's own words in the ledger: no rule needs them and they may name people."""
    source = fact.source.model_dump(exclude_unset=True, exclude={"raw_text", "raw_time"})
    return fact.model_copy(update={"source": Source.model_validate(source)})


async def _patiently(call: Callable[[], Awaitable[_T]]) -> _T:
    """Repeat a call that met a workflow on its way from one run to the next."""
    for pause in _CLOSING_PAUSES:
        try:
            return await call()
        except RPCError as error:
            # "Workflow is closing" and "workflow is busy" have this status; the SDK's own retries can run out.
            if error.status is not RPCStatusCode.RESOURCE_EXHAUSTED:
                raise
        await asyncio.sleep(pause)
    return await call()
