"""Errors as the caller sees them: problem details (RFC 9457) with a stable `code` and what to do next."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from temporalio.service import RPCError

from connectors.signatures import SignatureRefusedError
from domain.errors import (
    CommandRefusedError,
    ConflictError,
    HubError,
    HubUnavailableError,
    NotFoundError,
    PartnerError,
    PayloadRefusedError,
    PayloadUnreadableError,
)

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 5
_MAX_ERRORS: Final = 20

_log = structlog.get_logger()


class FieldProblem(BaseModel):
    """One part of a request that cannot be used."""

    field: str = Field(description="Where: `body.legs.0.carrier`, `query.limit`.")
    problem: str = Field(description="What is wrong with it.")


class Problem(BaseModel):
    """A problem document."""

    type: str = Field(examples=["urn:milepost:problem:not_found"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    code: str = Field(description="Stable; made for programs.", examples=["not_found"])
    detail: str = Field(description="For people; its wording may change.", examples=["There is no such shipment."])
    next_step: str = Field(description="What the caller can do.", examples=["Check the id."])
    request_id: str | None = Field(default=None, description="Quote it to the operator.")
    errors: list[FieldProblem] | None = None


class Kind(NamedTuple):
    """One row of the problem table."""

    status: int
    title: str
    next_step: str


KINDS: Final[dict[str, Kind]] = {
    "bad_request": Kind(400, "Request cannot be used", "Correct the request; `detail` says what is wrong."),
    "unauthenticated": Kind(401, "Not authenticated", "Send `Authorization: Bearer mp_...` with a live API key."),
    "signature_refused": Kind(401, "Not authenticated", "Sign the exact bytes with a live key of this account."),
    "forbidden": Kind(403, "Not allowed", "Use an API key that has the scope named in `detail`."),
    "not_found": Kind(404, "Not found", "Check the id; ids of other tenants are not visible."),
    "method_not_allowed": Kind(405, "Method not allowed", "See the `Allow` header."),
    "conflict": Kind(409, "Conflict", "Read the current state, then decide; do not repeat unchanged."),
    "command_refused": Kind(409, "Command refused", "Read the shipment's state; `detail` says what forbids it."),
    "too_large": Kind(413, "Body too large", "Send fewer events per request."),
    "unsupported_media_type": Kind(415, "Unsupported media type", "Send JSON as `application/json`."),
    "invalid": Kind(422, "Request does not fit", "Correct the fields in `errors`."),
    "payload_unreadable": Kind(422, "Payload unreadable", "Send the bytes as the carrier made them."),
    "payload_refused": Kind(422, "Payload refused", "Split or clean the payload; `detail` names the limit."),
    "internal": Kind(500, "Internal error", "Repeat the request; writes are idempotent. Quote `request_id`."),
    "unavailable": Kind(503, "Temporarily unavailable", "Repeat the same request after `Retry-After` seconds."),
}

_BY_ERROR: Final[tuple[tuple[type[HubError], str], ...]] = (
    (SignatureRefusedError, "signature_refused"),
    (NotFoundError, "not_found"),
    (ConflictError, "conflict"),
    (CommandRefusedError, "command_refused"),
    (PayloadUnreadableError, "payload_unreadable"),
    (PayloadRefusedError, "payload_refused"),
    (HubUnavailableError, "unavailable"),
    (PartnerError, "unavailable"),
)
_BY_STATUS: Final = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}

_DETAILS: Final = {"bad_request": "The body cannot be read as JSON in UTF-8.", "not_found": "There is no such path."}


class ApiError(Exception):
    """A refusal of the gateway itself, by a code of `KINDS`."""

    def __init__(self, code: str, detail: str, *, next_step: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.next_step = next_step


class BodyTooLargeError(HTTPException):
    """Raised while a body is read; FastAPI passes HTTP exceptions through its own body parsing."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"The body has more than {limit} bytes.")


def respond(
    code: str,
    detail: str,
    *,
    request_id: str | None = None,
    next_step: str | None = None,
    errors: Sequence[FieldProblem] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the problem document for a code of `KINDS`."""
    kind = KINDS[code]
    document = Problem(
        type=f"urn:milepost:problem:{code}",
        title=kind.title,
        status=kind.status,
        code=code,
        detail=detail,
        next_step=next_step or kind.next_step,
        request_id=request_id,
        errors=list(errors) if errors else None,
    )
    extra = dict(headers or {})
    if kind.status == KINDS["unauthenticated"].status:
        extra["www-authenticate"] = 'Bearer realm="milepost"'
    if kind.status == KINDS["unavailable"].status:
        extra.setdefault("retry-after", str(RETRY_SECONDS))
    if kind.status == KINDS["too_large"].status:
        # The rest of the body is not read, so the connection cannot carry another request.
        extra["connection"] = "close"
    content = document.model_dump(exclude_none=True)
    return JSONResponse(content, status_code=kind.status, media_type=MEDIA_TYPE, headers=extra)


def _request_id(request: Request) -> str | None:
    value = request.scope.get("milepost.request_id")
    return value if isinstance(value, str) else None


async def _on_api_error(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, ApiError):
        raise error
    return respond(error.code, error.detail, next_step=error.next_step, request_id=_request_id(request))


async def _on_hub_error(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HubError):
        raise error
    code = next((name for kind, name in _BY_ERROR if isinstance(error, kind)), None)
    if code is None:
        raise error
    detail = "The signature does not fit the bytes." if code == "signature_refused" else _sentence(str(error))
    pause = {} if error.retry_after is None else {"retry-after": str(int(error.retry_after.total_seconds()))}
    return respond(code, detail, request_id=_request_id(request), headers=pause)


async def _on_outage(request: Request, error: Exception) -> JSONResponse:
    _log.warning("http.dependency_away", failure=type(error).__name__)
    return respond("unavailable", "A part of the hub does not answer.", request_id=_request_id(request))


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    code = _BY_STATUS.get(error.status_code, "bad_request")
    detail = error.detail if isinstance(error, BodyTooLargeError) else _DETAILS.get(code, KINDS[code].title + ".")
    return respond(code, detail, request_id=_request_id(request), headers=error.headers)


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    errors = [_field(item) for item in error.errors()[:_MAX_ERRORS]]
    detail = "; ".join(f"{item.field}: {item.problem}" for item in errors[:3])
    return respond("invalid", detail, errors=errors, request_id=_request_id(request))


def _field(item: Mapping[str, Any]) -> FieldProblem:
    # Only place and message: the refused input itself may hold personal data.
    return FieldProblem(field=".".join(str(part) for part in item["loc"]), problem=str(item["msg"]))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def install(app: FastAPI) -> None:
    """Make every error of the app a problem document."""
    app.add_exception_handler(ApiError, _on_api_error)
    app.add_exception_handler(HubError, _on_hub_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    for outage in (RPCError, OperationalError, PoolTimeoutError):
        app.add_exception_handler(outage, _on_outage)
