"""Payloads that other systems fetched or were sent, pushed in with an API key."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request

from domain.messages import IncomingMessage
from gateway.access import Writer
from gateway.answers import Accepted
from gateway.deps import InGateway
from gateway.documented import GUARDED, errors
from gateway.problems import ApiError
from gateway.routes.webhooks import keep

router: Final = APIRouter(tags=["carriers"])

ACCOUNT: Final = "api:upload"
"""The account that uploaded messages are stored under; no carrier account can have this name."""

_ANY_BYTES: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "One payload in the dialect, as the carrier made it.",
        "content": {
            "application/json": {"schema": {}, "example": {"output": {"completeTrackResults": []}}},
            "application/xml": {"schema": {"type": "string"}, "example": "<tracking/>"},
            "application/edi-x12": {"schema": {"type": "string"}, "example": "ISA*00*          *00*..."},
            "application/edifact": {"schema": {"type": "string"}, "example": "UNB+UNOC:3+..."},
        },
    }
}


@router.post(
    "/v1/messages/{dialect}",
    status_code=202,
    summary="Upload a carrier payload",
    response_description="Stored, now or before.",
    response_model_exclude_none=True,
    responses=errors(*GUARDED, "bad_request", "not_found", "too_large", "unavailable"),
    openapi_extra=_ANY_BYTES,
)
async def upload(
    dialect: Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", examples=["fedex"])],
    request: Request,
    caller: Writer,
    gateway: InGateway,
) -> Accepted:
    """Store a payload in a carrier's dialect, as its webhook would. Needs the scope `shipments:write`.

    An interchange (X12, EDIFACT) is answered with its 997 or CONTRL.
    """
    dialects = gateway.deps.dialects
    if dialects is not None and dialect not in dialects:
        known = ", ".join(sorted(dialects))
        raise ApiError("not_found", "There is no such dialect.", next_step=f"Use one of: {known}.")
    body = await request.body()
    if not body:
        raise ApiError("bad_request", "The body is empty.")
    message = IncomingMessage(
        tenant=caller.tenant,
        account=ACCOUNT,
        dialect=dialect,
        body=body,
        content_type=request.headers.get("content-type", "")[:200],
        received_at=gateway.deps.clock.now(),
    )
    return await keep(gateway, message, way="upload")
