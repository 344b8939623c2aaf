"""Who works in the seeded Tryton: the hub's own user, and the clerk whose hands the hub must respect."""

from datetime import UTC, datetime

from connectors.egress import EgressPolicy
from connectors.erps.tryton.client import TrytonClient, TrytonTarget
from connectors.http import HttpLimits, PartnerHttp
from tests.erp.tryton.seed_names import CLERK, HUB
from tests.erp.tryton.server import TrytonServer


class RealClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def partner_http() -> PartnerHttp:
    """Return the hub's client for partners, which may call this machine."""
    return PartnerHttp(EgressPolicy(allow_loopback=True), limits=HttpLimits(max_answer=1024 * 1024))


def client_of(server: TrytonServer, http: PartnerHttp, who: tuple[str, str]) -> TrytonClient:
    """Return a client that works as this person."""
    login, password = who
    return TrytonClient(TrytonTarget("tryton", server.url, login, password), http, RealClock())


__all__ = ["CLERK", "HUB", "RealClock", "client_of", "partner_http"]
