"""Workers by role: which process serves which task queue."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from enum import StrEnum
from typing import Final

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

from activities.journal import JournalActivities
from activities.publishing import SCHEDULE, PublishingActivities
from domain.ports import ConnectionSwitch, DeadLetters, Journal, StatusSinks
from domain.queues import ERP, SHIPMENTS
from worker.failures import FailureInterceptor
from workflows.carrier_account import CarrierAccountWorkflow
from workflows.erp_connection import ErpConnectionWorkflow
from workflows.shipment import ShipmentWorkflow

WORKFLOWS: Final = (ShipmentWorkflow, CarrierAccountWorkflow, ErpConnectionWorkflow)

SANDBOX: Final = SandboxedWorkflowRunner(
    # A forgotten pass-through is an error at load and not a slow, fat sandbox at run time.
    restrictions=SandboxRestrictions.default.with_import_notification_policy(
        SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT
        | SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
    )
)

LEDGER_THREADS: Final = 16
"""Blocking ledger calls at one time; local commits and the records of pushes share them."""

PUSHES: Final = 100
"""Pushes at one time in one process."""

DEPLOYMENT: Final = "milepost"
"""The name under which versions of the hub's workers are known to Temporal."""

GRACE: Final = timedelta(seconds=10)
"""How long a stopping worker lets running activities finish."""


class Role(StrEnum):
    """What a worker process may be asked to do."""

    SHIPMENTS = "shipments"
    ERP = "erp"
    CARRIERS = "carriers"


ALL_ROLES: Final = frozenset(Role)


def build_workers(  # noqa: PLR0913 - one port each; a bag for them would only hide the list
    client: Client,
    *,
    journal: Journal,
    sinks: StatusSinks,
    dead_letters: DeadLetters,
    switch: ConnectionSwitch,
    roles: Iterable[Role] = ALL_ROLES,
    schedule: tuple[timedelta, ...] = SCHEDULE,
    pushes_per_second: float | None = None,
    version: str | None = None,
) -> list[Worker]:
    """Return the workers of shipments and pushes, not yet started; carriers and readings have their own modules.

    Args:
        client: Connected, with the hub's data converter.
        journal: Where shipments write; called from threads.
        sinks: Where status changes go.
        dead_letters: Where given-up pushes are kept; called from threads.
        switch: What turns a connection off when its receiver wants no more; called from threads.
        roles: Which queues this process serves.
        schedule: Pauses between attempts of a push.
        pushes_per_second: Limit of the ERP queue over all workers; workers that name different limits overwrite
            each other's.
        version: Build id under which Temporal routes tasks to this process; None leaves routing alone. Shipments
            move to the current version with their next task (see docs/changing-a-workflow.md).
    """
    threads = ThreadPoolExecutor(LEDGER_THREADS, thread_name_prefix="ledger")
    publishing = PublishingActivities(sinks, journal, dead_letters, switch, schedule=schedule, executor=threads)
    journals = JournalActivities(journal, publishing)
    deployment = None if version is None else deployment_of(version)
    wanted = frozenset(roles)
    workers: list[Worker] = []
    if Role.SHIPMENTS in wanted:
        workers.append(
            Worker(
                client,
                task_queue=SHIPMENTS,
                workflows=[ShipmentWorkflow],
                activities=[journals.commit],
                workflow_runner=SANDBOX,
                interceptors=[FailureInterceptor()],
                graceful_shutdown_timeout=GRACE,
                deployment_config=deployment,
            )
        )
    if Role.ERP in wanted:
        workers.append(
            Worker(
                client,
                task_queue=ERP,
                activities=[publishing.push],
                max_concurrent_activities=PUSHES,
                max_task_queue_activities_per_second=pushes_per_second,
                # Eager activities bypass the limit of the queue.
                disable_eager_activity_execution=True,
                interceptors=[FailureInterceptor()],
                graceful_shutdown_timeout=GRACE,
                deployment_config=deployment,
            )
        )
    return workers


def deployment_of(version: str) -> WorkerDeploymentConfig:
    """Return what tells Temporal the version of a worker's code."""
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=DEPLOYMENT, build_id=version),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )
