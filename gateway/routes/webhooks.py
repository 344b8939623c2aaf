"""Carrier webhooks: prove the sender, keep the bytes, answer; reading comes afterwards."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool

from connectors.carrier_webhooks import scheme_of
from connectors.signatures import SignatureRefusedError
from domain.messages import IncomingMessage
from gateway.answers import Accepted, AcknowledgementOut
from gateway.deps import Gateway, InGateway
from gateway.documented import errors

router: Final = APIRouter(tags=["carriers"])

_ANY_BYTES: Final = {
    "requestBody": {
        "required": True,
        "description": "The carrier's bytes, untouched.",
        "content": {
            "application/json": {"schema": {}, "example": {"event": "TRACKING_UPDATED", "data": {"number": "RR1"}}},
            "application/xml": {"schema": {"type": "string"}, "example": "<tracking/>"},
            "application/edi-x12": {"schema": {"type": "string"}, "example": "ISA*00*          *00*..."},
            "application/edifact": {"schema": {"type": "string"}, "example": "UNB+UNOC:3+..."},
        },
    }
}


@router.post(
    "/webhooks/carriers/{account}",
    status_code=202,
    summary="Take a carrier's webhook",
    response_description="Stored, now or before.",
    response_model_exclude_none=True,
    responses=errors("signature_refused", "not_found", "too_large", "invalid", "unavailable"),
    openapi_extra=_ANY_BYTES,
)
async def receive(
    account: Annotated[str, Path(max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", examples=["17track-main"])],
    request: Request,
    gateway: InGateway,
) -> Accepted:
    """Store the bytes of a carrier account's webhook.

    The account's dialect decides how the sender proves itself: 17TRACK by `sign`, EasyPost by `X-Hmac-Signature`,
    AfterShip by `aftership-hmac-sha256`, UPS by `credential`, every other one by Standard Webhooks. The answer comes
    once the bytes are stored, and repeating them changes nothing. An interchange is answered with its 997 or CONTRL.
    """
    body = await request.body()
    found = await run_in_threadpool(gateway.deps.ledger.accounts.get, account)
    try:
        scheme_of(found.dialect).verify(
            body, request.headers.items(), keys=found.signing_keys, now=gateway.deps.clock.now()
        )
    except SignatureRefusedError as error:
        gateway.metrics.refused.labels(error.problem.value).inc()
        raise
    message = IncomingMessage(
        tenant=found.tenant,
        account=found.account_id,
        dialect=found.dialect,
        body=body,
        content_type=request.headers.get("content-type", "")[:200],
        received_at=gateway.deps.clock.now(),
    )
    return await keep(gateway, message, way="webhook")


async def keep(gateway: Gateway, message: IncomingMessage, *, way: str) -> Accepted:
    """Store a message, leave its reading to the courier, and return what the sender is told."""
    stored = await run_in_threadpool(gateway.deps.intake.keep, message)
    gateway.metrics.kept.labels(way, "new" if stored.is_new else "known").inc()
    if stored.is_new:
        gateway.courier.submit(stored)
    answer = await run_in_threadpool(gateway.deps.acknowledge, stored)
    return Accepted(message_id=stored.message_id, is_new=stored.is_new, acknowledgement=AcknowledgementOut.of(answer))
