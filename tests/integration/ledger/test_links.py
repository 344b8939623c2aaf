from domain.legs import LinkStatus
from domain.normalised import PartnerNumber, ShipmentHint
from domain.shipments import Leg, LegRole
from ledger.store import Ledger
from tests.integration.ledger.made import fact, incoming, plan, read


def tell(ledger: Ledger, own: str, *partners: PartnerNumber, body: bytes = b"{}", tenant: str = "acme") -> int:
    """Take in a payload about one number that ties partners' numbers to it; return how many ties are new."""
    message = ledger.inbox.keep(incoming(body, tenant=tenant))
    hints = [ShipmentHint(own, partner_numbers=partners)]
    return ledger.inbox.record(message, read(fact(f"e_{body.decode()}", number=own), hints=hints)).links


def due(ledger: Ledger) -> list[tuple[str, str, Leg]]:
    return [(one.tenant, one.shipment_id, one.leg) for one in ledger.links.due(limit=10)]


LAST_MILE = PartnerNumber("royalmail", "RB 123456785 GB", LegRole.LAST_MILE)


def test_a_partners_number_becomes_a_leg_of_the_shipment(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123"))

    assert tell(ledger, "AB123", LAST_MILE) == 1

    leg = Leg(carrier="royalmail", tracking_number="RB 123456785 GB", role=LegRole.LAST_MILE)
    assert due(ledger) == [("acme", "S1", leg)]


def test_a_tie_told_again_is_one_tie(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123"))
    tell(ledger, "AB123", LAST_MILE, body=b"1")

    assert tell(ledger, "ab 123", LAST_MILE, LAST_MILE, body=b"2") == 0
    assert len(due(ledger)) == 1


def test_who_registered_the_partners_number_gets_the_carriers_own(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "RB123456785GB"))
    tell(ledger, "AB123", LAST_MILE)

    assert due(ledger) == [("acme", "S1", Leg(carrier="fedex", tracking_number="AB123"))]


def test_nothing_is_due_before_a_number_is_registered_and_at_once_after(ledger: Ledger) -> None:
    tell(ledger, "AB123", LAST_MILE)
    assert due(ledger) == []

    ledger.registry.register(plan("S1", "AB123"))

    assert [shipment for _, shipment, _ in due(ledger)] == ["S1"]


def test_another_tenants_shipment_is_left_alone(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123", tenant="other"))
    tell(ledger, "AB123", LAST_MILE)

    assert due(ledger) == []


def test_a_settled_tie_is_not_due_again(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123"))
    tell(ledger, "AB123", LAST_MILE)
    (one,) = ledger.links.due(limit=10)

    ledger.links.settle(one, LinkStatus.REFUSED, detail="the shipment has ended")
    ledger.links.settle(one, LinkStatus.REFUSED, detail="the shipment has ended")

    assert due(ledger) == []
    assert [(row.status, row.detail) for row in ledger.links.refused("acme")] == [
        (LinkStatus.REFUSED, "the shipment has ended")
    ]


def test_numbers_of_two_shipments_are_not_tied_and_somebody_is_told(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123"))
    ledger.registry.register(plan("S2", "RB123456785GB"))
    tell(ledger, "AB123", LAST_MILE)

    assert due(ledger) == []
    assert [(row.own_number, row.partner_number, row.detail) for row in ledger.links.refused("acme")] == [
        ("AB123", "RB 123456785 GB", "the numbers lead to shipments S1 and S2")
    ]
    assert ledger.links.refused("other") == []


def test_numbers_of_one_shipment_need_nothing(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123", "RB123456785GB"))
    tell(ledger, "AB123", LAST_MILE)

    assert due(ledger) == []
    assert ledger.links.refused("acme") == []


def test_a_number_is_not_tied_to_itself(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123"))

    assert tell(ledger, "AB123", PartnerNumber("royalmail", "ab 123")) == 0
