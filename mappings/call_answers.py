"""What carriers answer, as `calls.toml` describes it."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mappings.call_fields import CLOSED, AnswerPath

Means = Literal["credentials_rejected", "rate_limited", "partner_unavailable", "request_rejected"]


class Verdict(BaseModel):
    """A failure that the carrier tells in the body of an answer: any of the values at the path."""

    model_config = CLOSED

    path: AnswerPath
    values: list[str] = Field(min_length=1)
    means: Means


class Answering(BaseModel):
    """What an answer looks like.

    `unknown` are statuses beside 2xx whose body, in the right format, is an answer for the mapping: most say that a
    number is unknown. `numbers` leads to the numbers an answer is about. `inside` names a member whose text is the
    document itself. `names_number = false` is for answers that do not say what they are about: the number is put around
    them, as `<asked number="...">...</asked>` or `{"asked": "...", "answer": ...}`.
    """

    model_config = CLOSED

    format: Literal["json", "xml"]
    content_types: list[str] = Field(min_length=1)
    unknown: list[Annotated[int, Field(ge=400, le=599)]] = Field(default_factory=list)
    numbers: list[AnswerPath] = Field(default_factory=list)
    inside: str | None = None
    names_number: bool = True
    verdicts: list[Verdict] = Field(default_factory=list)
