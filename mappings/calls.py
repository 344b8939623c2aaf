"""How a carrier is called: the closed model of `calls.toml`, which lies beside the mapping of its answers.

Texts may hold `${...}`; `docs/connecting-a-carrier-account.md` lists the names. A text that begins with a brace or
bracket is JSON and one that begins with `<` is XML: what is put into it is escaped accordingly.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final, Self

from pydantic import BaseModel, Field, model_validator

from mappings.call_answers import Answering
from mappings.call_fields import CLOSED, PLACEHOLDER, Address, Name
from mappings.call_requests import Call, Sign, Token
from mappings.call_subscriptions import WEBHOOK_SECRET, WEBHOOK_URL, Subscribe
from mappings.schema import Why

_PLAIN_NAMES: Final = frozenset({"number", "numbers", "uuid", "timestamp"})


class Option(BaseModel):
    """A setting of an account that is no secret; one without a default must be given."""

    model_config = CLOSED

    about: Why
    default: str | None = None


class Rate(BaseModel):
    """How often an account may call where nobody configured it otherwise, and who says so."""

    model_config = CLOSED

    per_second: float = Field(gt=0, le=1_000)
    source: Why


class Calls(BaseModel):
    """How one carrier is called."""

    model_config = CLOSED

    source: Why
    host: Address
    sandbox: Address | None = None
    secrets: dict[Name, Why] = Field(default_factory=dict)
    options: dict[Name, Option] = Field(default_factory=dict)
    values: dict[Name, str] = Field(default_factory=dict)
    sign: Sign | None = None
    token: Token | None = None
    call: Call
    answer: Answering
    rate: Rate
    subscribe: Subscribe | None = None

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
