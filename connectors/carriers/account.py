"""A carrier account as connectors see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from domain.errors import RequestRejectedError
from mappings.calls import Calls

SANDBOX: Final = "sandbox"
"""A base URL of this name stands for the carrier's own test system."""


@dataclass(frozen=True, slots=True)
class CallingAccount:
    """Who calls: `generation` counts changes of the credentials; `stopped` says why the account may not call."""

    account_id: str
    carrier: str
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    generation: int = 0
    base_url: str | None = None
    requests_per_second: float | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    stopped: str | None = None

    def hidden(self, text: str) -> str:
        """Return the text without any of the account's secrets."""
        for secret in sorted(self.credentials.values(), key=len, reverse=True):
            if secret:
                text = text.replace(secret, "[secret]")
        return text


class AccountDirectory(Protocol):
    """Where accounts are kept. Blocking."""

    def calling(self, account: str, /) -> CallingAccount:
        """Return the account as it is now; raise `NotFoundError`."""
        ...


def missing(calls: Calls, account: CallingAccount) -> list[str]:
    """Return the names of what the account still lacks: secrets and options without a default."""
    secrets = [f"secret {name}" for name in calls.secrets if not account.credentials.get(name)]
    options = [
        f"option {name}"
        for name, option in calls.options.items()
        if option.default is None and not account.options.get(name)
    ]
    return secrets + options


def address(host: str, sandbox: str | None, account: CallingAccount) -> str:
    """Return where the account calls; raise `RequestRejectedError` where the carrier has no test system."""
    if account.base_url is None:
        return host
    if account.base_url != SANDBOX:
        return account.base_url.rstrip("/")
    if sandbox is None:
        raise RequestRejectedError(f"{account.carrier} has no documented test system", account=account.account_id)
    return sandbox
