"""What Tryton says when it does not do what it was asked, in the hub's own terms.

| Tryton | the hub |
|---|---|
| `ConcurrencyException` | `RecordChangedError`: read again and decide again |
| `UserWarning` | `WarningRaisedError`: a person has to confirm it in Tryton |
| `UserError` | `RequestRejectedError` |
| `LoginException` | `CredentialsRejectedError`: the user's login asks for more than a password |
| any other exception of the server | `RequestRejectedError` |
| 401 | the session is over, or the password is wrong |
| 403 | `RequestRejectedError`: the method is not offered, its module is missing |
| 429, 503, 504, web pages | as for any partner |

Decided by kind and status, never by text.
"""

from typing import Any, Final

from domain.errors import (
    CredentialsRejectedError,
    PartnerContractError,
    PartnerError,
    RecordChangedError,
    RequestRejectedError,
)

_MAX_TEXT: Final = 300


class WarningRaisedError(RequestRejectedError):
    """Tryton wants a person to confirm something first; `name` is what would be confirmed."""

    code = "warning_raised"

    def __init__(self, message: str, *, name: str, partner: str) -> None:
        super().__init__(message, partner=partner, warning=name)
        self.name = name


def failure_of(error: Any, *, partner: str) -> PartnerError:
    """Return the failure that an `error` member stands for.

    Args:
        error: `[kind, details]`; for a `UserError` the details are message, description and domain, for a
            `UserWarning` name, message and description, otherwise text.
        partner: Names the connection.
    """
    if not isinstance(error, list) or not error:
        return PartnerContractError("the answer names an error that has no kind", partner=partner)
    kind, details = error[0], error[1] if len(error) > 1 else None
    if kind == "ConcurrencyException":
        return RecordChangedError("the record was changed in the meantime", partner=partner)
    if kind == "UserWarning":
        return WarningRaisedError(f"Tryton warns: {_text(details, 1)}", name=_text(details, 0), partner=partner)
    if kind == "UserError":
        return RequestRejectedError(f"Tryton refuses: {_text(details, 0)}", partner=partner)
    if kind == "LoginException":
        return CredentialsRejectedError("the login asks for more than a password", partner=partner)
    return RequestRejectedError("Tryton failed while it did what was asked", partner=partner, failure=_text(kind, None))


def _text(details: Any, at: int | None) -> str:
    if at is not None and isinstance(details, list):
        details = details[at] if at < len(details) else ""
    return str(details)[:_MAX_TEXT]
