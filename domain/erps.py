"""Order systems that the hub speaks to in their own language: where one is and how to get in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

WEBHOOK: Final = "webhook"
"""The kind of connection that any system can be: signed webhooks out, the hub's API in."""


@dataclass(frozen=True, slots=True)
class ErpTarget:
    """One connection, ready to be spoken to.

    `settings` are what a person may see, such as a database's name; `credentials` are secrets by name. `keys` sign
    what goes out and verify what comes in, newest first.
    """

    tenant: str
    connection: str
    kind: str
    url: str
    settings: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    keys: tuple[str, ...] = field(default=(), repr=False)
    requests_per_second: float | None = None
