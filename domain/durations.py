"""How long a journey stayed in each state."""

from datetime import datetime, timedelta

from domain.journeys import Effect, Journey
from domain.states import STATES, State, StateClass


def time_in_states(journey: Journey, until: datetime) -> dict[State, timedelta]:
    """Return the time spent in each state up to `until`, in the order the states were first entered.

    The clock starts with the first actual fact and stops with an ending in force, which is not counted itself. A
    fact known by its day only never makes time run backwards.
    """
    spent: dict[State, timedelta] = {}
    state = State.CREATED
    since: datetime | None = None
    for step in journey.steps:
        if step.effect is Effect.OBSERVED and since is None:
            continue
        if since is None:
            since = step.at
        if step.state is step.state_before:
            continue
        at = max(step.at, since)
        spent[state] = spent.get(state, timedelta()) + (at - since)
        state, since = step.state, at
    is_open = STATES[state].kind in {StateClass.OPEN, StateClass.OVERLAY}
    if since is not None and is_open:
        spent[state] = spent.get(state, timedelta()) + max(until - since, timedelta())
    return spent
