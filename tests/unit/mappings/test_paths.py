"""The path language and what paths find."""

from typing import Any

import pytest

from domain.errors import MappingInvalidError
from mappings.access import first, getter
from mappings.paths import Path, Step, parse
from mappings.walks import walker

TREE: dict[str, Any] = {
    "out": {"results": [{"number": "1", "kind": "a", "scans": [{"c": "X"}, {"c": "Y"}]}, {"number": "2", "scans": []}]},
    "one": {"number": 7, "flag": True, "half": 1.5, "whole": 3.0, "nothing": None, "blank": "  "},
    "lone": {"c": "Z"},
    "texts": [{"@name": "p", "#text": "hello"}, {"@name": "q"}],
}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (".", Path(".", ())),
        ("a.b", Path("a.b", (Step("a"), Step("b")))),
        ("$.a[]", Path("$.a[]", (Step("a", many=True),), root=True)),
        ("$[]", Path("$[]", (Step("", many=True),), root=True)),
        ("^^.@x", Path("^^.@x", (Step("@x"),), up=2)),
        ("d[@name=e f.g].x", Path("d[@name=e f.g].x", (Step("d", many=True, key="@name", value="e f.g"), Step("x")))),
        ("**.a", Path("**.a", (Step("**"), Step("a")))),
    ],
)
def test_a_path_is_parsed(text: str, path: Path) -> None:
    assert parse(text) == path


@pytest.mark.parametrize("text", ["", "a..b", "a.", ".a.", "a[", "a]", "$a", "**[]", "a b"])
def test_what_is_no_path_is_refused_by_name(text: str) -> None:
    with pytest.raises(MappingInvalidError):
        parse(text)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("one.number", "7"),
        ("one.flag", "true"),
        ("one.half", "1.5"),
        ("one.whole", "3"),
        ("one.nothing", None),
        ("one.blank", None),
        ("one.number.deeper", None),
        ("missing.number", None),
        ("out.results[].number", "1"),
        ("out.results.number", "1"),
        ("out.results[kind=a].scans[].c", "X"),
        ("out.results[kind=b].number", None),
        ("**.c", "X"),
        ("texts[@name=p]", "hello"),
        ("texts[@name=q]", None),
        ("lone[].c", "Z"),
        ("$.lone.c", "Z"),
    ],
)
def test_a_value_is_found(path: str, value: str | None) -> None:
    assert getter(path)(TREE, ()) == value


def test_scopes_lead_outwards() -> None:
    found = walker("$.out.results[].scans[]")(TREE, ())

    assert found is not None
    reached = [
        (getter("c")(node, scopes), getter("^.number")(node, scopes), getter("^^.lone.c")(node, scopes))
        for node, scopes in found
    ]
    assert reached == [("X", "1", "Z"), ("Y", "1", "Z")]
    assert getter("$.one.number")(*found[0]) == "7"


def test_a_path_that_ends_in_a_plain_field_opens_one_scope() -> None:
    [(node, scopes)] = walker("$.one")(TREE, ()) or []

    assert (node, scopes) == (TREE["one"], (TREE,))


def test_an_empty_list_exists_and_a_missing_one_does_not() -> None:
    assert walker("scans[]")({"scans": []}, ()) == []
    assert walker("scans[]")({}, ()) is None
    assert walker("[]")({}, ()) is None
    assert walker("a.scans[]")({"a": None}, ()) is None


def test_a_scope_too_far_out_finds_nothing() -> None:
    assert getter("^^^.x")({"x": "1"}, ({"x": "2"},)) is None


def test_of_alternatives_the_first_with_a_value_counts() -> None:
    get = first(["one.blank", "one.nothing", "one.number"])

    assert get is not None
    assert get(TREE, ()) == "7"
    assert first(None) is None


@pytest.mark.parametrize("node", [None, "text", 3, [], [1], {"one": "text"}, {"one": []}, {"one": [[]]}])
def test_odd_nodes_are_no_surprise(node: Any) -> None:
    assert getter("one.number")(node, ()) is None
    assert getter("one")(node, ()) in (None, "text")
    assert walker("one[].x[]")(node, ()) in (None, [])
