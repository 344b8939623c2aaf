from dataclasses import replace

import pytest

from domain.erp_records import DeliveryStatus, ErpRecord
from domain.errors import NotFoundError
from domain.states import State
from ledger.store import Ledger
from tests.integration.ledger.conftest import START
from tests.integration.ledger.made import commit, plan, snapshot

MIRROR = ErpRecord(
    tenant="main",
    connection="shop",
    record="stock.shipment.out,1",
    shipment_id="shop-1",
    number="1",
    order="7",
    version="100.1",
    address_ref="p_home",
)


def kept(ledger: Ledger, mirror: ErpRecord = MIRROR) -> ErpRecord:
    found = ledger.erp_records.get(mirror.tenant, mirror.connection, mirror.record)
    assert found is not None
    return found


def keep(ledger: Ledger, mirror: ErpRecord) -> None:
    before = ledger.erp_records.get(mirror.tenant, mirror.connection, mirror.record)
    assert ledger.erp_records.settle(before, mirror)


def test_a_mirror_is_found_by_record_and_by_shipment(ledger: Ledger) -> None:
    keep(ledger, MIRROR)
    keep(ledger, MIRROR)

    assert kept(ledger) == MIRROR
    assert ledger.erp_records.of_shipment("main", "shop", "shop-1") == MIRROR
    assert ledger.erp_records.of_shipment("main", "other", "shop-1") is None
    assert ledger.erp_records.of_shipment("other", "shop", "shop-1") is None


def test_a_record_that_replaced_another_stands_for_the_shipment(ledger: Ledger) -> None:
    keep(ledger, replace(MIRROR, gone_at=START))
    newer = replace(MIRROR, record="stock.shipment.out,5", number="5")
    keep(ledger, newer)

    assert ledger.erp_records.of_shipment("main", "shop", "shop-1") == newer


def test_open_records_are_those_that_are_there_and_whose_shipments_go_on(ledger: Ledger) -> None:
    for name in ("S1", "S2", "S3"):
        ledger.registry.register(plan(name, tenant="main"))
    ledger.journal.commit(commit("S3", tenant="main", shown=snapshot(State.DELIVERED, is_ended=True)))
    keep(ledger, replace(MIRROR, record="r1", shipment_id="S1"))
    keep(ledger, replace(MIRROR, record="r2", shipment_id="S1", gone_at=START))
    keep(ledger, replace(MIRROR, record="r3", shipment_id="S2", status=DeliveryStatus.CANCELLED))
    keep(ledger, replace(MIRROR, record="r4", shipment_id="S3"))

    assert [mirror.record for mirror in ledger.erp_records.open("main", "shop")] == ["r1", "r3"]


def test_a_mirror_that_has_changed_since_is_not_settled(ledger: Ledger) -> None:
    keep(ledger, MIRROR)
    ledger.erp_records.offer(MIRROR, "p_pickup_point")

    assert not ledger.erp_records.settle(MIRROR, replace(MIRROR, version="300.3"))
    assert not ledger.erp_records.settle(None, replace(MIRROR, version="300.3"))
    assert kept(ledger) == replace(MIRROR, offered_ref="p_pickup_point")


def test_shipments_that_were_registered_under_an_orders_number_are_found_until_they_are_bound(ledger: Ledger) -> None:
    for name, reference in {"S1": "WEB-1", "S2": "WEB-2", "S3": "WEB-1"}.items():
        ledger.registry.register(plan(name, tenant="main", reference=reference))
    ledger.registry.register(plan("S4", tenant="main", reference="WEB-1", connections=("other",)))

    assert ledger.shipment_views.named("main", "shop", {"WEB-1", "SO7"}) == ["S1", "S3"]
    keep(ledger, replace(MIRROR, shipment_id="S1"))
    assert ledger.shipment_views.named("main", "shop", {"WEB-1", "SO7"}) == ["S3"]


def test_a_write_that_changed_only_what_is_the_hubs_is_no_news(ledger: Ledger) -> None:
    keep(ledger, MIRROR)

    ledger.erp_records.wrote(MIRROR, version="200.2", status=DeliveryStatus.SENT, address_ref="p_home")

    assert kept(ledger) == replace(MIRROR, version="200.2", status=DeliveryStatus.SENT, writes=1)


@pytest.mark.parametrize(
    ("status", "address_ref"),
    [(DeliveryStatus.CANCELLED, "p_home"), (DeliveryStatus.OPEN, "p_moved"), (DeliveryStatus.CANCELLED, None)],
)
def test_what_a_clerk_changed_before_the_hubs_write_is_still_news(
    ledger: Ledger, status: DeliveryStatus, address_ref: str | None
) -> None:
    keep(ledger, MIRROR)

    ledger.erp_records.wrote(MIRROR, version="200.2", status=status, address_ref=address_ref)

    assert kept(ledger) == replace(MIRROR, writes=1)


def test_a_write_to_a_record_that_was_never_read_makes_its_mirror(ledger: Ledger) -> None:
    ledger.erp_records.wrote(MIRROR, version="200.2", status=DeliveryStatus.OPEN, address_ref="p_home")

    assert kept(ledger) == replace(MIRROR, version="200.2", writes=1)


def test_reading_does_not_forget_how_often_was_written(ledger: Ledger) -> None:
    ledger.erp_records.wrote(MIRROR, version="200.2", status=DeliveryStatus.OPEN, address_ref="p_home")

    keep(ledger, replace(MIRROR, version="300.3", asked=1))

    assert kept(ledger) == replace(MIRROR, version="300.3", asked=1, writes=1)


def test_an_address_that_was_offered_is_no_news_once_it_is_there(ledger: Ledger) -> None:
    keep(ledger, MIRROR)
    ledger.erp_records.offer(MIRROR, "p_pickup_point")
    assert kept(ledger) == replace(MIRROR, offered_ref="p_pickup_point")

    ledger.erp_records.wrote(MIRROR, version="200.2", status=DeliveryStatus.OPEN, address_ref="p_pickup_point")

    assert kept(ledger) == replace(MIRROR, version="200.2", address_ref="p_pickup_point", writes=1)


def test_an_offer_that_was_not_taken_yet_changes_nothing(ledger: Ledger) -> None:
    keep(ledger, MIRROR)
    ledger.erp_records.offer(MIRROR, "p_pickup_point")

    ledger.erp_records.wrote(MIRROR, version="200.2", status=DeliveryStatus.OPEN, address_ref="p_home")

    assert kept(ledger) == replace(MIRROR, version="200.2", offered_ref="p_pickup_point", writes=1)


def test_a_view_is_the_shipment_as_last_written(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1"))

    seen = ledger.shipment_views.view("acme", "S1")

    assert (seen.plan.shipment_id, seen.state, seen.stage, seen.is_ended) == ("S1", State.CREATED, State.CREATED, False)
    with pytest.raises(NotFoundError):
        ledger.shipment_views.view("other", "S1")


def test_after_an_erasure_no_address_is_compared(ledger: Ledger) -> None:
    keep(ledger, MIRROR)
    ledger.private.put("main", "shop-1", "erp_address", {"city": "Berlin"})
    ledger.private.erase("main", "shop-1")

    ref = ledger.shipment_views.put_details("main", "shop-1", "erp_address", {"city": "Berlin"})
    ledger.erp_records.wrote(MIRROR, version="200.2", status=DeliveryStatus.OPEN, address_ref=ref)

    assert ref is None
    assert kept(ledger) == replace(MIRROR, version="200.2", writes=1)


def test_a_fact_without_personal_data_has_no_details(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1"))

    assert ledger.shipment_views.details("acme", "S1", "no-such-event") is None
