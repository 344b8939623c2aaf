"""Codes out of fields that hold sentences, too."""

from typing import Any

import pytest

from mappings.rows import CodeReader
from mappings.schema import CodeSpec


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"status": "OK", "class": "delivered"}, "OK"),
        ({"status": "AT_ANOTHER_TIME/DATE", "class": "transit"}, "AT_ANOTHER_TIME/DATE"),
        ({"status": "The parcel was delivered", "class": "delivered"}, "delivered"),
        ({"status": "已签收", "class": "delivered"}, "delivered"),
        ({"status": "Übergabe", "class": "transit"}, "transit"),
        ({"status": None, "class": "transit"}, "transit"),
        ({"status": "In delivery"}, None),
        ({}, None),
    ],
)
def test_a_sentence_is_no_code_and_the_next_path_is_read(event: dict[str, Any], code: str | None) -> None:
    reader = CodeReader(CodeSpec(parts=[["status", "class"]], joined_by="|", clean=["no_words"]))

    assert reader.read(event, ()) == (code, code)


def test_a_missing_code_leaves_the_part_before_it() -> None:
    reader = CodeReader(CodeSpec(parts=["unit", "status"], joined_by="|", clean=["no_words"]))

    assert reader.read({"unit": "parcel", "status": "In delivery"}, ()) == ("parcel", "parcel")
