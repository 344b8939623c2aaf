"""Work on the backlog by hand: raw files taken in, and everything that a crash or an outage left behind."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.intake import Intake
from domain.messages import Delivery, IncomingMessage, MessageStatus
from gateway.acknowledging import Acknowledger, acknowledger
from gateway.answers import AcknowledgementOut
from gateway.dispatch import TemporalDispatcher
from ledger.rows import CarrierAccount
from ledger.store import Ledger
from mappings.trees import format_of
from worker.edi.taking import MEDIA_TYPES
from worker.late import LedgerLateFacts
from worker.processes import connect_temporal, settle_down
from worker.settings import Settings
from worker.wiring import CLOCK, build_intake, load_mappings

_LIMIT: Final = 500


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file. `status` is the message's; counts are facts; an interchange has its answer."""

    name: str
    message_id: str
    is_new: bool
    status: str
    new_facts: int = 0
    known_facts: int = 0
    parked: int = 0
    acknowledgement: AcknowledgementOut | None = None


@dataclass(frozen=True, slots=True)
class Swept:
    """How much was found and done: messages read, facts handed over, shipments started."""

    read: int
    handed_over: int
    started: int


async def take_files(
    settings: Settings, ledger: Ledger, account: CarrierAccount, files: dict[str, bytes]
) -> list[Taken]:
    """Keep and read files as if the account's carrier had sent them, then hand their facts to the shipments.

    Raises:
        HubUnavailableError: Temporal does not answer; the files are kept and read, and the sweep hands them over.
    """
    client = await connect_temporal(settings, lazy=True)
    dispatcher = TemporalDispatcher(client, ledger.registry, LedgerLateFacts(ledger), ledger.journal)
    mappings = load_mappings(settings)
    intake, acknowledge = build_intake(ledger, mappings, dispatcher), acknowledger(mappings)
    taken, deliveries = [], []
    for name, body in files.items():
        outcome, found = _take(intake, account, name, body, acknowledge=acknowledge)
        taken.append(outcome)
        deliveries += found
    try:
        if deliveries:
            await intake.hand_over(deliveries)
    finally:
        await settle_down()
    return taken


def _take(
    intake: Intake, account: CarrierAccount, name: str, body: bytes, *, acknowledge: Acknowledger
) -> tuple[Taken, list[Delivery]]:
    kind = MEDIA_TYPES[format_of(body)]
    stored = intake.keep(
        IncomingMessage(account.tenant, account.account_id, account.dialect, body, kind, received_at=CLOCK.now())
    )
    recorded = intake.read(stored)
    status = stored.status if stored.status is not MessageStatus.KEPT else MessageStatus.READ
    if stored.is_new and not (recorded.new_facts or recorded.known_facts):
        status = MessageStatus.READ
    counted = Taken(
        name,
        stored.message_id,
        stored.is_new,
        status,
        recorded.new_facts,
        recorded.known_facts,
        recorded.parked,
        AcknowledgementOut.of(acknowledge(stored)),
    )
    return counted, list(recorded.deliveries)


async def sweep(settings: Settings, ledger: Ledger, *, older_than: timedelta) -> Swept:
    """Read what was not read, hand over what was not handed over, start what was not started."""
    client = await connect_temporal(settings)
    dispatcher = TemporalDispatcher(client, ledger.registry, LedgerLateFacts(ledger), ledger.journal)
    intake = build_intake(ledger, load_mappings(settings), dispatcher)
    try:
        left = intake.left_behind(older_than=older_than)
        for message in left:
            intake.read(message)
        # Those just read are younger than the limit, and wanted now all the same.
        handed_over = await intake.sweep(older_than=timedelta() if left else older_than)
        unstarted = ledger.registry.unstarted(before=CLOCK.now() - older_than, limit=_LIMIT)
        for plan in unstarted:
            await dispatcher.start(plan)
    finally:
        await settle_down()
    return Swept(len(left), handed_over, len(unstarted))
