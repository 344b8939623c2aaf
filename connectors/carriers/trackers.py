"""Finds the tracker of a carrier account and keeps it, with its token and what it knows of answers."""

from collections.abc import Mapping
from threading import Lock

from typing_extensions import override

from connectors.carriers.account import AccountDirectory
from connectors.carriers.tracker import AccountTracker, stopped
from connectors.http import PartnerHttp
from domain.carriers import AccountSwitch, CarrierTracker, CarrierTrackers
from domain.errors import NotFoundError
from domain.ports import Clock
from mappings.calls import Calls


class AccountTrackers(CarrierTrackers):
    """The trackers of all carrier accounts. `tracker` blocks for one look into the directory; threads may share it."""

    def __init__(
        self,
        calls: Mapping[str, Calls],
        directory: AccountDirectory,
        http: PartnerHttp,
        clock: Clock,
        *,
        switch: AccountSwitch | None = None,
    ) -> None:
        """Keep what trackers need; `switch` stops accounts whose credentials are refused."""
        self._calls = calls
        self._directory = directory
        self._http = http
        self._clock = clock
        self._switch = switch
        self._known: dict[str, AccountTracker] = {}
        self._lock = Lock()

    @override
    def tracker(self, account: str) -> CarrierTracker:
        """Return the tracker.

        Raises:
            NotFoundError: no such account, or its carrier is not one that can be asked.
            CredentialsRejectedError: the account is stopped.
        """
        found = self._directory.calling(account)
        if found.stopped is not None:
            raise stopped(found)
        calls = self._calls.get(found.carrier)
        if calls is None:
            raise NotFoundError(f"{found.carrier} has no calls.toml: it cannot be asked", account=account)
        with self._lock:
            known = self._known.get(account)
            if known is None:
                known = self._known[account] = AccountTracker(
                    found, calls, directory=self._directory, http=self._http, clock=self._clock, switch=self._switch
                )
            return known
