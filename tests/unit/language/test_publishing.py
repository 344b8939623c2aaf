"""Publishing: what order systems are told, and what they hold after applying it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.facts import Fact
from domain.journeys import Journey
from domain.parties import Owner
from domain.publication import ChangeKind, StatusChange
from domain.publishing import MAX_OPEN, Told, publish, raise_alarm, status_sequence
from domain.reasons import Reason
from domain.states import State
from tests.unit.language.arbitrary import fact_sets
from tests.unit.language.building import START, M, at_place, fact, journey, line, void

NOW = START + timedelta(days=30)

Entry = tuple[str, State]


def held_by_receiver(changes: Iterable[StatusChange]) -> list[Entry]:
    """What a receiver holds that applies changes by revision and drops the superseded ones."""
    held: dict[int, StatusChange] = {}
    for change in changes:
        for revision in change.supersedes:
            del held[revision]
        if change.kind is ChangeKind.STATUS:
            held[change.revision] = change
    return [(change.event_id or "", change.state) for change in held.values()]


def sequence(folded: Journey) -> list[Entry]:
    return [(step.event_id, step.state) for step in status_sequence(folded)]


def tell(journeys: Sequence[Journey]) -> tuple[list[StatusChange], Told]:
    told, changes = Told(), []
    for folded in journeys:
        new, told = publish(folded, told, recorded_at=NOW)
        changes += new
    return changes, told


WAY = line(M.PICKED_UP, M.DEPARTED_ORIGIN, M.ARRIVED_DESTINATION)


def test_a_journey_is_told_in_order() -> None:
    changes, told = tell([journey(WAY[:1]), journey(WAY)])

    assert [(change.revision, change.kind, change.state, change.milestone) for change in changes] == [
        (1, ChangeKind.STATUS, State.FIRST_MILE, M.PICKED_UP),
        (2, ChangeKind.STATUS, State.LINEHAUL, M.DEPARTED_ORIGIN),
        (3, ChangeKind.STATUS, State.IMPORT_CUSTOMS, M.ARRIVED_DESTINATION),
    ]
    assert (changes[0].occurred_at, changes[0].recorded_at, changes[0].event_id) == (START, NOW, WAY[0].event_id)
    assert told.revision == 3


def test_the_same_journey_tells_nothing() -> None:
    _, told = tell([journey(WAY)])

    assert publish(journey(WAY[::-1]), told, recorded_at=NOW) == ([], told)


def test_facts_that_move_nothing_are_not_told() -> None:
    _, told = tell([journey(WAY)])

    assert publish(journey([*WAY, fact(M.INFO_NOTED, 9)]), told, recorded_at=NOW) == ([], told)


def test_a_changed_past_is_corrected_by_name() -> None:
    late = at_place(M.EXPORT_CUSTOMS_CLEARED, 0.5)

    changes, _ = tell([journey(WAY), journey([*WAY, late])])

    assert [(change.revision, change.kind, change.state, change.supersedes) for change in changes[3:]] == [
        (4, ChangeKind.CORRECTION, State.IMPORT_CUSTOMS, (2, 3)),
        (5, ChangeKind.STATUS, State.EXPORT, ()),
        (6, ChangeKind.STATUS, State.LINEHAUL, ()),
        (7, ChangeKind.STATUS, State.IMPORT_CUSTOMS, ()),
    ]


def test_a_taken_back_ending_leaves_only_a_correction() -> None:
    delivered = [*WAY, fact(M.DELIVERED, 9, event_id="delivered")]

    changes, told = tell([journey(delivered), journey([*delivered, void("delivered")])])

    assert [(change.kind, change.state, change.supersedes) for change in changes[4:]] == [
        (ChangeKind.CORRECTION, State.IMPORT_CUSTOMS, (4,))
    ]
    assert (changes[4].owner, changes[4].event_id, told.revision) == (Owner.CUSTOMS, None, 5)


def test_a_better_time_for_the_same_event_is_a_correction() -> None:
    moved = WAY[0].model_copy(update={"occurred_at": START - timedelta(hours=1)})

    changes, _ = tell([journey(WAY[:1]), journey([moved])])

    assert [change.kind for change in changes] == [ChangeKind.STATUS, ChangeKind.CORRECTION, ChangeKind.STATUS]


def test_reasons_owner_and_flags_travel() -> None:
    held = at_place(M.CUSTOMS_HELD, 5, reasons=(Reason.CUSTOMS_DUTY_TAX_UNPAID,))
    (*_, change, implied), _ = tell([journey([*WAY, held, at_place(M.ARRIVED_DELIVERY_DEPOT, 6)])])

    assert (change.owner, change.reasons) == (Owner.RECIPIENT, (Reason.CUSTOMS_DUTY_TAX_UNPAID,))
    assert implied.flags == ("IMPLIED:HOLD_RESOLVED",)


def test_alarms_take_a_revision_and_stand_beside_the_sequence() -> None:
    folded = journey(WAY)
    changes, told = tell([folded])

    alarm, told = raise_alarm(folded, told, flag="HOLD_SLA", note="held for three days", event_id="e", recorded_at=NOW)

    assert (alarm.revision, alarm.kind, alarm.state, alarm.flags, alarm.owner) == (
        4,
        ChangeKind.ALARM,
        State.IMPORT_CUSTOMS,
        ("HOLD_SLA",),
        Owner.CUSTOMS,
    )
    assert publish(folded, told, recorded_at=NOW) == ([], told)
    assert held_by_receiver([*changes, alarm]) == sequence(folded)


LOOP = [
    fact(milestone, hour)
    for hour, milestone in enumerate([M.PICKED_UP, *[M.OUT_FOR_DELIVERY, M.DELIVERY_ATTEMPTED] * 100])
]


def test_what_is_remembered_stays_small() -> None:
    lengths = (1, 40, 90, 91, 150, 201)
    changes, told = tell([journey(LOOP[:length]) for length in lengths])

    assert held_by_receiver(changes) == sequence(journey(LOOP))
    assert len(told.statuses) <= MAX_OPEN
    assert (told.settled + len(told.statuses), told.settled_revisions) == (201, ((1, told.settled),))
    assert len(told.model_dump_json()) < 12_000
    assert publish(journey(LOOP), Told.model_validate_json(told.model_dump_json()), recorded_at=NOW) == ([], told)


def test_a_change_in_the_settled_past_tells_everything_again() -> None:
    early = at_place(M.DEPARTED_ORIGIN, 0.5)
    corrected = journey([*LOOP, early])
    # An alarm in between leaves a gap in the settled revisions.
    changes, told = tell([journey(LOOP[:20])])
    alarm, told = raise_alarm(journey(LOOP[:20]), told, flag="SILENCE", note="", event_id=None, recorded_at=NOW)
    more, told = publish(journey(LOOP), told, recorded_at=NOW)

    again, after = publish(corrected, told, recorded_at=NOW)

    assert told.settled_revisions == ((1, 20), (22, told.settled + 1))
    assert again[0].supersedes == (*range(1, 21), *range(22, 203))
    assert held_by_receiver([*changes, alarm, *more, *again]) == sequence(corrected)
    assert publish(corrected, after, recorded_at=NOW) == ([], after)


def test_a_settled_past_that_vanishes_is_taken_back() -> None:
    changes, told = tell([journey(LOOP)])

    again, after = publish(journey(LOOP[:1]), told, recorded_at=NOW)

    assert held_by_receiver([*changes, *again]) == sequence(journey(LOOP[:1]))
    assert (after.settled, after.settled_revisions, len(after.statuses)) == (0, (), 1)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(fact_sets, st.data())
def test_a_receiver_always_holds_the_journey(facts: list[Fact], data: st.DataObject) -> None:
    known: list[Fact] = []
    told, changes = Told(), []
    for arriving in data.draw(st.permutations(facts)):
        known.append(arriving)
        folded = journey(known)

        new, told = publish(folded, told, recorded_at=NOW)

        changes += new
        assert held_by_receiver(changes) == sequence(folded)
        assert publish(folded, told, recorded_at=NOW) == ([], told)
    assert [change.revision for change in changes] == list(range(1, len(changes) + 1))
    assert len({change.revision for change in changes}) == len(changes)
