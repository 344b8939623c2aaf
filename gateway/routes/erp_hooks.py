"""Webhooks of order systems: prove the sender, answer, and have the system read."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from connectors.erp_webhooks import SCHEMES, is_trial, keys_of
from connectors.signatures import SignatureRefusedError
from domain.errors import NotFoundError
from gateway.deps import InGateway
from gateway.documented import errors

router: Final = APIRouter(tags=["order systems"])

_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "The order system's bytes, untouched. They are checked and not kept.",
        "content": {"application/json": {"schema": {}, "example": {"id": 101, "status": "processing"}}},
    }
}


class Heard(BaseModel):
    """What an order system is told: the hub will look for itself."""

    heard: bool = Field(description="False for a trial of the address, which is about nothing.", examples=[True])


@router.post(
    "/webhooks/erps/{tenant}/{connection}",
    summary="Take an order system's hint",
    response_description="Heard; the order system is read at once.",
    responses=errors("signature_refused", "not_found", "too_large", "invalid"),
    openapi_extra=_BODY,
)
async def hear(
    tenant: Annotated[str, Path(max_length=64, pattern=_NAME, examples=["main"])],
    connection: Annotated[str, Path(max_length=128, pattern=_NAME, examples=["shop"])],
    request: Request,
    gateway: InGateway,
) -> Heard:
    """Have a connection read at once because its order system says that something has changed.

    WooCommerce signs with `X-WC-Webhook-Signature`, Shopify with `X-Shopify-Hmac-SHA256`; the key is the connection's
    credential `webhook_secret`, or `webhook_secret_before` while a rotation lasts.
    """
    body = await request.body()
    found = await run_in_threadpool(gateway.deps.ledger.connections.get, tenant, connection)
    scheme = SCHEMES.get(found.kind)
    if scheme is None:
        raise NotFoundError(f"order systems of kind {found.kind} send no webhooks", connection=connection)
    if is_trial(found.kind, body, request.headers.items()):
        return Heard(heard=False)
    keys = keys_of(found.credentials)
    try:
        scheme.verify(body, request.headers.items(), keys=keys, now=gateway.deps.clock.now())
    except SignatureRefusedError as error:
        gateway.metrics.refused.labels(error.problem.value).inc()
        raise
    gateway.hints.give(found.tenant, found.connection_id)
    return Heard(heard=True)
