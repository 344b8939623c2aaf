"""What a shipment workflow knows and decides, without Temporal: messages go in, one ledger commit comes out.

A worker can die between a local commit and the end of its workflow task. The task is then done again, and the
server may meanwhile have put more messages behind those of the first time. So what is committed locally must be a
beginning of what would be committed with more messages: every batch is folded by itself, in the order of the
history, and no entry's content depends on the clock or on where a workflow task happened to end.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from domain.audit import AuditEntry, EntryKind, LedgerCommit, ShipmentSnapshot
from domain.commanding import facts_of
from domain.commands import Command, CommandAnswer, CommandKind
from domain.deadlines import Deadline, DeadlineKind, is_ended, next_deadline
from domain.facts import Fact, FactBatch
from domain.fold import fold
from domain.publication import Publication, PushResult, StatusChange
from domain.publishing import publish, raise_alarm
from domain.shipments import ShipmentPlan
from workflows import entries
from workflows.model import Carried, Limits, ShipmentStart
from workflows.silence import tracking_stale

BEYOND_LIMIT = "beyond_limit"


class ShipmentRecord:
    """The state of one shipment between messages. Only `commit` empties it; nothing else has a side effect."""

    def __init__(self, start: ShipmentStart) -> None:
        carried = start.carried
        self.plan: ShipmentPlan = start.plan
        self.told = carried.told
        self.seq = carried.seq
        self.is_ending = carried.is_ending
        self._limits: Limits = start.limits
        self._facts = {fact.event_id: fact for fact in carried.facts}
        self._raised = carried.raised
        self._answers = {answer.command_id: answer for answer in carried.answers}
        self._overflow = dict.fromkeys(carried.overflow)
        self._updated_at = carried.updated_at or start.plan.registered_at
        # Notes wait with the history length at which they were written; those of an earlier run may go at once.
        self._notes: list[tuple[int, AuditEntry]] = [(0, note) for note in carried.notes]
        self._opening = [] if carried.seq else [_registration(start.plan)]
        self._entries: list[AuditEntry] = []
        self._changes: list[StatusChange] = []
        self.journey = fold(self._facts.values(), self.plan)

    @property
    def facts(self) -> int:
        """How many facts are folded."""
        return len(self._facts)

    @property
    def deadline(self) -> Deadline | None:
        """The earliest moment at which the hub has to raise its voice, if nothing happens before."""
        return next_deadline(self.journey, self.plan, self._raised)

    def answer(self, command_id: str) -> CommandAnswer | None:
        """Return the answer that a command got before."""
        known = self._answers.get(command_id)
        return None if known is None else known.model_copy(update={"repeated": True})

    def take(self, batch: FactBatch) -> None:
        """Merge one batch; facts that are known change nothing."""
        new: dict[str, Fact] = {}
        for fact in batch.facts:
            if fact.event_id in self._facts or fact.event_id in self._overflow or fact.event_id in new:
                continue
            if len(self._facts) + len(new) < self._limits.facts:
                new[fact.event_id] = fact
            else:
                self._leave_to_the_ledger(fact)
        if new:
            self._merge(new.values(), at=max(fact.recorded_at for fact in new.values()))

    def obey(self, command: Command) -> CommandAnswer:
        """Do what the command asks and remember the answer.

        Raises:
            CommandRefusedError: The state does not allow it; nothing has changed.
        """
        known = self.answer(command.command_id)
        if known is not None:
            return known
        facts = facts_of(command, self.journey, self.plan)
        if command.kind is CommandKind.ADD_LEG and command.leg is not None:
            self.plan = self.plan.model_copy(update={"legs": (*self.plan.legs, command.leg)})
        event_ids = tuple(fact.event_id for fact in facts)
        self._write(EntryKind.COMMAND, command.at, entries.commanded(command, event_ids))
        self._merge([fact for fact in facts if fact.event_id not in self._facts], at=command.at)
        answer = CommandAnswer(
            command_id=command.command_id,
            state=self.journey.state.value,
            revision=self.told.revision,
            event_ids=event_ids,
            outcome="accepted",
        )
        self._answers[command.command_id] = answer
        _forget_oldest(self._answers, keep=self._limits.answers)
        return answer

    def ring(self, now: datetime) -> None:
        """Act on every deadline that has passed; each is acted on once."""
        while (deadline := self.deadline) is not None and deadline.at <= now:
            self._raised = self._raised.including(deadline)
            match deadline.kind:
                case DeadlineKind.SILENCE:
                    self._merge([tracking_stale(self.plan, deadline, recorded_at=now)], at=now)
                case DeadlineKind.ENDING_GRACE:
                    self.is_ending = True
                case _:
                    self._alarm(deadline, now)

    def note_push(self, publication: Publication, result: PushResult, *, at: datetime, born: int) -> None:
        """Keep the outcome of a push for the chain; `born` is the length of the history so far."""
        note = AuditEntry(seq=0, kind=EntryKind.PUBLISHED, at=at, body=entries.published(publication, result))
        self._notes.append((born, note))

    @property
    def may_end(self) -> bool:
        """Whether the grace after an ending is over and the ending still holds."""
        return self.is_ending and is_ended(self.journey)

    def end(self, at: datetime) -> None:
        """Close the chain."""
        self._write(EntryKind.ENDED, at, {"state": self.journey.state.value, "revision": self.told.revision})

    def commit(self, *, born_before: int | None) -> LedgerCommit | None:
        """Take out what has to be written, None when there is nothing.

        Args:
            born_before: Only notes from before this history length may go: for a local commit, whose workflow task
                may be lost. None takes all: for a commit that is in the history before it is made.
        """
        ripe = [note for born, note in self._notes if born_before is None or born < born_before]
        # Who registered the shipment writes the first entry; here it only goes along with others.
        if not self._entries and (born_before is not None or not ripe):
            return None
        self._notes = [(born, note) for born, note in self._notes if born_before is not None and born >= born_before]
        numbered = tuple(
            entry.model_copy(update={"seq": self.seq + place})
            for place, entry in enumerate([*self._opening, *ripe, *self._entries], start=1)
        )
        changes = tuple(self._changes)
        self.seq += len(numbered)
        self._opening, self._entries, self._changes = [], [], []
        return LedgerCommit(
            tenant=self.plan.tenant,
            shipment_id=self.plan.shipment_id,
            entries=numbered,
            changes=changes,
            snapshot=self._snapshot(numbered[-1].at),
            journey=self.journey.model_dump(mode="json", exclude_none=True),
        )

    def carried(self) -> Carried:
        """Return what the next run has to know; the caller adds what is not the record's."""
        return Carried(
            facts=tuple(self._facts.values()),
            told=self.told,
            raised=self._raised,
            seq=self.seq,
            updated_at=self._updated_at,
            answers=tuple(self._answers.values()),
            overflow=tuple(self._overflow),
            notes=tuple(note for _, note in self._notes),
            is_ending=self.is_ending,
        )

    def _leave_to_the_ledger(self, fact: Fact) -> None:
        self._overflow[fact.event_id] = None
        _forget_oldest(self._overflow, keep=self._limits.overflow)
        body = {"event_id": fact.event_id, "flag": BEYOND_LIMIT, "milestone": fact.milestone.value}
        self._write(EntryKind.ANOMALY, fact.recorded_at, body)

    def _merge(self, facts: Iterable[Fact], *, at: datetime) -> None:
        for fact in facts:
            self._facts[fact.event_id] = fact
            self._write(EntryKind.FACT, fact.recorded_at, entries.fact(fact))
        known = {(anomaly.event_id, anomaly.flag) for anomaly in self.journey.anomalies}
        self.journey = fold(self._facts.values(), self.plan)
        for anomaly in self.journey.anomalies:
            if (anomaly.event_id, anomaly.flag) not in known:
                self._write(EntryKind.ANOMALY, at, entries.anomaly(anomaly))
        changes, self.told = publish(self.journey, self.told, recorded_at=at)
        for change in changes:
            self._write(EntryKind.STATE, at, entries.state(change))
        self._changes.extend(changes)

    def _alarm(self, deadline: Deadline, now: datetime) -> None:
        change, self.told = raise_alarm(
            self.journey,
            self.told,
            flag=deadline.kind.value,
            note=entries.ALARM_NOTES[deadline.kind],
            event_id=deadline.event_ids[0] if deadline.event_ids else None,
            recorded_at=now,
        )
        self._write(EntryKind.ALARM, now, entries.alarm(change, deadline))
        self._changes.append(change)

    def _write(self, kind: EntryKind, at: datetime, body: dict[str, Any]) -> None:
        self._entries.append(AuditEntry(seq=0, kind=kind, at=at, body=body))

    def _snapshot(self, at: datetime) -> ShipmentSnapshot:
        # The ledger keeps the snapshot with the newest time, and facts are not delivered in the order of theirs.
        self._updated_at = at if self._updated_at is None else max(at, self._updated_at)
        return entries.snapshot(
            self.journey, self.plan, revision=self.told.revision, facts=len(self._facts), at=self._updated_at
        )


def registration(plan: ShipmentPlan) -> LedgerCommit:
    """Return the commit that opens the chain, for whoever started the workflow of a registered shipment.

    It costs no workflow task. The workflow writes the same entry before its first own one, in case nobody has.
    """
    opening = _registration(plan)
    # Just before anything that the workflow writes: a late opening must not put back an empty snapshot.
    snapshot = entries.snapshot(fold((), plan), plan, revision=0, facts=0, at=opening.at - timedelta.resolution)
    return LedgerCommit(
        tenant=plan.tenant,
        shipment_id=plan.shipment_id,
        entries=(opening.model_copy(update={"seq": 1}),),
        snapshot=snapshot,
    )


def _registration(plan: ShipmentPlan) -> AuditEntry:
    if plan.registered_at is None:
        raise ValueError("a shipment has a registration time before it has a workflow")
    return AuditEntry(seq=0, kind=EntryKind.REGISTERED, at=plan.registered_at, body=entries.registered(plan))


def _forget_oldest(memory: dict[str, Any], *, keep: int) -> None:
    while len(memory) > keep:
        del memory[next(iter(memory))]
