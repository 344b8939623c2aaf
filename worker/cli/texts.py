"""How states and times look to people. Light to import: commands that need no ledger use it too."""

from datetime import datetime

from rich.text import Text

from domain.states import STATES, State, StateClass
from worker.cli.output import moment


def state_text(state: str) -> Text:
    """Return the state in the colour of what it asks for: green is done, red is stuck, yellow waits."""
    spec = STATES[State(state)]
    if State(state) in {State.CUSTOMS_HOLD, State.ON_HOLD, State.LOST, State.UNDELIVERABLE, State.DISPOSED}:
        return Text(state, style="red")
    if spec.kind in {StateClass.SOFT, StateClass.HARD}:
        return Text(state, style="green")
    return Text(state, style="yellow" if spec.kind is StateClass.OVERLAY else "")


def local(value: str | None) -> str:
    """Return an ISO time as people read it."""
    return moment(datetime.fromisoformat(value)) if value else ""
