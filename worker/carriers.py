"""The workers that ask carriers: one for the accounts' workflows, and one per account for its calls."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError
from temporalio.worker import Worker

from domain import ids
from domain.errors import HubError
from domain.queues import CARRIERS, carrier_calls
from worker.failures import FailureInterceptor
from worker.workers import GRACE, SANDBOX, deployment_of
from workflows.carrier_account import CarrierAccountWorkflow
from workflows.carrier_model import AccountStart

LOOK: Final = timedelta(seconds=30)
"""How often new accounts are looked for; a new one is served without a restart."""

ROUNDS: Final = 4
"""Rounds of one account at one time in one process: its workflow makes one, the rest is for an overlap."""

_log = structlog.get_logger(__name__)


class CarrierWorkers:
    """Serves every account that can ask its carrier, also those that come later."""

    task_queue = CARRIERS

    def __init__(
        self,
        client: Client,
        activities: Sequence[Callable[..., Any]],
        accounts: Callable[[], Mapping[str, float]],
        *,
        look: timedelta = LOOK,
        version: str | None = None,
    ) -> None:
        """Keep what workers need.

        `activities` are those of the accounts' queues. `accounts` blocks and names the accounts that can be served
        now, with their requests per second.
        """
        self._client = client
        self._activities = activities
        self._accounts = accounts
        self._look = look
        self._deployment = None if version is None else deployment_of(version)
        self._workers: dict[str, Worker] = {}
        self._over = asyncio.Event()

    async def run(self) -> None:
        """Serve until shut down; what a worker fails with comes out."""
        async with asyncio.TaskGroup() as group:
            self._start(group, CARRIERS, self._for_workflows())
            while not self._over.is_set():
                await self._take_on(group)
                try:
                    await asyncio.wait_for(self._over.wait(), self._look.total_seconds())
                except TimeoutError:
                    continue

    async def shutdown(self) -> None:
        """Let rounds under way finish for their grace, and stop."""
        self._over.set()
        await asyncio.gather(*(worker.shutdown() for worker in self._workers.values()))

    async def _take_on(self, group: asyncio.TaskGroup) -> None:
        try:
            for account, rate in (await asyncio.to_thread(self._accounts)).items():
                queue = carrier_calls(account)
                if queue in self._workers:
                    continue
                await start_account(self._client, account)
                if self._over.is_set():
                    return
                self._start(group, queue, self._for_calls(account, rate))
                _log.info("carriers.account_served", account=account)
        except (HubError, RPCError, SQLAlchemyError) as error:
            # The next look tries again.
            _log.warning("carriers.look_failed", failure=type(error).__name__)

    def _start(self, group: asyncio.TaskGroup, queue: str, worker: Worker) -> None:
        self._workers[queue] = worker
        group.create_task(worker.run(), name=f"worker:{queue}")

    def _for_workflows(self) -> Worker:
        return Worker(
            self._client,
            task_queue=CARRIERS,
            workflows=[CarrierAccountWorkflow],
            workflow_runner=SANDBOX,
            graceful_shutdown_timeout=GRACE,
            deployment_config=self._deployment,
        )

    def _for_calls(self, account: str, rate: float) -> Worker:
        return Worker(
            self._client,
            task_queue=carrier_calls(account),
            activities=self._activities,
            max_concurrent_activities=ROUNDS,
            max_task_queue_activities_per_second=rate,
            # Eager activities bypass the limit of the queue.
            disable_eager_activity_execution=True,
            interceptors=[FailureInterceptor()],
            graceful_shutdown_timeout=GRACE,
            deployment_config=self._deployment,
        )


async def start_account(client: Client, account: str) -> WorkflowHandle[CarrierAccountWorkflow, None]:
    """Start the account's workflow unless it runs."""
    return await client.start_workflow(
        CarrierAccountWorkflow.run,
        AccountStart(account=account),
        id=ids.account_workflow(account),
        task_queue=CARRIERS,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
