"""Makes a write with an `Idempotency-Key` happen once: its repetition gets the first answer again."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Annotated, Any, Final

from fastapi import Header
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import BaseModel

from gateway.access import Caller
from gateway.deps import Gateway

REPLAYED: Final = "idempotency-replayed"

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[A-Za-z0-9._:-]+$",
        description="Yours, once per write: a repetition with the same body gets the same answer.",
    ),
]


def json_answer(document: BaseModel, status: int) -> Response:
    """Return a model as a JSON response."""
    return Response(document.model_dump_json(), status_code=status, media_type="application/json")


async def once(
    gateway: Gateway, caller: Caller, *, key: str | None, request: BaseModel, work: Callable[[], Awaitable[Response]]
) -> Response:
    """Do the work unless this key has its answer already.

    Raises `ConflictError` when the key was used with another body or is being worked on. Failures are not kept:
    they leave the key free.
    """
    if key is None:
        return await work()
    store = gateway.deps.ledger.idempotency
    digest = sha256(request.model_dump_json().encode()).hexdigest()
    known = await run_in_threadpool(store.claim, caller.tenant, key, digest)
    if known is not None:
        replayed = {REPLAYED: "true"}
        return Response(known.body, status_code=known.status, media_type="application/json", headers=replayed)
    try:
        response = await work()
    except BaseException:
        await run_in_threadpool(store.release, caller.tenant, key)
        raise
    body: Any = response.body
    await run_in_threadpool(store.finish, caller.tenant, key, response.status_code, bytes(body))
    return response
