"""The country of a town in Chinese characters: only where one country has the name, never against what is sent."""

import pytest

from mappings.han_names import country_of
from mappings.places import compile_place
from mappings.schema import PlaceSpec


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("广州市", "CN"), ("三藩市", "US"), ("洛杉矶", "US"), ("香港", "HK"),
        ("伦敦", None), ("Guangzhou", None), ("广州 1", None), ("无此城市", None), ("", None),
    ],
)  # fmt: skip
def test_one_country_alone_has_the_name(name: str, code: str | None) -> None:
    assert country_of(name) == code


@pytest.mark.parametrize(
    ("keys", "sent", "code"),
    [
        ({}, {"city": "三藩市"}, "US"),
        ({}, {"city": "三藩市", "country": "MX"}, "MX"),
        ({}, {"city": "三藩市", "country": "Atlantis"}, None),
        ({"default_country": "CN"}, {"city": "三藩市"}, "CN"),
        ({}, {"city": "San Francisco"}, None),
        ({}, {"depot": "三藩市"}, None),
    ],
)
def test_what_is_sent_wins(keys: dict[str, str], sent: dict[str, str], code: str | None) -> None:
    spec = PlaceSpec.model_validate({"city": "city", "country": "country", "facility": "depot"} | keys)
    location = compile_place(spec, {})(sent, ()).location
    assert location is not None
    assert location.country == code
