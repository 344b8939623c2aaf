"""Commands for shipments, as Temporal updates: the caller waits for the workflow's answer."""

import asyncio
from datetime import timedelta
from typing import Final

from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from typing_extensions import override

from domain.commands import Command, CommandAnswer
from domain.errors import CommandRefusedError, ConflictError, HubBugError, HubUnavailableError, NotFoundError
from domain.ids import shipment_workflow
from domain.ports import ShipmentCommands

UPDATE: Final = "command"
ANSWER_WITHIN: Final = timedelta(seconds=10)

_CLOSING: Final = frozenset({RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.RESOURCE_EXHAUSTED})
_CLOSING_PAUSES: Final = (0.1, 0.3)


class TemporalCommands(ShipmentCommands):
    """Sends a command to the workflow of its shipment. The command id is also the update id."""

    def __init__(self, client: Client, *, answer_within: timedelta = ANSWER_WITHIN) -> None:
        self._client = client
        self._answer_within = answer_within

    @override
    async def execute(self, tenant: str, shipment_id: str, command: Command) -> CommandAnswer:
        """Return the workflow's answer; the failures are those of the port."""
        for pause in _CLOSING_PAUSES:
            try:
                return await self._update(tenant, shipment_id, command)
            except RPCError as error:
                if error.status not in _CLOSING:
                    raise _rpc_failure(error) from error
            # The workflow is on its way from one run to the next; the update id keeps a repetition from counting twice.
            await asyncio.sleep(pause)
        try:
            return await self._update(tenant, shipment_id, command)
        except RPCError as error:
            raise _rpc_failure(error) from error

    async def _update(self, tenant: str, shipment_id: str, command: Command) -> CommandAnswer:
        handle = self._client.get_workflow_handle(shipment_workflow(tenant, shipment_id))
        try:
            answer: CommandAnswer = await handle.execute_update(
                UPDATE,
                command,
                id=command.command_id,
                result_type=CommandAnswer,
                rpc_timeout=self._answer_within,
            )
        except WorkflowUpdateFailedError as error:
            raise _refusal(error) from error
        except WorkflowUpdateRPCTimeoutOrCancelledError as error:
            raise HubUnavailableError("the shipment did not answer in time") from error
        except RuntimeError as error:
            # A lazy client connects with its first call, and says so when it cannot.
            raise HubUnavailableError("the workflow service does not answer") from error
        return answer


def _refusal(error: WorkflowUpdateFailedError) -> CommandRefusedError | ConflictError | HubBugError:
    cause = error.cause
    if isinstance(cause, ApplicationError):
        if cause.type == ConflictError.code:
            return ConflictError(cause.message)
        if cause.type == CommandRefusedError.code:
            return CommandRefusedError(cause.message)
    return HubBugError("a command failed in its workflow", failure=type(cause).__name__)


def _rpc_failure(error: RPCError) -> NotFoundError | HubUnavailableError:
    if error.status is RPCStatusCode.NOT_FOUND:
        return NotFoundError("no workflow runs for this shipment")
    return HubUnavailableError("the workflow service does not answer", status=error.status.name)


class TemporalProbe:
    """Tells whether the workflow service answers."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def __call__(self) -> None:
        """Return when it does; raise `HubUnavailableError` when it does not within two seconds."""
        try:
            serving = await self._client.service_client.check_health(timeout=timedelta(seconds=2))
        except RPCError as error:
            raise HubUnavailableError("the workflow service does not answer", status=error.status.name) from error
        except RuntimeError as error:
            raise HubUnavailableError("the workflow service was never reached") from error
        if not serving:
            raise HubUnavailableError("the workflow service is not serving")
