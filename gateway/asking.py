"""Figures about asking carriers by the clock, read from the ledger when metrics are asked for."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import override

from domain.polling import PollCounts
from ledger.store import Ledger

_FIGURES: Final = (
    ("due", "Numbers to ask the carrier about now."),
    ("late", "Numbers that should have been asked about by now."),
    ("waiting", "Numbers planned for later."),
    ("failing", "Numbers planned again though the latest ask failed."),
    ("given_up", "Numbers asked about no more: refused or unknown for too long."),
)


class _PollingFigures(Collector):
    """Counts numbers by carrier, over all tenants, at the time of the scrape."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def describe(self) -> list[Metric]:
        """Name nothing at registration: the registry would otherwise query the ledger then."""
        return []

    @override
    def collect(self) -> Iterator[Metric]:
        try:
            found = self._ledger.polling.by_carrier()
            accounts = Counter((row.dialect, row.status.value) for row in self._ledger.accounts.list())
        except SQLAlchemyError:
            # `milepost_ledger_up` tells.
            return
        for name, help_text in _FIGURES:
            family = GaugeMetricFamily(f"milepost_polling_{name}_numbers", help_text, labels=["carrier"])
            for carrier, counts in found.items():
                family.add_metric([carrier], getattr(counts, name))
            yield family
        yield self._oldest(found)
        family = GaugeMetricFamily(
            "milepost_carrier_accounts", "Accounts, by whether they may call.", labels=["carrier", "status"]
        )
        for (carrier, status), count in sorted(accounts.items()):
            family.add_metric([carrier, status], count)
        yield family

    def _oldest(self, found: dict[str, PollCounts]) -> Metric:
        now = self._ledger.database.clock.now()
        family = GaugeMetricFamily(
            "milepost_polling_oldest_due_seconds", "How long the oldest due number has waited.", labels=["carrier"]
        )
        for carrier, counts in found.items():
            waited = 0.0 if counts.oldest_due_at is None else (now - counts.oldest_due_at).total_seconds()
            family.add_metric([carrier], waited)
        return family


def watch_polling(registry: CollectorRegistry, ledger: Ledger) -> None:
    """Add the figures about asking carriers to the registry."""
    registry.register(_PollingFigures(ledger))
