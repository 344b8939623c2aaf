"""A new partner's folder loads as it is written, and nothing that exists is lost."""

from pathlib import Path

import pytest

from domain.errors import MappingInvalidError
from mappings.documented import documented
from mappings.loading import load
from mappings.scaffold import EXAMPLE, is_untouched, scaffold


@pytest.mark.parametrize("format_", ["json", "xml", "x12", "edifact"])
def test_the_skeleton_loads_as_it_stands(tmp_path: Path, format_: str) -> None:
    scaffold(tmp_path, "nordbahn", format_=format_)

    mapping, _ = load(tmp_path / "nordbahn")

    assert (mapping.carrier, mapping.name, mapping.format) == ("nordbahn", "Nordbahn", format_)
    assert list(mapping.codes) == [EXAMPLE]


def test_every_file_is_there_and_in_the_order_to_fill_it(tmp_path: Path) -> None:
    made = scaffold(tmp_path, "nordbahn", name='Nord "N" bahn')

    assert [path.name for path in made] == ["fixtures", "mapping.toml", "documented.toml", "README.md"]
    assert list((tmp_path / "nordbahn/fixtures").iterdir()) == []
    readme = (tmp_path / "nordbahn/README.md").read_text()
    assert readme.startswith("# Nord 'N' bahn\n")
    assert "## Quirks" in readme
    assert "## Sources" in readme


def test_the_list_of_documented_codes_loads_too(tmp_path: Path) -> None:
    scaffold(tmp_path, "nordbahn")

    lists = documented(tmp_path / "nordbahn")

    assert lists is not None
    assert [table.codes for table in lists.tables] == [[EXAMPLE]]


@pytest.mark.parametrize("carrier", ["", "Nordbahn", "../nordbahn", "nord-bahn", "_nord", "nord bahn", "n" * 41, "n\n"])
def test_a_name_that_cannot_be_an_id_is_refused(tmp_path: Path, carrier: str) -> None:
    with pytest.raises(MappingInvalidError, match="cannot be an id"):
        scaffold(tmp_path, carrier)
    assert list(tmp_path.iterdir()) == []


def test_an_id_that_exists_is_refused_and_left_alone(tmp_path: Path) -> None:
    scaffold(tmp_path, "nordbahn")
    (tmp_path / "nordbahn/mapping.toml").write_text("mine")

    with pytest.raises(MappingInvalidError, match="nordbahn exists"):
        scaffold(tmp_path, "nordbahn")
    assert (tmp_path / "nordbahn/mapping.toml").read_text() == "mine"


def test_a_partner_that_is_only_called_so_far_keeps_its_files(tmp_path: Path) -> None:
    (tmp_path / "nordbahn").mkdir()
    (tmp_path / "nordbahn/README.md").write_text("mine")

    scaffold(tmp_path, "nordbahn")

    assert (tmp_path / "nordbahn/README.md").read_text() == "mine"
    assert (tmp_path / "nordbahn/mapping.toml").exists()


def test_a_changed_mapping_is_told_from_an_untouched_one(tmp_path: Path) -> None:
    scaffold(tmp_path, "nordbahn", name="North", format_="xml")
    assert is_untouched(tmp_path / "nordbahn")

    path = tmp_path / "nordbahn/mapping.toml"
    path.write_text(path.read_text().replace("[]", "[kind=parcel]"))

    assert not is_untouched(tmp_path / "nordbahn")
    assert not is_untouched(tmp_path / "elsewhere")
