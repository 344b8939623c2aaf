"""Which carrier a number belongs to: check digits, ranking, and no pick without proof."""

from pathlib import Path

import pytest

from domain.errors import MappingInvalidError
from mappings.check_digits import Check, mod7, mod10, mod11, mod37_36, s10
from mappings.detection import MAX_NUMBER, STRONG, Detector

DETECTOR = Detector.load()


def carriers(number: str) -> list[str]:
    return [one.carrier for one in DETECTOR.detect(number).candidates]


@pytest.mark.parametrize(
    ("check", "serial", "digit"),
    [
        (mod7, "331881002", "5"),
        (mod10((1, 2), from_right=False), "5R8939035756712", "7"),
        (mod10((3, 1), from_right=True), "940011120620640626078", "7"),
        (mod11((3, 1, 7)), "98657878885", "5"),
        (s10, "12345678", "5"),
        (mod37_36, "09980000020033", "F"),
    ],
)
def test_only_one_check_digit_fits(check: Check, serial: str, digit: str):
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" if check is mod37_36 else "0123456789"

    assert [one for one in alphabet if check(serial, one)] == [digit]


@pytest.mark.parametrize(("serial", "digit"), [("00000008", "0"), ("00000000", "5"), ("00000001", "4")])
def test_s10_writes_ten_as_0_and_eleven_as_5(serial: str, digit: str):
    assert [one for one in "0123456789" if s10(serial, one)] == [digit]


def test_a_strong_format_of_one_carrier_is_named():
    found = DETECTOR.detect(" 1z 5R8 939 0357567127 ")

    assert found.number == "1Z5R89390357567127"
    assert found.carrier == "ups"
    assert found.candidates[0].is_checked
    assert found.candidates[0].odds < STRONG


def test_two_dialects_of_one_carrier_are_both_told_and_none_is_picked():
    found = DETECTOR.detect("3318810025")

    assert carriers("3318810025") == ["dhl_express", "mydhl"]
    assert found.carrier is None


def test_a_weak_format_is_told_and_not_picked():
    found = DETECTOR.detect("60120172242323")

    assert "dhl_universal" in carriers("60120172242323")
    assert found.carrier is None


def test_better_evidence_stands_first():
    found = DETECTOR.detect("986578788855").candidates

    assert [(one.carrier, one.is_checked) for one in found] == [("fedex", True), ("sf_express", False)]
    assert found[0].odds < found[1].odds


def test_an_item_of_a_post_leads_to_the_post_and_to_the_union():
    assert set(carriers("RB123456785GB")) == {"royalmail", "upu"}
    assert carriers("RB123456785JP") == ["upu"]


def test_the_evidence_is_the_same_every_time():
    assert Detector.load().detect("986578788855") == DETECTOR.detect("986578788855")


@pytest.mark.parametrize(
    "number",
    [
        "",
        "   ",
        "9" * (MAX_NUMBER + 1),
        "\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff10",
        "1Z5R89390357567128",
        "RB123456785XX",
        "x\x00y",
    ],
)
def test_what_is_no_number_has_no_carrier(number: str):
    assert carriers(number) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("formats = []", "at least 1"),
        ('[[formats]]\nname = "abc"\nsource = "a source to check"\npattern = "("', "pattern"),
        ('[[formats]]\nname = "abc"\nsource = "a source to check"\npattern = "1"\ncountry = "iso"', "country"),
        (
            '[[formats]]\nname="abc"\nsource="a source"\npattern="(?P<serial>1)(?P<check>1)"\ncheck.kind = "mod10"',
            "weights",
        ),
        ("formats = ", "numbers.toml"),
    ],
)
def test_a_file_that_breaks_its_form_is_refused_by_name(tmp_path: Path, text: str, said: str):
    (tmp_path / "made_up").mkdir()
    (tmp_path / "made_up" / "numbers.toml").write_text(text)

    with pytest.raises(MappingInvalidError, match=r"made_up/numbers\.toml") as refused:
        Detector.load(tmp_path)

    assert said in str(refused.value)
