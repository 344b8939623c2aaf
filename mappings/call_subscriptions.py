"""Asking providers for webhooks, as `calls.toml` describes it."""

from typing import Final

from pydantic import BaseModel, Field

from mappings.call_answers import Answering
from mappings.call_fields import CLOSED, PLACEHOLDER, AnswerPath
from mappings.call_requests import Call
from mappings.schema import Why

WEBHOOK_URL: Final = "webhook_url"
WEBHOOK_SECRET: Final = "webhook_secret"  # noqa: S105 - the name of a secret


class Told(BaseModel):
    """Where an answer tells of single numbers that were not taken; `known` are codes of those that were there before.

    `number` and `code` lead from an item of `each`; without `number` the item itself is the number.
    """

    model_config = CLOSED

    each: AnswerPath
    number: AnswerPath | None = None
    code: AnswerPath | None = None
    known: list[str] = Field(default_factory=list)


class Known(BaseModel):
    """A value of the whole answer that says: all these numbers were subscribed before."""

    model_config = CLOSED

    path: AnswerPath
    values: list[str] = Field(min_length=1)


class Subscribe(Call):
    """The request that asks for webhooks about numbers; `days` is how long that holds, without end by default.

    Texts may hold `${option.webhook_url}` and `${secret.webhook_secret}`: where the webhooks of the account come in,
    and its newest signing secret. Only numbers at `taken` count as subscribed, and those that were there before.
    """

    source: Why
    days: int | None = Field(default=None, ge=1, le=400)
    taken: list[AnswerPath] = Field(min_length=1)
    refused: Told | None = None
    known: Known | None = None
    answer: Answering

    def uses(self, name: str) -> bool:
        """Tell whether a text of the request holds this placeholder."""
        return any(name in PLACEHOLDER.findall(text) for text in (*self.texts(), self.item))
