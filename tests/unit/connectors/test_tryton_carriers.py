"""Which of the hub's carriers stands behind a carrier's name in Tryton."""

import pytest

from connectors.erps.tryton.reader import carriers_of


def test_names_and_carriers_are_read_from_one_setting():
    assert carriers_of("DHL - Parcel = dhl_parcel_de; Post=royalmail;") == {
        "DHL - Parcel": "dhl_parcel_de",
        "Post": "royalmail",
    }


@pytest.mark.parametrize("text", ["", ";", "DHL", "=dhl", "DHL="])
def test_what_has_no_name_or_no_carrier_says_nothing(text: str):
    assert carriers_of(text) == {}
