"""DHL's own table of events, reasons and standard events against the rows of the dialect: all judged, none invented."""

import csv
from pathlib import Path

import pytest

from mappings.dialect import Dialect
from mappings.engine import Mappings

TABLE = Path(__file__).parents[2].parent / "shared" / "carriers" / "code_tables" / "dhl_parcel_de_ice_ric.csv"


@pytest.fixture(scope="module")
def dialect() -> Dialect:
    return Mappings.load().dialect("dhl_parcel_de")


@pytest.fixture(scope="module")
def codes() -> list[str]:
    if not TABLE.is_file():
        pytest.skip("the carrier's table shared/carriers/code_tables/dhl_parcel_de_ice_ric.csv is not here")
    with TABLE.open(encoding="utf-8") as lines:
        return [
            f"{row['ice_event_code']}/{row['ice_ric_code']}/{row['ttpro_event_code']}" for row in csv.DictReader(lines)
        ]


def test_every_row_of_the_table_is_mapped_or_excused(dialect: Dialect, codes: list[str]) -> None:
    unjudged = [code for code in codes if dialect.codes.entry(code).row is None]
    assert len(codes) == 338
    assert sorted(unjudged) == sorted(dialect.mapping.excused)


def test_every_mapped_pair_is_in_the_table(dialect: Dialect, codes: list[str]) -> None:
    pairs = {tuple(code.split("/")[:2]) for code in codes}
    written = {tuple(code.split("/")[:2]) for code in dialect.mapping.codes if code.count("/") > 1}
    assert {pair for pair in written if "*" not in pair} == pairs
