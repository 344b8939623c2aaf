"""Fills a fresh Tryton database with one small web shop; run by Tryton's own Python, never by the hub's.

`seed.py CONFIG DATABASE` prints what tests need to know as one JSON object: ids and numbers, no secrets.
"""

import json
import sys
from datetime import date
from decimal import Decimal
from typing import Any

from proteus import Model, Wizard, config
from seed_names import CLERK, HUB

CLERK_GROUPS = {
    "Stock",
    "Stock Administration",
    "Stock Force Assignment",
    "Stock Cancellation",
    "Sales",
    "Party Administration",
}
HUB_GROUPS = {"Stock", "Sales"}


def main(configuration: str, database: str) -> dict[str, Any]:
    """Seed the database and return what was made."""
    session = config.set_trytond(database, config_file=configuration)
    countries = {code: _country(name, code) for name, code in (("Netherlands", "NL"), ("Germany", "DE"))}
    company = _company(session)
    carrier = _carrier()
    products = [_product("SKU-1", "Headset", "49.90", 0.35), _product("SKU-2", "Phone case", "9.50", 0.08)]
    _stock(products)
    buyer = _buyer(countries)
    package_type = Model.get("stock.package.type")(name="Carton")
    package_type.save()
    for (login, password), groups in ((CLERK, CLERK_GROUPS), (HUB, HUB_GROUPS)):
        _user(login, password, groups, company.id)
    orders = [_order(number, buyer, products) for number in ("WEB-1001", "WEB-1002")]
    return {
        "company": company.id,
        "carrier": carrier.id,
        "package_type": package_type.id,
        "buyer": buyer.id,
        "addresses": [address.id for address in buyer.addresses],
        "products": [product.id for product in products],
        "orders": [
            {"id": order.id, "number": order.number, "state": order.state, "shipments": [s.id for s in order.shipments]}
            for order in orders
        ],
    }


def _country(name: str, code: str) -> Any:
    country = Model.get("country.country")(name=name, code=code)
    country.save()
    return country


def _company(session: Any) -> Any:
    currency = Model.get("currency.currency")(name="Euro", code="EUR", symbol="€", rounding=Decimal("0.01"))
    rate = currency.rates.new()
    rate.date, rate.rate = date(2026, 1, 1), Decimal(1)
    currency.save()
    party = Model.get("party.party")(name="Example Shop")
    party.save()
    wizard = Wizard("company.company.config")
    wizard.execute("company")
    wizard.form.party, wizard.form.currency = party, currency
    wizard.execute("add")
    (company,) = Model.get("company.company").find([])
    # What the users are going to work with: without it no sale knows its company.
    session._context = Model.get("res.user").get_preferences(True, session.context)
    return company


def _carrier() -> Any:
    party = Model.get("party.party")(name="Example Parcels")
    party.save()
    delivery = _template("Delivery", "12.00", "service")
    delivery.save()
    carrier = Model.get("carrier")(party=party, carrier_product=delivery.products[0])
    carrier.save()
    return carrier


def _template(name: str, price: str, kind: str) -> Any:
    template = Model.get("product.template")(name=name, type=kind)
    (template.default_uom,) = Model.get("product.uom").find([("name", "=", "Unit")])
    template.salable = True
    template.list_price = Decimal(price)
    return template


def _product(code: str, name: str, price: str, kilograms: float) -> Any:
    template = _template(name, price, "goods")
    template.weight = kilograms
    (template.weight_uom,) = Model.get("product.uom").find([("name", "=", "Kilogram")])
    template.products[0].suffix_code = code
    template.save()
    return template.products[0]


def _stock(products: list[Any]) -> None:
    (storage,) = Model.get("stock.location").find([("code", "=", "STO")])
    inventory = Model.get("stock.inventory")(location=storage)
    for product in products:
        line = inventory.lines.new(product=product)
        line.quantity = 10_000
    inventory.click("confirm")


def _buyer(countries: dict[str, Any]) -> Any:
    buyer = Model.get("party.party")(name="A. Example")
    home = buyer.addresses[0]
    home.street_unstructured, home.postal_code, home.city, home.country = (
        "1 Sample St",
        "1011 AB",
        "Amsterdam",
        countries["NL"],
    )
    work = buyer.addresses.new()
    work.street_unstructured, work.postal_code, work.city, work.country = (
        "2 Sample St",
        "10117",
        "Berlin",
        countries["DE"],
    )
    buyer.save()
    return buyer


def _user(login: str, password: str, groups: set[str], company: int) -> None:
    user = Model.get("res.user")(name=login, login=login, password=password)
    # A record belongs to one list at a time, hence one of its own.
    user.companies.append(Model.get("company.company")(company))
    user.company = user.companies[0]
    for group in Model.get("res.group").find([("name", "in", sorted(groups))]):
        user.groups.append(group)
    user.save()


def _order(reference: str, buyer: Any, products: list[Any]) -> Any:
    order = Model.get("sale.sale")(party=buyer, reference=reference)
    # Invoices would need a chart of accounts, which costs half of the seeding time and proves nothing here.
    order.invoice_method = "manual"
    order.shipment_method = "order"
    for product in products:
        line = order.lines.new(product=product)
        line.quantity = 2
    for button in ("quote", "confirm", "process"):
        if order.state != "processing":
            order.click(button)
    order.reload()
    return order


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], sys.argv[2])))
