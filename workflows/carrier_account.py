"""Asking one carrier through one account, for as long as there is something to ask."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.carrier_model import AccountProgress, AccountStart
    from workflows.polling import AccountPolling


@workflow.defn(name="CarrierAccount")
class CarrierAccountWorkflow:
    """One execution per account: a round of asking, a wait until the next number is due, and so on for ever.

    Which numbers, and when, is in the ledger; the execution knows only whether it may ask. So it stays small whatever
    the number of shipments, and continues as new before its history has 2,000 events.
    """

    @workflow.init
    def __init__(self, start: AccountStart) -> None:
        """Take up what the run before left."""
        self._polling = AccountPolling(start)

    @workflow.run
    async def run(self, start: AccountStart) -> None:
        """Ask until terminated; the argument was taken up by `__init__`."""
        del start
        await self._polling.live()

    @workflow.signal(name="pause")
    def pause(self) -> None:
        """Ask nothing until `resume`; a round under way ends first, a wait for a carrier that is away ends at once."""
        self._polling.pause()

    @workflow.signal(name="resume")
    def resume(self) -> None:
        """Ask again, and look at once whether a stopped account may call."""
        self._polling.resume()

    @workflow.signal(name="poll_now")
    def poll_now(self) -> None:
        """Ask about every number of the account now, those that were given up, too."""
        self._polling.hurry()

    @workflow.query(name="status")
    def status(self) -> AccountProgress:
        """Return the short answer."""
        return self._polling.progress
