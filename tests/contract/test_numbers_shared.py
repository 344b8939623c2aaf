"""Tracking numbers kept beside the repository: right on every valid, wrong on every invalid one.

The collection knows couriers that are no dialect of the hub; they are left aside by name.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from mappings.detection import Detector

COURIERS = Path(__file__).parents[3] / "shared" / "carriers" / "tracking_numbers" / "couriers"
PAYLOADS = COURIERS.parents[1] / "payloads"

OURS = {
    "canadapost": {"canadapost"},
    "dhl": {"mydhl", "dhl_express", "dhl_universal"},
    "dpd": {"dpd"},
    "fedex": {"fedex"},
    "s10": {"upu"},
    "ups": {"ups"},
    "usps": {"usps"},
}
NOT_OURS = {
    "amazon", "canpar", "gofo", "landmark", "lasership", "old_dominion", "ontrac", "purolator", "speedee", "yodel",
    "yunexpress",
}  # fmt: skip

BELONGS = {"DHL Express": {"mydhl", "dhl_express"}, "DHL Express (Piece ID)": {"mydhl", "dhl_express"},
           "DHL E-Commerce": {"dhl_universal"}, "DHL E-Commerce (14)": {"dhl_universal"}}  # fmt: skip
"""Formats of a courier that is several dialects here."""

DETECTOR = Detector.load()


def cases(kind: str) -> list[Any]:
    found = []
    for courier, carriers in OURS.items():
        path = COURIERS / f"{courier}.json"
        if not path.is_file():
            return [pytest.param("", set(), marks=pytest.mark.skip("../shared is absent: no tracking numbers"))]
        for one in json.loads(path.read_text("utf-8"))["tracking_numbers"]:
            owners = BELONGS.get(one["name"], carriers)
            found += [
                pytest.param(number, owners, id=f"{one['name']}: {number}") for number in one["test_numbers"][kind]
            ]
    return found


def test_every_courier_of_the_collection_is_judged() -> None:
    if not COURIERS.is_dir():
        pytest.skip("../shared is absent: no tracking numbers")
    assert {path.stem for path in COURIERS.glob("*.json")} == set(OURS) | NOT_OURS


@pytest.mark.parametrize(("number", "owners"), cases("valid"))
def test_a_valid_number_leads_to_its_carriers(number: str, owners: set[str]) -> None:
    assert owners <= {one.carrier for one in DETECTOR.detect(number).candidates}


@pytest.mark.parametrize(("number", "owners"), cases("invalid"))
def test_an_invalid_number_leads_to_none_of_them(number: str, owners: set[str]) -> None:
    assert owners.isdisjoint(one.carrier for one in DETECTOR.detect(number).candidates)
