"""What every webhook signature check has in common: one refusal, with a code that names the problem."""

from enum import StrEnum

from domain.errors import HubError


class SignatureProblem(StrEnum):
    """Why a signature was refused. For logs and metrics; the sender is told only that it was."""

    HEADER_MISSING = "header_missing"
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
