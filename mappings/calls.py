"""How a carrier is called: the closed model of `calls.toml`, which lies beside the mapping of its answers.

Texts may hold `${...}`; `docs/connecting-a-carrier-account.md` lists the names. A text that begins with a brace or
bracket is JSON and one that begins with `<` is XML: what is put into it is escaped accordingly.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from domain.errors import MappingInvalidError
from mappings.paths import parse
from mappings.schema import Why

PLACEHOLDER: Final = re.compile(r"\$\{([^}]*)\}")

_CLOSED: Final = ConfigDict(extra="forbid", frozen=True)
_PLAIN_NAMES: Final = frozenset({"number", "numbers", "uuid", "timestamp"})

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Texts = dict[str, str]
Means = Literal["credentials_rejected", "rate_limited", "partner_unavailable", "request_rejected"]


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("an address is https://host, with a path at most")
    return url.rstrip("/")


def _path(text: str) -> str:
    try:
        parse(text)
    except MappingInvalidError as error:
        raise ValueError(str(error)) from error
    return text


class Option(BaseModel):
    """A setting of an account that is no secret; one without a default must be given."""

    model_config = _CLOSED

    about: Why
    default: str | None = None


class Basic(BaseModel):
    """HTTP basic authentication."""

    model_config = _CLOSED

    user: str
    password: str


class Verdict(BaseModel):
    """A failure that the carrier tells in the body of an answer: any of the values at the path."""

    model_config = _CLOSED

    path: str
    values: list[str] = Field(min_length=1)
    means: Means

    _valid_path = field_validator("path")(_path)


class Request(BaseModel):
    """One HTTP request. At most one of `form` and `body`; `content_type` belongs to `body`."""

    model_config = _CLOSED

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
    host: str | None = None
    sandbox: str | None = None
    format: Literal["json", "xml"] = "json"
    token: str
    lifetime: str | None = None
    seconds: int = Field(default=3_600, ge=60)
    verdicts: list[Verdict] = Field(default_factory=list)

    _valid_hosts = field_validator("host", "sandbox")(lambda url: None if url is None else _address(url))
    _valid_paths = field_validator("token", "lifetime")(lambda text: None if text is None else _path(text))


class Sign(BaseModel):
    """A digest over texts of the request, for `${signature}`; `quote` encodes the text as forms do before."""

    model_config = _CLOSED

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


class Answering(BaseModel):
    """What an answer looks like.

    `unknown` are statuses beside 2xx whose body, in the right format, is an answer for the mapping: most say that a
    number is unknown. `numbers` leads to the numbers an answer is about. `inside` names a member whose text is the
    document itself. `names_number = false` is for answers that do not say what they are about: the number is put around
    them, as `<asked number="...">...</asked>` or `{"asked": "...", "answer": ...}`.
    """

    model_config = _CLOSED

    format: Literal["json", "xml"]
    content_types: list[str] = Field(min_length=1)
    unknown: list[Annotated[int, Field(ge=400, le=599)]] = Field(default_factory=list)
    numbers: list[str] = Field(default_factory=list)
    inside: str | None = None
    names_number: bool = True
    verdicts: list[Verdict] = Field(default_factory=list)

    @field_validator("numbers")
    @classmethod
    def _valid_numbers(cls, paths: list[str]) -> list[str]:
        return [_path(path) for path in paths]


class Told(BaseModel):
    """Where an answer tells of single numbers that were not taken; `known` are codes of those that were there before.

    `number` and `code` lead from an item of `each`; without `number` the item itself is the number.
    """

    model_config = _CLOSED

    each: str
    number: str | None = None
    code: str | None = None
    known: list[str] = Field(default_factory=list)

    _valid_paths = field_validator("each", "number", "code")(lambda text: None if text is None else _path(text))


class Known(BaseModel):
    """A value of the whole answer that says: all these numbers were subscribed before."""

    model_config = _CLOSED

    path: str
    values: list[str] = Field(min_length=1)

    _valid_path = field_validator("path")(_path)


class Subscribe(Call):
    """The request that asks for webhooks about numbers; `days` is how long that holds, without end by default.

    Texts may hold `${option.webhook_url}` and `${secret.webhook_secret}`: where the webhooks of the account come in,
    and its newest signing secret. Only numbers at `taken` count as subscribed, and those that were there before.
    """

    source: Why
    days: int | None = Field(default=None, ge=1, le=400)
    taken: list[str] = Field(min_length=1)
    refused: Told | None = None
    known: Known | None = None
    answer: Answering

    @field_validator("taken")
    @classmethod
    def _valid_taken(cls, paths: list[str]) -> list[str]:
        return [_path(path) for path in paths]

    def uses(self, name: str) -> bool:
        """Tell whether a text of the request holds this placeholder."""
        return any(name in PLACEHOLDER.findall(text) for text in (*self.texts(), self.item))


WEBHOOK_URL: Final = "webhook_url"
WEBHOOK_SECRET: Final = "webhook_secret"  # noqa: S105 - the name of a secret


class Rate(BaseModel):
    """How often an account may call where nobody configured it otherwise, and who says so."""

    model_config = _CLOSED

    per_second: float = Field(gt=0, le=1_000)
    source: Why


class Calls(BaseModel):
    """How one carrier is called."""

    model_config = _CLOSED

    source: Why
    host: str
    sandbox: str | None = None
    secrets: dict[Name, Why] = Field(default_factory=dict)
    options: dict[Name, Option] = Field(default_factory=dict)
    values: dict[Name, str] = Field(default_factory=dict)
    sign: Sign | None = None
    token: Token | None = None
    call: Call
    answer: Answering
    rate: Rate
    subscribe: Subscribe | None = None

    _valid_hosts = field_validator("host", "sandbox")(lambda url: None if url is None else _address(url))

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        known = {f"secret.{name}" for name in self.secrets} | {f"option.{name}" for name in self.options}
        plain = known | _PLAIN_NAMES
        valued = plain | {f"value.{name}" for name in self.values}
        _check("values", self.values.values(), plain)
        _check("call.item", [self.call.item], plain - {"numbers"})
        if self.sign is not None:
            _check("sign", [self.sign.over, self.sign.key or ""], valued)
        if self.token is not None:
            _check("token", self.token.texts(), known | {"uuid", "timestamp"})
        made = ({"token"} if self.token else set()) | ({"signature"} if self.sign else set())
        _check("call", self.call.texts(), valued | made)
        if self.subscribe is not None:
            webhook = {f"option.{WEBHOOK_URL}", f"secret.{WEBHOOK_SECRET}"}
            _check("subscribe", (*self.subscribe.texts(), self.subscribe.item), valued | made | webhook)
        used = {name for text in self._all_texts() for name in PLACEHOLDER.findall(text)}
        unused = sorted(known - used)
        if unused:
            raise ValueError(f"nothing uses {', '.join(unused)}")
        if self.call.batch > 1 and not self.answer.names_number:
            raise ValueError("answer.names_number: an answer about several numbers has to name them")
        if self.call.batch > 1 and not used & {"numbers"} and not _repeated(self.call.query):
            raise ValueError("call.batch: more than one number needs ${numbers}, or ${number} in the query")
        return self

    def subscribing(self) -> "Calls":
        """Return the calls of which the one request subscribes; raise `ValueError` where there is none.

        Address and secret of the webhooks become an option and a secret of the account.
        """
        if self.subscribe is None:
            raise ValueError("these calls subscribe to nothing")
        told = self.subscribe
        verdicts = [*told.answer.verdicts, *self.answer.verdicts]
        options, secrets = dict(self.options), dict(self.secrets)
        if told.uses(f"option.{WEBHOOK_URL}"):
            options[WEBHOOK_URL] = Option(about="Where the webhooks of the account come in")
        if told.uses(f"secret.{WEBHOOK_SECRET}"):
            secrets[WEBHOOK_SECRET] = "The newest signing secret of the account"
        answer = told.answer.model_copy(update={"verdicts": verdicts})
        return self.model_copy(update={"call": told, "answer": answer, "options": options, "secrets": secrets})

    def _all_texts(self) -> Iterator[str]:
        yield from self.values.values()
        yield self.call.item
        yield from self.call.texts()
        if self.sign is not None:
            yield from (self.sign.over, self.sign.key or "")
        if self.token is not None:
            yield from self.token.texts()
        if self.subscribe is not None:
            yield from (*self.subscribe.texts(), self.subscribe.item)


def _check(where: str, texts: Iterable[str], known: AbstractSet[str]) -> None:
    for text in texts:
        for name in PLACEHOLDER.findall(text):
            if name not in known:
                raise ValueError(f"{where}: ${{{name}}} is not known; allowed: {', '.join(sorted(known))}")


def _repeated(query: Mapping[str, str]) -> bool:
    return any("${number}" in value for value in query.values())
