"""What every webhook signature check has in common: one refusal, with a code that names the problem."""

import hmac
from collections.abc import Iterable, Sequence
from enum import StrEnum

from domain.errors import HubError

Headers = Sequence[tuple[str, str]]
"""Header fields in the order in which they came, names in lower case, repeated ones kept apart."""


class SignatureProblem(StrEnum):
    """Why a signature was refused. For logs and metrics; the sender is told only that it was."""

    HEADER_MISSING = "header_missing"
    HEADER_REPEATED = "header_repeated"
    TIMESTAMP_MALFORMED = "timestamp_malformed"
    TIMESTAMP_TOO_OLD = "timestamp_too_old"
    TIMESTAMP_TOO_NEW = "timestamp_too_new"
    ID_MALFORMED = "id_malformed"
    NO_KEY = "no_key"
    NO_MATCH = "no_match"


class SignatureRefusedError(HubError):
    """The bytes are not proven to come from the sender they name; `problem` says which check failed."""

    code = "signature_refused"

    def __init__(self, problem: SignatureProblem) -> None:
        super().__init__(f"signature refused: {problem.value}", problem=problem.value)
        self.problem = problem


def only(headers: Headers, name: str) -> str:
    """Return the value of a header that has to come exactly once, without blanks around it.

    A repeated header is refused even when one of its values would do: a proxy in front may have judged the other one.
    """
    values = [value for key, value in headers if key == name]
    if len(values) > 1:
        raise SignatureRefusedError(SignatureProblem.HEADER_REPEATED)
    if not values or not values[0].strip():
        raise SignatureRefusedError(SignatureProblem.HEADER_MISSING)
    return values[0].strip()


def require_match(expected: Iterable[str], given: str) -> None:
    """Accept a text that equals one of the expected ones; raise `SignatureRefusedError` otherwise.

    Every one is compared, and each in constant time, so that the time taken does not tell which key matched or how far.
    """
    candidates = [one.encode() for one in expected]
    if not candidates:
        raise SignatureRefusedError(SignatureProblem.NO_KEY)
    sent = given.encode()
    matches = [hmac.compare_digest(one, sent) for one in candidates]
    if not any(matches):
        raise SignatureRefusedError(SignatureProblem.NO_MATCH)
