"""Somebody with a shell changes the database; verification has to name what and where."""

import pytest

from domain.audit import EntryKind
from domain.errors import PayloadUnreadableError
from domain.facts import Fact
from domain.messages import StoredMessage
from domain.normalised import Normalised
from domain.states import State
from ledger.findings import Finding
from ledger.store import Ledger
from tests.integration.ledger.made import change, commit, entry, fact, plan, read, snapshot, take_in, tamper


@pytest.fixture
def message(ledger: Ledger) -> StoredMessage:
    """Two shipments of one tenant and one of another, each with a fact, a state and a change."""
    ledger.registry.register(plan("S1", "A1"))
    ledger.registry.register(plan("S2", "A2"))
    ledger.registry.register(plan("S1", "A1", tenant="brio"))
    kept = take_in(ledger, fact("e_1", number="A1"), fact("e_2", number="A2"), body=b"first")
    other = take_in(ledger, fact("e_1", number="A1"), body=b"brio", tenant="brio")
    for tenant, shipment_id, event_id, message_id in (
        ("acme", "S1", "e_1", kept.message_id),
        ("acme", "S2", "e_2", kept.message_id),
        ("brio", "S1", "e_1", other.message_id),
    ):
        ledger.journal.commit(
            commit(
                shipment_id,
                entry(1, EntryKind.REGISTERED, reference=None),
                entry(2, EntryKind.FACT, event_id=event_id, message_id=message_id),
                entry(3, EntryKind.STATE, state="FIRST_MILE"),
                entry(4, EntryKind.COMMAND, note="called the depot"),
                tenant=tenant,
                changes=[change(1)],
            )
        )
    return kept


def found(ledger: Ledger) -> list[tuple[Finding, str, str | None, int | None]]:
    return [(one.finding, one.tenant, one.shipment_id, one.seq) for one in ledger.verify().faults]


@pytest.mark.usefixtures("message")
def test_an_untouched_ledger_is_intact(ledger: Ledger) -> None:
    report = ledger.verify()

    assert report.is_intact
    assert (report.shipments, report.entries, report.messages, report.facts, report.rederived) == (3, 12, 2, 3, 0)


@pytest.mark.usefixtures("message")
def test_a_scope_narrows_what_is_read(ledger: Ledger) -> None:
    tenant, shipment = ledger.verify("brio"), ledger.verify("acme", "S2")

    assert (tenant.shipments, tenant.entries, tenant.messages, tenant.facts) == (1, 4, 1, 1)
    assert (shipment.shipments, shipment.entries, shipment.messages, shipment.facts) == (1, 4, 1, 1)


@pytest.mark.usefixtures("message")
def test_a_changed_body_is_named(ledger: Ledger) -> None:
    tamper(
        ledger,
        "UPDATE audit_entries SET body = :body WHERE tenant = 'acme' AND shipment_id = 'S1' AND seq = 4",
        body='{"note":"never called"}',
    )

    assert found(ledger) == [(Finding.CHAIN_BROKEN, "acme", "S1", 4)]
    assert ledger.verify("brio").is_intact


@pytest.mark.usefixtures("message")
@pytest.mark.parametrize(
    "edit", ["kind = 'ALARM'", "kind = 'NONSENSE'", "body = '['", "body = '[]'", "event_id = 'e_2'", "hash = 'x'"]
)
def test_any_changed_column_of_an_entry_is_named(ledger: Ledger, edit: str) -> None:
    tamper(
        ledger,
        f"UPDATE audit_entries SET {edit} WHERE tenant = 'acme' AND shipment_id = 'S1' AND seq = 2",  # noqa: S608 - fixed
    )

    assert (Finding.CHAIN_BROKEN, "acme", "S1", 2) in found(ledger)


@pytest.mark.usefixtures("message")
def test_a_changed_time_is_named(ledger: Ledger) -> None:
    tamper(
        ledger,
        "UPDATE audit_entries SET at = (SELECT at FROM audit_entries WHERE tenant = 'acme' AND shipment_id = 'S1'"
        " AND seq = 1) WHERE tenant = 'acme' AND shipment_id = 'S1' AND seq = 4",
    )

    assert found(ledger) == [(Finding.CHAIN_BROKEN, "acme", "S1", 4)]


