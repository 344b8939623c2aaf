"""Status lines about the whole shipment, compared with its events. Events win."""

from collections.abc import Sequence

from domain.facts import Fact
from domain.fold.order import span
from domain.journeys import Anomaly, Corroboration, Effect, Step
from domain.states import State

SUMMARY_DISAGREES = "SUMMARY_DISAGREES"


def compared(steps: Sequence[Step], summaries: list[Fact], state: State) -> tuple[list[Corroboration], list[Anomaly]]:
    """Return which summaries say what the last fitting event before them said, and which do not."""
    confirmed: list[Corroboration] = []
    disagreeing: list[Anomaly] = []
    for fact in sorted(summaries, key=lambda fact: fact.event_id):
        _, until = span(fact)
        last = next((step for step in reversed(steps) if _fits(step) and step.at.timestamp() <= until), None)
        if last is not None and fact.milestone in {last.milestone, last.reported}:
            confirmed.append(Corroboration(event_id=fact.event_id, confirms=last.event_id))
        else:
            disagreeing.append(
                Anomaly(
                    event_id=fact.event_id,
                    flag=SUMMARY_DISAGREES,
                    milestone=fact.milestone,
                    state=state,
                    at=fact.occurred_at,
                )
            )
    return confirmed, disagreeing


def _fits(step: Step) -> bool:
    return step.effect in {Effect.MOVED, Effect.KEPT}
