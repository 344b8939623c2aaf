"""What several `milepost mappings` commands ask for in the same way."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from mappings.engine import Mappings
from worker.cli.output import CommandFailedError, ExitCode

SINCE_HELP: Final = "Only what came since: `30d`, `2026-03-01` (UTC), or a time with its offset."

_DAYS: Final = re.compile(r"(\d{1,5})d")


def since_of(text: str | None, now: datetime) -> datetime | None:
    """Return the moment that `--since` names.

    Raises:
        CommandFailedError: It is none, or a time without an offset.
    """
    if text is None:
        return None
    days = _DAYS.fullmatch(text.strip())
    if days is not None:
        return now - timedelta(days=int(days[1]))
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is None and len(text.strip()) <= len("2026-03-01"):
        return moment.replace(tzinfo=UTC)
    if moment is None or moment.tzinfo is None:
        raise CommandFailedError(f"--since: not a time: {text!r}", hint=SINCE_HELP, code=ExitCode.USAGE)
    return moment


def known(mappings: Mappings, carrier: str) -> str:
    """Return the carrier.

    Raises:
        CommandFailedError: There is no such dialect.
    """
    if carrier not in mappings.carriers:
        raise CommandFailedError(
            f"no dialect {carrier!r}", hint=f"one of: {', '.join(mappings.carriers)}", code=ExitCode.USAGE
        )
    return carrier
