"""Steering the workflows of carrier accounts by hand, and asking them what they do."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Final

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from domain import ids
from domain.errors import HubUnavailableError
from domain.queues import CARRIERS
from worker.processes import connect_temporal, settle_down
from worker.settings import Settings
from workflows.carrier_account import CarrierAccountWorkflow
from workflows.carrier_model import AccountProgress, AccountStart

_PATIENCE: Final = timedelta(seconds=3)
"""A workflow that no worker serves answers no query: better no answer than a command that hangs."""

_SIGNAL_WITHIN: Final = timedelta(seconds=10)


class Steer(StrEnum):
    """What an account's workflow can be told, by the name of the signal."""

    PAUSE = "pause"
    RESUME = "resume"
    POLL_NOW = "poll_now"


async def steer(settings: Settings, account: str, what: Steer) -> None:
    """Tell an account's workflow what to do; start it where it does not run, so that it begins with that.

    Raises:
        HubUnavailableError: Temporal does not answer.
    """
    client = await connect_temporal(settings)
    try:
        await client.start_workflow(
            CarrierAccountWorkflow.run,
            AccountStart(account=account),
            id=ids.account_workflow(account),
            task_queue=CARRIERS,
            start_signal=what.value,
            rpc_timeout=_SIGNAL_WITHIN,
        )
    except RPCError as error:
        raise HubUnavailableError(f"Temporal did not take the signal: {error.status.name}") from error
    finally:
        await settle_down()


async def progress_of(settings: Settings, accounts: Iterable[str]) -> dict[str, AccountProgress | None]:
    """Return what the accounts' workflows say of themselves; None where none was started or no worker serves it.

    Raises:
        HubUnavailableError: Temporal does not answer.
    """
    named = list(accounts)
    client = await connect_temporal(settings)
    try:
        found = await asyncio.gather(*(_progress(client, account) for account in named))
    finally:
        await settle_down()
    return dict(zip(named, found, strict=True))


async def _progress(client: Client, account: str) -> AccountProgress | None:
    handle = client.get_workflow_handle_for(CarrierAccountWorkflow.run, ids.account_workflow(account))
    try:
        return await handle.query(CarrierAccountWorkflow.status, rpc_timeout=_PATIENCE)
    except RPCError as error:
        if error.status is RPCStatusCode.UNAVAILABLE:
            raise HubUnavailableError("Temporal does not answer") from error
        return None