@pytest.mark.usefixtures("message")
def test_an_entry_rewritten_with_a_fitting_hash_breaks_the_next_one(ledger: Ledger) -> None:
    second = ledger.reads.timeline("acme", "S1")[1]
    from domain.audit import entry_hash

    forged = entry(3, EntryKind.STATE, state="FIRST_MILE", why="because")
    digest = entry_hash(second.hash, tenant="acme", shipment_id="S1", entry=forged)
    tamper(
        ledger,
        "UPDATE audit_entries SET body = :body, hash = :hash WHERE tenant = 'acme' AND shipment_id = 'S1' AND seq = 3",
        body='{"state":"FIRST_MILE","why":"because"}',
        hash=digest,
    )

    assert found(ledger) == [(Finding.CHAIN_BROKEN, "acme", "S1", 4)]


@pytest.mark.usefixtures("message")
@pytest.mark.parametrize(
    ("seq", "expected"),
    [(1, (Finding.SEQ_GAP, "acme", "S1", 2)), (2, (Finding.SEQ_GAP, "acme", "S1", 3))],
)
def test_a_removed_entry_is_named(ledger: Ledger, seq: int, expected: tuple[Finding, str, str, int]) -> None:
    tamper(ledger, "DELETE FROM audit_entries WHERE tenant = 'acme' AND shipment_id = 'S1' AND seq = :seq", seq=seq)

    assert found(ledger) == [expected]


@pytest.mark.usefixtures("message")
def test_a_removed_last_entry_is_named(ledger: Ledger) -> None:
    tamper(ledger, "DELETE FROM audit_entries WHERE tenant = 'acme' AND shipment_id = 'S1' AND seq = 4")

    assert found(ledger) == [(Finding.HEAD_MISMATCH, "acme", "S1", 3)]


@pytest.mark.usefixtures("message")
def test_a_removed_chain_is_named(ledger: Ledger) -> None:
    tamper(ledger, "DELETE FROM audit_entries WHERE tenant = 'acme' AND shipment_id = 'S1'")

    assert found(ledger) == [(Finding.HEAD_MISMATCH, "acme", "S1", None)]


@pytest.mark.usefixtures("message")
def test_a_removed_shipment_is_named(ledger: Ledger) -> None:
    tamper(ledger, "DELETE FROM shipments WHERE tenant = 'acme' AND shipment_id = 'S1'")

    assert found(ledger) == [(Finding.HEAD_MISMATCH, "acme", "S1", 4)]


@pytest.mark.usefixtures("message")
def test_reordered_entries_are_named(ledger: Ledger) -> None:
    for old, new in ((3, 99), (4, 3), (99, 4)):
        tamper(
            ledger,
            "UPDATE audit_entries SET seq = :new WHERE tenant = 'acme' AND shipment_id = 'S1' AND seq = :old",
            old=old,
            new=new,
        )

    assert {(Finding.CHAIN_BROKEN, "acme", "S1", 3), (Finding.CHAIN_BROKEN, "acme", "S1", 4)} <= set(found(ledger))


def test_changed_raw_bytes_are_named(ledger: Ledger, message: StoredMessage) -> None:
    tamper(ledger, "UPDATE messages SET body = :body WHERE tenant = 'acme'", body=b"second")

    [fault] = ledger.verify().faults
    assert (fault.finding, fault.tenant, fault.message_id) == (Finding.RAW_CHANGED, "acme", message.message_id)


def test_removed_raw_bytes_are_named_with_each_fact(ledger: Ledger, message: StoredMessage) -> None:
    tamper(ledger, "DELETE FROM messages WHERE tenant = 'acme'")

    faults = ledger.verify().faults
    assert sorted((one.finding, one.shipment_id, one.event_id, one.message_id) for one in faults) == [
        (Finding.RAW_MISSING, "S1", "e_1", message.message_id),
        (Finding.RAW_MISSING, "S2", "e_2", message.message_id),
    ]


@pytest.mark.usefixtures("message")
def test_a_removed_fact_is_named(ledger: Ledger) -> None:
    tamper(ledger, "DELETE FROM facts WHERE tenant = 'acme' AND event_id = 'e_1'")

    [fault] = ledger.verify().faults
    assert (fault.finding, fault.shipment_id, fault.seq, fault.event_id) == (Finding.FACT_MISSING, "S1", 2, "e_1")


