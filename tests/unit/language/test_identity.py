"""Identifiers, the audit hash and the error envelope."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.audit import GENESIS, AuditEntry, EntryKind, entry_hash
from domain.errors import MAX_EVIDENCE, HubError, PartnerUnavailableError
from domain.ids import event_id, message_id, shipment_workflow
from domain.publication import ChangeKind, Publication, StatusChange
from domain.queues import ERP, SHIPMENTS
from domain.states import State

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def entry(**body: object) -> AuditEntry:
    return AuditEntry(seq=1, kind=EntryKind.FACT, at=AT, body=body)


def test_an_event_id_depends_on_every_part_and_its_place() -> None:
    ids = {
        event_id("a", "b"),
        event_id("b", "a"),
        event_id("ab", ""),
        event_id("a", "b", None),
        event_id("a", "b", 0),
    }

    assert len(ids) == 5
    assert event_id("a", "b") == event_id("a", "b")
    assert {len(value) for value in ids} == {32}


def test_bytes_are_named_by_their_content() -> None:
    assert message_id(b"") == "m_e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_shipment_has_one_workflow() -> None:
    assert shipment_workflow("acme", "S1") == "shipment/acme/S1"
    assert len({SHIPMENTS, ERP}) == 2


def test_an_audit_hash_covers_everything() -> None:
    def hashed(previous: str = GENESIS, tenant: str = "acme", shipment_id: str = "S1", **body: object) -> str:
        return entry_hash(previous, tenant=tenant, shipment_id=shipment_id, entry=entry(**body))

    hashes = [
        hashed(),
        hashed("f" * 64),
        hashed(tenant="other"),
        hashed(shipment_id="S2"),
        hashed(milestone="DELIVERED"),
    ]

    assert len(set(hashes)) == 5
    assert hashed(a=1, b=2) == hashed(b=2, a=1)


def test_a_publication_is_named_by_its_newest_revision() -> None:
    changes = tuple(
        StatusChange(revision=revision, kind=ChangeKind.STATUS, state=State.FIRST_MILE, recorded_at=AT)
        for revision in (3, 4)
    )

    publication = Publication(tenant="acme", shipment_id="S1", connection="shop", changes=changes)

    assert publication.message_id == "acme:S1:4"


def test_errors_keep_short_evidence_and_no_secrets() -> None:
    error = PartnerUnavailableError("no answer", retry_after=timedelta(seconds=5), status=503, body="x" * 5_000)

    assert (error.retryable, error.code, error.evidence["status"]) == (True, "partner_unavailable", 503)
    assert len(str(error.evidence["body"])) == MAX_EVIDENCE
    with pytest.raises(ValueError, match="looks like a secret"):
        HubError("no", access_token="x")
