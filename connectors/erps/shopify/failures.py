"""What Shopify says when it does not do what it was asked, in the hub's own terms.

| Shopify | the hub |
|---|---|
| 401, 403 | `CredentialsRejectedError`: the token is wrong, or the app was uninstalled |
| 402, 423, `SHOP_INACTIVE` | `PartnerUnavailableError`: frozen for a bill, or locked; asked again after a long pause |
| 404 | `RequestRejectedError`: no such store, or a version that never was |
| `ACCESS_DENIED` | `CredentialsRejectedError`: the app lacks an access scope, which the message names |
| `THROTTLED` | waited for by the client, then `RateLimitedError` with the pause that the restore rate asks for |
| `INTERNAL_SERVER_ERROR` | `PartnerUnavailableError` |
| any other top-level error | `RequestRejectedError` |
| `userErrors` in an answer of 200 | `UserErrorsError`, a `RequestRejectedError` |

Decided by status and code, never by text.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from domain.errors import (
    CredentialsRejectedError,
    PartnerContractError,
    PartnerError,
    PartnerUnavailableError,
    RequestRejectedError,
)

CLOSED_FOR: Final = timedelta(minutes=15)
"""How long a store that is frozen or locked is left alone: a person has to pay or to call first."""

THROTTLED: Final = "THROTTLED"

_MAX_TEXT: Final = 300
_CLOSED: Final = {402: "frozen until its bill is paid", 423: "locked by Shopify"}


class UserErrorsError(RequestRejectedError):
    """A mutation was refused; `codes` are what Shopify gives beside the texts, often nothing."""

    code = "user_errors"

    def __init__(self, message: str, *, codes: Sequence[str], partner: str) -> None:
        super().__init__(message, partner=partner, refusal=", ".join(codes))
        self.codes = tuple(codes)


def closed(status: int, *, partner: str) -> PartnerError | None:
    """Return the failure of a store that is closed for now, None for any other status."""
    why = _CLOSED.get(status)
    if why is None:
        return None
    return PartnerUnavailableError(f"the store is {why}", retry_after=CLOSED_FOR, partner=partner, http_status=status)


def codes_of(errors: Any) -> list[str]:
    """Return the codes in an `errors` member; a text in its place, as Shopify writes outside GraphQL, has none."""
    if not isinstance(errors, list):
        return []
    extensions = [one.get("extensions") for one in errors if isinstance(one, dict)]
    return [str(one["code"]) for one in extensions if isinstance(one, dict) and one.get("code")]


def failure_of(errors: Any, *, partner: str) -> PartnerError:
    """Return the failure that the top-level `errors` stand for, the one that a person has to act on first."""
    codes = codes_of(errors)
    text = _text_of(errors)
    if "ACCESS_DENIED" in codes:
        return CredentialsRejectedError(f"Shopify denies access: {text}", partner=partner)
    if "SHOP_INACTIVE" in codes:
        return PartnerUnavailableError("the store is inactive", retry_after=CLOSED_FOR, partner=partner)
    if "INTERNAL_SERVER_ERROR" in codes:
        return PartnerUnavailableError("Shopify failed while it did what was asked", partner=partner)
    return RequestRejectedError(f"Shopify refuses: {text}", partner=partner, refusal=", ".join(codes))


def raise_for_user_errors(payload: Any, *, partner: str) -> None:
    """Raise what a mutation's `userErrors` say; an answer without that member is not one of Shopify."""
    if not isinstance(payload, dict) or not isinstance(payload.get("userErrors"), list):
        raise PartnerContractError("a mutation that does not say how it went", partner=partner)
    wrong = [one for one in payload["userErrors"] if isinstance(one, dict)]
    if payload["userErrors"]:
        codes = [str(one["code"]) for one in wrong if one.get("code")]
        raise UserErrorsError(f"Shopify refuses: {_text_of(wrong)}", codes=codes, partner=partner)


def _text_of(errors: Any) -> str:
    if isinstance(errors, list):
        return "; ".join(str(one.get("message")) for one in errors if isinstance(one, dict))[:_MAX_TEXT]
    return str(errors)[:_MAX_TEXT]


class HeldElsewhereError(PartnerError):
    """Somebody other than the hub holds, in Shopify, what the carrier already has; it can be told once that ends."""

    code = "held_elsewhere"
    retryable = True
