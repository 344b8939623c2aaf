"""Who is calling: an API key says the tenant and what it may do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from gateway.deps import InGateway
from gateway.problems import ApiError
from ledger.rows import Scope

_BEARER = HTTPBearer(
    scheme_name="ApiKey",
    description="An API key, made with `milepost keys create`: `Authorization: Bearer mp_...`.",
    auto_error=False,
)
_MAX_TOKEN = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """The tenant a request works for; it comes from the key alone, never from the request."""

    tenant: str
    key_id: str

    @property
    def origin(self) -> str:
        """The caller as commands and audit entries name it."""
        return f"user:{self.key_id}"


def requires(scope: Scope) -> Callable[..., Caller]:
    """Return the dependency that lets keys with this scope (or `admin`) through."""

    def caller(
        gateway: InGateway, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
    ) -> Caller:
        key = None
        if credentials is not None and len(credentials.credentials) <= _MAX_TOKEN:
            key = gateway.deps.ledger.access.authenticate(credentials.credentials)
        if key is None:
            raise ApiError("unauthenticated", "There is no live API key in the request.")
        if not key.scopes & {scope, Scope.ADMIN}:
            raise ApiError("forbidden", f"This API key lacks the scope {scope.value}.")
        return Caller(key.tenant, key.key_id)

    return caller


Reader = Annotated[Caller, Depends(requires(Scope.SHIPMENTS_READ))]
Writer = Annotated[Caller, Depends(requires(Scope.SHIPMENTS_WRITE))]
Commander = Annotated[Caller, Depends(requires(Scope.COMMANDS_WRITE))]
FeedReader = Annotated[Caller, Depends(requires(Scope.CHANGES_READ))]