@pytest.mark.usefixtures("message")
def test_a_changed_read_model_is_named(ledger: Ledger) -> None:
    tamper(ledger, "UPDATE shipments SET state = 'DELIVERED' WHERE tenant = 'acme' AND shipment_id = 'S1'")
    tamper(ledger, "UPDATE journeys SET body = '{\"state\":\"LOST\"}' WHERE tenant = 'acme' AND shipment_id = 'S2'")

    faults = ledger.verify().faults
    assert [(one.finding, one.shipment_id, one.detail) for one in faults] == [
        (Finding.READ_MODEL_CHANGED, "S1", "snapshot says DELIVERED, the chain FIRST_MILE"),
        (Finding.READ_MODEL_CHANGED, "S2", "journey says LOST, the chain FIRST_MILE"),
    ]


@pytest.mark.usefixtures("message")
def test_a_removed_change_of_the_feed_is_named(ledger: Ledger) -> None:
    tamper(ledger, "DELETE FROM changes WHERE tenant = 'acme' AND cursor = 1")

    [fault] = ledger.verify().faults
    assert (fault.finding, fault.tenant, fault.detail) == (Finding.FEED_GAP, "acme", "1 changes up to 2, counted 2")


@pytest.mark.usefixtures("message")
def test_every_fact_is_derived_again_from_its_raw_bytes(ledger: Ledger) -> None:
    report = ledger.verify(rederive=again)

    assert (report.is_intact, report.rederived) == (True, 3)


@pytest.mark.usefixtures("message")
def test_a_fact_that_the_bytes_do_not_hold_is_named(ledger: Ledger) -> None:
    report = ledger.verify("acme", rederive=lambda message: read(*derived(message)[:1]))

    [fault] = report.faults
    assert (fault.finding, fault.shipment_id, fault.event_id) == (Finding.FACT_NOT_REDERIVED, "S2", "e_2")


@pytest.mark.usefixtures("message")
def test_bytes_that_cannot_be_read_any_more_are_named_with_each_fact(ledger: Ledger) -> None:
    def refuse(_: StoredMessage) -> Normalised:
        raise PayloadUnreadableError("not JSON")

    faults = ledger.verify("acme", rederive=refuse).faults
    assert [one.finding for one in faults] == [Finding.FACT_NOT_REDERIVED] * 2


@pytest.mark.usefixtures("message")
@pytest.mark.parametrize("forged", ["{}", '{"event_id":"e_9"}'])
def test_a_changed_fact_is_named(ledger: Ledger, forged: str) -> None:
    tamper(ledger, "UPDATE facts SET body = :body WHERE tenant = 'acme' AND event_id = 'e_1'", body=forged)

    [fault] = ledger.verify(rederive=again).faults
    assert (fault.finding, fault.event_id) == (Finding.FACT_CHANGED, "e_1")


def test_a_changed_word_of_a_fact_is_named(ledger: Ledger, message: StoredMessage) -> None:
    forged = derived(message)[0].model_copy(update={"note": "left with neighbour"})
    tamper(
        ledger,
        "UPDATE facts SET body = :body WHERE tenant = 'acme' AND event_id = 'e_1'",
        body=forged.model_dump_json(exclude_none=True),
    )

    [fault] = ledger.verify(rederive=again).faults
    assert (fault.finding, fault.event_id) == (Finding.FACT_CHANGED, "e_1")


@pytest.mark.usefixtures("message")
def test_a_newer_mapping_may_read_the_same_event_otherwise(ledger: Ledger) -> None:
    def newer(message: StoredMessage) -> Normalised:
        source = {"mapping_version": "2"}
        return read(
            *(
                one.model_copy(update={"note": "better", "source": one.source.model_copy(update=source)})
                for one in derived(message)
            )
        )

    assert ledger.verify(rederive=newer).is_intact


def test_a_hub_made_fact_needs_no_message(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1"))
    ledger.journal.commit(
        commit("S1", entry(1, EntryKind.FACT, event_id="e_hub", message_id=None), shown=snapshot(State.CREATED))
    )

    assert ledger.verify().is_intact


def derived(message: StoredMessage) -> list[Fact]:
    """Return the facts of the fixture's messages again, as a normaliser would."""
    numbers = {"acme": (("e_1", "A1"), ("e_2", "A2")), "brio": (("e_1", "A1"),)}
    return [fact(event_id, number=number, message=message) for event_id, number in numbers[message.tenant]]


def again(message: StoredMessage) -> Normalised:
    return read(*derived(message))
