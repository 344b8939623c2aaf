"""Kinds of values that the models of `calls.toml` are made of."""

import re
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field

from domain.errors import MappingInvalidError
from mappings.paths import parse

PLACEHOLDER: Final = re.compile(r"\$\{([^}]*)\}")
"""A name in a text, to be replaced by its value when a request is made."""

CLOSED: Final = ConfigDict(extra="forbid", frozen=True)


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


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Texts = dict[str, str]
Address = Annotated[str, AfterValidator(_address)]
AnswerPath = Annotated[str, AfterValidator(_path)]
