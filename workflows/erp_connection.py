"""Reading one order system, for as long as it is connected."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.erp_model import ConnectionProgress, ConnectionStart
    from workflows.erp_reading import ConnectionReading


@workflow.defn(name="ErpConnection")
class ErpConnectionWorkflow:
    """One execution per connection whose kind can be read.

    How far it was read is in the ledger. A round of reading lasts until it has found something, and a reading that
    finds nothing leaves no event: an idle connection has no growing history. A busy one continues as new before 2,000
    events.
    """

    @workflow.init
    def __init__(self, start: ConnectionStart) -> None:
        """Take up what the run before left."""
        self._reading = ConnectionReading(start)

    @workflow.run
    async def run(self, start: ConnectionStart) -> None:
        """Read until terminated; the argument was taken up by `__init__`."""
        del start
        await self._reading.live()

    @workflow.signal(name="pause")
    def pause(self) -> None:
        """Read nothing until `resume`; a reading under way ends first."""
        self._reading.pause()

    @workflow.signal(name="resume")
    def resume(self) -> None:
        """Read again, and look at once whether a stopped connection may be read."""
        self._reading.resume()

    @workflow.signal(name="hint")
    def hint(self) -> None:
        """Read at once: something may have changed, as a webhook or a person says."""
        self._reading.hint()

    @workflow.signal(name="backfill")
    def backfill(self, since: datetime | None = None) -> None:
        """Read everything that is to be sent and was made since then, whether it was read before or not."""
        self._reading.backfill(since)

    @workflow.query(name="status")
    def status(self) -> ConnectionProgress:
        """Return the short answer."""
        return self._reading.progress
