"""Applying a plan with the hub's own parts: ledger, Temporal, the mappings of today."""

from gateway.dispatch import TemporalDispatcher
from ledger.store import Ledger
from mappings.engine import Mappings
from worker.late import LedgerLateFacts
from worker.processes import connect_temporal, settle_down
from worker.readers import KeepingNormaliser
from worker.renormalise.apply import Applied, Applying
from worker.renormalise.plan import Plan
from worker.settings import Settings
from worker.wiring import build_intake


async def apply_plan(settings: Settings, ledger: Ledger, mappings: Mappings, *, plan: Plan, digest: str) -> Applied:
    """Approve the plan by its digest and do it.

    Raises:
        HubUnavailableError: Temporal does not answer; nothing was written.
        PlanMovedError: the plan is not the one that was approved; nothing was written.
    """
    client = await connect_temporal(settings)
    dispatcher = TemporalDispatcher(client, ledger.registry, LedgerLateFacts(ledger), ledger.journal)
    KeepingNormaliser(mappings, ledger).keep(plan.scope.dialect)
    try:
        return await Applying(ledger, build_intake(ledger, mappings, dispatcher), plan).run(digest)
    finally:
        await settle_down()
