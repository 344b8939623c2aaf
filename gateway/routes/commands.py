"""Commands: what people and order systems ask of a shipment, answered by its workflow."""

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from domain.commands import Command, CommandAnswer, CommandKind
from domain.errors import CommandRefusedError, ConflictError, HubError, NotFoundError
from domain.shipments import Leg
from gateway.access import Caller, Commander
from gateway.deps import Gateway, InGateway
from gateway.documented import GUARDED, errors
from gateway.idempotent import IdempotencyKey
from gateway.problems import ApiError
from gateway.requests import CommandIn
from gateway.routes.shipments import ThisShipment

router: Final = APIRouter(prefix="/v1/shipments", tags=["commands"])


@router.post(
    "/{shipment_id}/commands",
    summary="Ask something of a shipment",
    response_description="What became of it; a repeated command id gets the first answer.",
    responses=errors(*GUARDED, "bad_request", "not_found", "conflict", "command_refused", "too_large", "unavailable"),
)
async def command(
    shipment_id: ThisShipment,
    body: CommandIn,
    caller: Commander,
    gateway: InGateway,
    *,
    idempotency_key: IdempotencyKey = None,
) -> CommandAnswer:
    """Release a hold, reroute, cancel, correct the address, add a leg or attach proof. Needs `commands:write`.

    The shipment's state decides: a command that it forbids is refused and leaves no trace. Without an answer
    (503) repeat the request with the same command id.
    """
    command_id = body.command_id or idempotency_key
    if command_id is None:
        raise ApiError("bad_request", "A command needs `command_id` or the header `Idempotency-Key`.")
    if (body.kind is CommandKind.ADD_LEG) != (body.leg is not None):
        raise ApiError("bad_request", "`leg` belongs to the kind `add_leg`, and to no other.")
    return await _Desk(gateway, caller, shipment_id).take(body, command_id)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Takes commands of one caller for one shipment."""

    gateway: Gateway
    caller: Caller
    shipment_id: str

    async def take(self, body: CommandIn, command_id: str) -> CommandAnswer:
        """Bring the command to the workflow and what follows from its answer to the ledger."""
        ledger = self.gateway.deps.ledger
        plan = await run_in_threadpool(ledger.registry.plan, self.caller.tenant, self.shipment_id)
        asked = await run_in_threadpool(self._prepare, body, command_id)
        try:
            answer = await self._execute(asked)
        except NotFoundError:
            # Registered but without a workflow: the workflow service was away then, or the shipment has ended.
            await self.gateway.deps.dispatcher.start(plan)
            answer = await self._execute_or_ended(asked)
        if asked.leg is not None:
            # After the workflow's consent: a refused leg must not lead its facts here.
            added = await run_in_threadpool(ledger.registry.add_leg, self.caller.tenant, self.shipment_id, asked.leg)
            self.gateway.courier.submit_deliveries(added.deliveries)
        return answer

    def _prepare(self, body: CommandIn, command_id: str) -> Command:
        leg = body.leg.leg() if body.leg is not None else None
        if leg is not None:
            self._check_number(leg)
        detail_ref = None
        if body.details:
            private = self.gateway.deps.ledger.private
            detail_ref = private.put(self.caller.tenant, self.shipment_id, body.kind.value, dict(body.details))
        return Command(
            command_id=command_id,
            actor=self.caller.key_id,
            origin=self.caller.origin,
            at=self.gateway.deps.clock.now(),
            detail_ref=detail_ref,
            leg=leg,
            evidence=tuple(body.evidence),
            **body.model_dump(exclude={"command_id", "details", "leg", "evidence"}),
        )

    def _check_number(self, leg: Leg) -> None:
        page = self.gateway.deps.ledger.reads.shipments(
            self.caller.tenant, tracking_number=leg.tracking_number, is_ended=False, limit=2
        )
        if any(row.shipment_id != self.shipment_id for row in page.items):
            raise ConflictError("the tracking number leads to another shipment")

    async def _execute(self, asked: Command) -> CommandAnswer:
        outcome = "failed"
        try:
            answer = await self.gateway.deps.commands.execute(self.caller.tenant, self.shipment_id, asked)
            outcome = "repeated" if answer.repeated else "done"
        except HubError as error:
            outcome = error.code
            raise
        finally:
            self.gateway.metrics.commands.labels(asked.kind.value, outcome).inc()
        return answer

    async def _execute_or_ended(self, asked: Command) -> CommandAnswer:
        try:
            return await self._execute(asked)
        except NotFoundError as error:
            raise CommandRefusedError("the shipment has ended") from error
