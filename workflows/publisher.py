"""Telling order systems: all connections of a shipment, each served by itself."""

import asyncio
from collections.abc import Callable, Iterable

from activities.publishing import PushOutcome
from domain.publication import Publication, StatusChange
from domain.shipments import ShipmentPlan
from workflows.model import PushState
from workflows.pusher import ConnectionPusher, Settled


class Publisher:
    """The connections of one shipment: what to tell them with a wake, and who needs retries."""

    def __init__(
        self,
        plan: Callable[[], ShipmentPlan],
        *,
        states: Iterable[PushState],
        changes: Iterable[StatusChange],
        settled: Settled,
    ) -> None:
        known = {state.connection: state for state in states}
        self._pushers = {
            name: ConnectionPusher(plan, known.get(name, PushState(connection=name)), settled)
            for name in sorted(plan().connections)
        }
        self._tasks: list[asyncio.Task[None]] = []
        for pusher in self._pushers.values():
            pusher.keep(changes)

    def start(self) -> None:
        """Start one coroutine per connection for its retries; call it once, from the running workflow."""
        self._tasks = [asyncio.create_task(pusher.run()) for pusher in self._pushers.values()]

    def publications(self, changes: Iterable[StatusChange]) -> tuple[Publication, ...]:
        """Take new changes and return what to push at once."""
        told = tuple(changes)
        found = (pusher.publication(told) for pusher in self._pushers.values())
        return tuple(publication for publication in found if publication is not None)

    def settle(self, publications: Iterable[Publication], outcomes: Iterable[PushOutcome]) -> None:
        """Take in what became of the quick pushes."""
        by_connection = {outcome.connection: outcome for outcome in outcomes}
        for publication in publications:
            outcome = by_connection.get(publication.connection, PushOutcome(connection=publication.connection))
            self._pushers[publication.connection].settle(publication, outcome)

    def nudge(self, connection: str) -> None:
        """Make one connection push now; an unknown name is nobody's."""
        if connection in self._pushers:
            self._pushers[connection].nudge()

    @property
    def is_broken(self) -> bool:
        """Whether a coroutine ended, which only a bug can make it do."""
        return any(task.done() for task in self._tasks)

    def raise_if_broken(self) -> None:
        """Fail the workflow task when a coroutine ended: a bug is seen and waits for its fix, the shipment lives."""
        for task in self._tasks:
            if task.done() and not task.cancelled():
                raise RuntimeError("a connection is no longer served") from task.exception()

    @property
    def is_settled(self) -> bool:
        """Whether every connection has everything or was given up."""
        return not any(pusher.is_retrying for pusher in self._pushers.values())

    @property
    def states(self) -> tuple[PushState, ...]:
        """How far each connection has come."""
        return tuple(pusher.state for pusher in self._pushers.values())

    @property
    def pending(self) -> tuple[StatusChange, ...]:
        """Every change that some connection has not acknowledged, in order."""
        changes = {change.revision: change for pusher in self._pushers.values() for change in pusher.pending}
        return tuple(changes[revision] for revision in sorted(changes))
