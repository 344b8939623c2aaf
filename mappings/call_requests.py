"""What is sent to carriers, as `calls.toml` describes it."""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator

from mappings.call_answers import Verdict
from mappings.call_fields import CLOSED, Address, AnswerPath, Texts


class Basic(BaseModel):
    """HTTP basic authentication."""

    model_config = CLOSED

    user: str
    password: str


class Request(BaseModel):
    """One HTTP request. At most one of `form` and `body`; `content_type` belongs to `body`."""

    model_config = CLOSED

    method: Literal["GET", "POST"] = "GET"
    path: str = Field(pattern=r"^/")
    query: Texts = Field(default_factory=dict)
    headers: Texts = Field(default_factory=dict)
    form: Texts = Field(default_factory=dict)
    body: str | None = None
    content_type: str | None = None
    basic: Basic | None = None

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if self.form and self.body is not None:
            raise ValueError("form and body exclude each other")
        if (self.body is None) != (self.content_type is None):
            raise ValueError("body and content_type belong together")
        if self.method == "GET" and (self.form or self.body is not None):
            raise ValueError("a GET has neither form nor body")
        return self

    def texts(self) -> Iterator[str]:
        """Return every text that may hold placeholders."""
        yield self.path
        for mapping in (self.query, self.headers, self.form):
            yield from mapping.values()
        if self.body is not None:
            yield self.body
        if self.basic is not None:
            yield from (self.basic.user, self.basic.password)


class Call(Request):
    """The request that asks about numbers. `batch` is how many one request may carry.

    `${numbers}` is `item` for each number, joined by `separator`; a query value with `${number}` is repeated for each.
    """

    batch: int = Field(default=1, ge=1, le=100)
    separator: str = ","
    item: str = "${number}"


class Token(Request):
    """The request that fetches a token, for `${token}` in the call."""

    method: Literal["GET", "POST"] = "POST"
    host: Address | None = None
    sandbox: Address | None = None
    format: Literal["json", "xml"] = "json"
    token: AnswerPath
    lifetime: AnswerPath | None = None
    seconds: int = Field(default=3_600, ge=60)
    verdicts: list[Verdict] = Field(default_factory=list)


class Sign(BaseModel):
    """A digest over texts of the request, for `${signature}`; `quote` encodes the text as forms do before."""

    model_config = CLOSED

    over: str
    algorithm: Literal["md5", "sha256", "hmac-sha256"]
    key: str | None = None
    quote: bool = False
    output: Literal["base64", "hex"]

    @model_validator(mode="after")
    def _keyed(self) -> Self:
        if (self.algorithm == "hmac-sha256") != (self.key is not None):
            raise ValueError("key belongs to hmac-sha256, and to nothing else")
        return self
