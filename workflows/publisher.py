"""Telling order systems: all connections of a shipment, each served by its own coroutine."""

import asyncio
from collections.abc import Callable, Iterable

from domain.publication import StatusChange
from domain.shipments import ShipmentPlan
from workflows.model import PushState
from workflows.pusher import ConnectionPusher, Settled


class Publisher:
    """All connections of one shipment."""

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
            mode = pusher.state.mode
            pusher.add(changes)
            pusher.state = pusher.state.model_copy(update={"mode": mode})

    def start(self) -> None:
        """Start one coroutine per connection; call it once, from the running workflow."""
        self._tasks = [asyncio.create_task(pusher.run()) for pusher in self._pushers.values()]

    def add(self, changes: Iterable[StatusChange]) -> None:
        """Tell every connection of new changes."""
        told = tuple(changes)
        for pusher in self._pushers.values():
            pusher.add(told)

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
    def is_attempting(self) -> bool:
        """Whether a quick attempt is under way in this workflow task."""
        return any(pusher.is_attempting for pusher in self._pushers.values())

    @property
    def is_settled(self) -> bool:
        """Whether every connection has everything or was given up."""
        return all(pusher.is_settled for pusher in self._pushers.values())

    @property
    def states(self) -> tuple[PushState, ...]:
        """How far each connection has come."""
        return tuple(pusher.state for pusher in self._pushers.values())

    @property
    def pending(self) -> tuple[StatusChange, ...]:
        """Every change that some connection has not acknowledged, in order."""
        changes = {change.revision: change for pusher in self._pushers.values() for change in pusher.pending}
        return tuple(changes[revision] for revision in sorted(changes))
