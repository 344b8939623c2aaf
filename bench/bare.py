"""The floor of the lifecycle benchmark: a workflow that takes the same signals and does nothing with them."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from bench.tally import Tally
    from domain.facts import FactBatch
    from workflows.model import ShipmentStart


@workflow.defn(name="BenchBare")
class BareWorkflow:
    """One execution per shipment; counts facts and never ends by itself."""

    @workflow.init
    def __init__(self, start: ShipmentStart) -> None:
        """Begin with nothing."""
        self._shipment_id = start.plan.shipment_id
        self._facts = 0

    @workflow.run
    async def run(self, start: ShipmentStart) -> None:
        """Wait for ever; the argument was read by `__init__`."""
        del start
        await workflow.wait_condition(lambda: False)

    @workflow.signal(name="facts_reported")
    def facts_reported(self, batch: FactBatch) -> None:
        """Count, and tell the benchmark when all are there, which no real workflow may do."""
        self._facts += len(batch.facts)
        if self._facts == Tally.EIGHT:
            with workflow.unsafe.sandbox_unrestricted():
                Tally.note(self._shipment_id)
