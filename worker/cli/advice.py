"""What stands in the way of an account that asks its carrier, and the command that removes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from domain.polling import PollCounts
from ledger.rows import AccountStatus, CarrierAccount
from mappings.call_subscriptions import WEBHOOK_URL
from mappings.calls import Calls
from worker.settings import Settings
from workflows.carrier_model import AccountProgress, PollMode

_UNSERVED: Final = "nobody serves it"


@dataclass(frozen=True, slots=True)
class Standing:
    """One account: its row, its numbers, and what its workflow says; None where it says nothing."""

    account: CarrierAccount
    counts: PollCounts
    progress: AccountProgress | None

    @property
    def doing(self) -> str:
        """What the account does, in a word or three."""
        if self.account.status is AccountStatus.STOPPED:
            return PollMode.STOPPED.value
        return _UNSERVED if self.progress is None else self.progress.mode.value


def advice(settings: Settings, calls: Mapping[str, Calls], one: Standing) -> list[str]:
    """Return a line for each thing to know and each step to take; none when all is well."""
    name, lines = one.account.account_id, []
    if one.account.status is AccountStatus.STOPPED:
        return [
            f"stopped: {one.account.reason}",
            f"are the keys still good? milepost accounts test {name}",
            f"give it the carrier's present ones: milepost accounts credentials {name} FILE",
            f"or let it go on with those it has: milepost accounts resume {name}",
        ]
    if one.progress is None and one.counts.due:
        lines.append("nobody asks: start `milepost worker --role carriers`")
    if one.progress is not None:
        lines += _told(name, one.progress)
    if one.counts.late and one.progress is not None and one.progress.mode is not PollMode.PAUSED:
        lines.append(
            f"{one.counts.late} numbers are late. Is the carrier slow? Raise the rate if the contract allows it: "
            f"milepost accounts configure {name} --rate N, or add a second account"
        )
    told = calls[one.account.dialect].subscribe
    if told is not None and told.uses(f"option.{WEBHOOK_URL}") and not settings.gateway.public_url:
        lines.append("subscribes no webhooks: set MILEPOST_GATEWAY__PUBLIC_URL for the carriers worker")
    return lines


def _told(name: str, progress: AccountProgress) -> list[str]:
    if progress.mode is PollMode.PAUSED:
        return [f"paused by hand. Go on: milepost accounts resume {name}"]
    lines = [] if progress.trouble is None else [f"the latest round failed: {progress.trouble}"]
    if progress.subscribe_trouble is not None:
        lines.append(f"webhooks could not be subscribed: {progress.subscribe_trouble}")
    return lines
