"""Steering the workflows of read connections by hand, and asking them what they do."""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Final

from temporalio.service import RPCError, RPCStatusCode

from domain import ids
from domain.errors import HubUnavailableError
from worker.erp_connections import start_connection
from worker.processes import connect_temporal, settle_down
from worker.settings import Settings
from workflows.erp_connection import ErpConnectionWorkflow
from workflows.erp_model import ConnectionProgress

_PATIENCE: Final = timedelta(seconds=3)
"""A workflow that no worker serves answers no query: better no answer than a command that hangs."""


class Steer(StrEnum):
    """What a connection's workflow can be told, by the name of the signal."""

    PAUSE = "pause"
    RESUME = "resume"
    READ_NOW = "hint"
    BACKFILL = "backfill"


async def steer(settings: Settings, tenant: str, connection: str, what: Steer, *, args: Iterable[object] = ()) -> None:
    """Tell a connection's workflow what to do; start it where it does not run, so that it begins with that.

    Raises:
        HubUnavailableError: Temporal does not answer.
    """
    client = await connect_temporal(settings)
    try:
        await start_connection(client, tenant, connection, signal=what.value, args=args)
    except RPCError as error:
        raise HubUnavailableError(f"Temporal did not take the signal: {error.status.name}") from error
    finally:
        await settle_down()


async def progress_of(settings: Settings, tenant: str, connection: str) -> ConnectionProgress | None:
    """Return what the workflow says of itself; None where none was started or no worker serves it.

    Raises:
        HubUnavailableError: Temporal does not answer.
    """
    client = await connect_temporal(settings)
    workflow_id = ids.connection_workflow(tenant, connection)
    handle = client.get_workflow_handle_for(ErpConnectionWorkflow.run, workflow_id)
    try:
        return await handle.query(ErpConnectionWorkflow.status, rpc_timeout=_PATIENCE)
    except RPCError as error:
        if error.status is RPCStatusCode.UNAVAILABLE:
            raise HubUnavailableError("Temporal does not answer") from error
        return None
    finally:
        await settle_down()
