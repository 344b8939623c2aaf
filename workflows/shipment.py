"""The life of one shipment, as Temporal sees it: its messages and its run."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.commands import Command, CommandAnswer
    from domain.facts import FactBatch
    from domain.journeys import Journey
    from workflows.life import ShipmentLife
    from workflows.model import Progress, ShipmentStart


@workflow.defn(name="Shipment")
class ShipmentWorkflow:
    """One execution per registered shipment; it turns facts and commands into a journey and tells who has to know.

    It waits for signals with facts, for commands, for the earliest deadline and for order systems that are slow to
    take what they are told. It ends when an ending has held for its grace and every push is settled; until then it
    continues as new whenever its history has grown enough.

    Each wake is one local activity within the workflow task that the messages came in, one billed action: it writes
    to the ledger and then makes one quick push per connection. What did not come by signal (commands, deadlines) is
    committed by a regular activity, because only a signal is certain to be there, and in the same place, when a lost
    workflow task is done again (see `workflows.record`).
    """

    @workflow.init
    def __init__(self, start: ShipmentStart) -> None:
        """Take up what the run before left."""
        self._life = ShipmentLife(start)

    @workflow.run
    async def run(self, start: ShipmentStart) -> None:
        """Serve until the shipment has ended; the argument was taken up by `__init__`."""
        del start
        await self._life.live()

    @workflow.signal(name="facts_reported")
    def facts_reported(self, batch: FactBatch) -> None:
        """Take facts in; they are merged in the order in which they came."""
        self._life.take(batch)

    @workflow.signal(name="nudge")
    def nudge(self, connection: str) -> None:
        """Push to the connection now: a person replays what was given up, or the receiver is back."""
        self._life.nudge(connection)

    @workflow.update(name="command")
    async def command(self, command: Command) -> CommandAnswer:
        """Do what a person or an order system asks; the same command id gets the same answer again."""
        return await self._life.obey(command)

    @command.validator
    def _check_command(self, command: Command) -> None:
        self._life.check(command)

    @workflow.query(name="journey")
    def journey(self) -> Journey:
        """Return the folded history."""
        return self._life.journey

    @workflow.query(name="progress")
    def progress(self) -> Progress:
        """Return the short answer."""
        return self._life.progress
