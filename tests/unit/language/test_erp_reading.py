"""What a reading of an order system says that the hub does not know."""

from dataclasses import replace

import pytest

from domain.erp_reading import News, legs_of, news_of, plan_of, settled, shipment_id_of
from domain.erp_records import DeliveryStatus, ErpDelivery, ErpParcel, ErpRecord
from domain.shipments import Leg

DELIVERY = ErpDelivery(
    record="out,5", version="2", number="OUT5", status=DeliveryStatus.OPEN, order="SO3", order_reference="WEB-1"
)
MIRROR = ErpRecord(
    tenant="main",
    connection="shop",
    record="out,5",
    shipment_id="shop-OUT5",
    number="OUT5",
    order="SO3",
    version="1",
    address_ref="p_home",
    offered_ref="p_shop",
    asked=1,
    writes=4,
)


@pytest.mark.parametrize(
    ("before", "now", "address", "news"),
    [
        (None, DeliveryStatus.DRAFT, "p_home", ()),
        (None, DeliveryStatus.OPEN, "p_home", (News.APPEARED,)),
        (None, DeliveryStatus.SENT, "p_home", (News.APPEARED,)),
        (None, DeliveryStatus.DONE, "p_home", ()),
        (None, DeliveryStatus.CANCELLED, "p_home", ()),
        (DeliveryStatus.OPEN, DeliveryStatus.OPEN, "p_home", ()),
        (DeliveryStatus.OPEN, DeliveryStatus.DONE, "p_home", ()),
        (DeliveryStatus.OPEN, DeliveryStatus.OPEN, "p_shop", ()),
        (DeliveryStatus.OPEN, DeliveryStatus.OPEN, "p_other", (News.MOVED,)),
        (DeliveryStatus.SENT, DeliveryStatus.SENT, "p_other", (News.MOVED,)),
        (DeliveryStatus.OPEN, DeliveryStatus.OPEN, None, ()),
        (DeliveryStatus.OPEN, DeliveryStatus.CANCELLED, "p_home", (News.CANCELLED,)),
        (DeliveryStatus.SENT, DeliveryStatus.CANCELLED, "p_other", (News.CANCELLED,)),
        (DeliveryStatus.CANCELLED, DeliveryStatus.CANCELLED, "p_other", ()),
        (DeliveryStatus.CANCELLED, DeliveryStatus.DRAFT, "p_home", ()),
        (DeliveryStatus.CANCELLED, DeliveryStatus.OPEN, "p_home", (News.REVIVED,)),
    ],
)
def test_news_is_what_the_mirror_does_not_have(
    before: DeliveryStatus | None, now: DeliveryStatus, address: str | None, news: tuple[News, ...]
) -> None:
    mirror = None if before is None else replace(MIRROR, status=before)

    assert news_of(mirror, replace(DELIVERY, status=now), address) == news


def test_nothing_is_news_once_it_is_settled() -> None:
    moved = replace(DELIVERY, status=DeliveryStatus.SENT)

    after = settled(MIRROR, moved, "p_other", asked=1)

    assert after == replace(MIRROR, version="2", status=DeliveryStatus.SENT, address_ref="p_other", asked=2)
    assert news_of(after, moved, "p_other") == ()


def test_an_offer_that_was_taken_is_the_address_from_then_on() -> None:
    assert settled(MIRROR, DELIVERY, "p_shop") == replace(MIRROR, version="2", address_ref="p_shop", offered_ref=None)


def test_after_an_erasure_the_mirror_keeps_what_it_had() -> None:
    assert settled(MIRROR, DELIVERY, None) == replace(MIRROR, version="2")


@pytest.mark.parametrize(
    ("number", "again", "wanted"),
    [
        ("OUT5", 0, "shop-OUT5"),
        ("OUT5", 2, "shop-OUT5.2"),
        ("OUT/2026/5", 0, "shop-OUT-2026-5-8624caaf"),
        ("OUT 2026 5", 0, "shop-OUT-2026-5-26c67d40"),
    ],
)
def test_a_shipment_is_named_after_the_deliverys_number(number: str, again: int, wanted: str) -> None:
    assert shipment_id_of("shop", number, again=again) == wanted


def test_a_long_number_still_makes_an_id() -> None:
    assert len(shipment_id_of("shop", "9" * 500)) == 120


def test_a_plan_says_where_to_and_for_which_order() -> None:
    plan = plan_of("main", "shop", replace(DELIVERY, country="DE"), shipment_id="shop-OUT5")

    assert (plan.reference, plan.destination_country, plan.connections) == ("WEB-1", "DE", ("shop",))


@pytest.mark.parametrize(
    ("carrier", "number", "parcels", "legs"),
    [
        (None, "TN-1", (), ()),
        ("dpd", None, (), ()),
        ("dpd", "TN-1", (), (Leg(carrier="dpd", tracking_number="TN-1"),)),
        ("dpd", None, (ErpParcel("1", "TN-1"), ErpParcel("2")), (Leg(carrier="dpd", tracking_number="TN-1"),)),
        (
            "dpd",
            "TN-1",
            (ErpParcel("1", "TN-1"), ErpParcel("2", "TN-2")),
            (
                Leg(carrier="dpd", tracking_number="TN-1", parcel="1"),
                Leg(carrier="dpd", tracking_number="TN-2", parcel="2"),
            ),
        ),
    ],
)
def test_numbers_that_the_order_system_has_become_legs(
    carrier: str | None, number: str | None, parcels: tuple[ErpParcel, ...], legs: tuple[Leg, ...]
) -> None:
    assert legs_of(replace(DELIVERY, carrier=carrier, tracking_number=number, parcels=parcels)) == legs
