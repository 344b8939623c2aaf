"""The life of one shipment."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.commands import Command, CommandAnswer
    from domain.facts import FactBatch
    from domain.journeys import Journey
    from workflows.model import Progress, ShipmentStart


@workflow.defn(name="Shipment")
class ShipmentWorkflow:
    """One execution per registered shipment."""

    @workflow.init
    def __init__(self, start: ShipmentStart) -> None:
        """Take up the carried state."""

    @workflow.run
    async def run(self, start: ShipmentStart) -> None:
        """Serve until the end."""
        raise NotImplementedError

    @workflow.signal(name="facts_reported")
    def facts_reported(self, batch: FactBatch) -> None:
        """Take facts in."""
        raise NotImplementedError

    @workflow.signal(name="nudge")
    def nudge(self, connection: str) -> None:
        """Push to the connection now."""
        raise NotImplementedError

    @workflow.update(name="command")
    async def command(self, command: Command) -> CommandAnswer:
        """Do what a person or an order system asks."""
        raise NotImplementedError

    @workflow.query(name="journey")
    def journey(self) -> Journey:
        """Return the folded history."""
        raise NotImplementedError

    @workflow.query(name="progress")
    def progress(self) -> Progress:
        """Return the short answer."""
        raise NotImplementedError
