"""Failures of the hub, by who has to act.

HubError
├── PartnerError                      a partner's side
│   ├── PartnerUnavailableError   R   no answer, 5xx, maintenance page
│   ├── RateLimitedError          R   asked to slow down; `retry_after` is capped
│   ├── CredentialsRejectedError      a person has to renew keys
│   ├── RequestRejectedError          our data or our bug; evidence names the field
│   ├── EndpointGoneError             410: the receiver wants no more
│   ├── NotKnownYetError          R   the number exists here, the partner has not seen it
│   ├── RecordChangedError        R   somebody else wrote first; read again, decide again
│   ├── PostponedError            R   the hub itself waits, so as not to ask too often
│   └── PartnerContractError          an answer that is not in the partner's own format
├── PayloadError                      bytes that cannot be read
│   ├── PayloadUnreadableError        not JSON, not XML, cut off
│   └── PayloadRefusedError           too big, too deep, a DTD, an entity: refused on purpose
├── MappingInvalidError               a mapping file that must not be loaded
├── CommandRefusedError               a command that the shipment's state forbids
├── NotFoundError                     no such thing for this tenant
├── ConflictError                     the same key with other content
├── HubUnavailableError           R   a part of the hub does not answer; repeat the same request
└── HubBugError                       a broken invariant; page someone

R = worth trying again.
"""

from datetime import timedelta
from typing import ClassVar, Final

Evidence = str | int | float | bool | None

MAX_EVIDENCE: Final = 2_000
"""Characters of one evidence string; keeps failures far below Temporal's payload limit."""

_SECRET_WORDS: Final = ("token", "secret", "password", "authorization", "cookie", "api_key")


class HubError(Exception):
    """Base of every failure the hub raises on purpose."""

    code: ClassVar[str] = "hub_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, retry_after: timedelta | None = None, **evidence: Evidence) -> None:
        """Keep the message and scalar evidence; refuse evidence that looks like a secret."""
        for key in evidence:
            if any(word in key for word in _SECRET_WORDS):
                raise ValueError(f"evidence {key!r} looks like a secret")
        super().__init__(message)
        self.retry_after = retry_after
        self.evidence: dict[str, Evidence] = {
            key: value[:MAX_EVIDENCE] if isinstance(value, str) else value for key, value in evidence.items()
        }


class PartnerError(HubError):
    """Something outside said no."""

    code = "partner_error"


class PartnerUnavailableError(PartnerError):
    """No usable answer; the same request may succeed later."""

    code = "partner_unavailable"
    retryable = True


class RateLimitedError(PartnerError):
    """The partner asked for a pause."""

    code = "rate_limited"
    retryable = True


class CredentialsRejectedError(PartnerError):
    """Keys are wrong or expired."""

    code = "credentials_rejected"


class RequestRejectedError(PartnerError):
    """The partner refused this very request."""

    code = "request_rejected"


class EndpointGoneError(PartnerError):
    """The receiver answered 410 and is to be left alone."""

    code = "endpoint_gone"


class NotKnownYetError(PartnerError):
    """The partner does not know the number (yet)."""

    code = "not_known_yet"
    retryable = True


class RecordChangedError(PartnerError):
    """The record was written by somebody else since it was read; an attempt that begins by reading may succeed."""

    code = "record_changed"
    retryable = True


class PostponedError(PartnerError):
    """The partner was not asked: the connection's rate or the partner's own wish for a pause is in the way.

    `retry_after` says for how long. Not a failed attempt.
    """

    code = "postponed"
    retryable = True


class PartnerContractError(PartnerError):
    """The answer breaks the partner's own format."""

    code = "partner_contract"


class PayloadError(HubError):
    """Bytes that do not become facts."""

    code = "payload_error"


class PayloadUnreadableError(PayloadError):
    """The bytes are not what their type says."""

    code = "payload_unreadable"


class PayloadRefusedError(PayloadError):
    """The bytes were refused on purpose: a limit or a forbidden construct."""

    code = "payload_refused"


class MappingInvalidError(HubError):
    """A mapping file breaks its schema; the message names file, key and the allowed values."""

    code = "mapping_invalid"


class CommandRefusedError(HubError):
    """The shipment's state does not allow the command."""

    code = "command_refused"


class NotFoundError(HubError):
    """No such thing for this tenant."""

    code = "not_found"


class ConflictError(HubError):
    """The same key was used before with other content."""

    code = "conflict"


class HubUnavailableError(HubError):
    """A part of the hub itself (Temporal, the ledger) does not answer at the moment."""

    code = "hub_unavailable"
    retryable = True


class HubBugError(HubError):
    """An invariant of the hub is broken."""

    code = "hub_bug"
