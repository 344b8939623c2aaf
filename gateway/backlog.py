"""Figures that are read from the ledger when metrics are asked for: what waits, and who is behind."""

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import override

from domain.messages import MessageStatus
from ledger.review import gave_nothing
from ledger.rows import FactDelivery
from ledger.store import Ledger
from ledger.tables import convergence, dead_letters, facts, messages, unknown_codes

_QUERIES: Final = (
    (
        "milepost_ledger_unread_messages",
        "Messages stored and not read yet.",
        select(func.count()).select_from(messages).where(messages.c.status == MessageStatus.KEPT),
    ),
    (
        "milepost_ledger_unreadable_messages",
        "Messages that wait for a person.",
        select(func.count()).select_from(messages).where(gave_nothing()),
    ),
    (
        "milepost_ledger_undelivered_facts",
        "Facts with a shipment that its workflow has not been given yet.",
        select(func.count()).select_from(facts).where(facts.c.delivery == FactDelivery.ROUTED),
    ),
    (
        "milepost_ledger_parked_facts",
        "Facts whose number nobody has registered.",
        select(func.count()).select_from(facts).where(facts.c.delivery == FactDelivery.PARKED),
    ),
    ("milepost_ledger_unknown_codes", "Codes that no table knows.", select(func.count()).select_from(unknown_codes)),
    (
        "milepost_pushes_expected",
        "Pairs of shipment and order system that are told status.",
        select(func.count()).select_from(convergence),
    ),
    (
        "milepost_pushes_divergent",
        "Pairs whose order system misses a revision.",
        select(func.count()).select_from(convergence).where(convergence.c.acked < convergence.c.wanted),
    ),
    (
        "milepost_pushes_dead_letters",
        "Pushes given up and not resolved.",
        select(func.count()).select_from(dead_letters).where(dead_letters.c.resolved_at.is_(None)),
    ),
)


class _LedgerFigures(Collector):
    """Counts rows over all tenants at the time of the scrape."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def describe(self) -> list[Metric]:
        """Name nothing at registration: the registry would otherwise query the ledger then."""
        return []

    @override
    def collect(self) -> Iterator[Metric]:
        reachable = GaugeMetricFamily("milepost_ledger_up", "1 while the ledger answers.")
        figures: list[Metric] = []
        try:
            with self._ledger.database.read() as connection:
                for name, help_text, query in _QUERIES:
                    figures.append(GaugeMetricFamily(name, help_text, value=connection.execute(query).scalar_one()))
        except SQLAlchemyError:
            # A scrape must still tell that the ledger is away.
            reachable.add_metric([], 0)
        else:
            reachable.add_metric([], 1)
            yield from figures
        yield reachable


def watch(registry: CollectorRegistry, ledger: Ledger) -> None:
    """Add the ledger's figures to the registry."""
    registry.register(_LedgerFigures(ledger))
