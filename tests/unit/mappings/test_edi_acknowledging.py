"""Acknowledgements say what was taken and where it is wrong, and read back as interchanges without fault."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.errors import PayloadUnreadableError
from mappings.edi.acknowledging import Acknowledgement, acknowledge
from mappings.edi.reading import problems_of, read_edifact, read_x12
from mappings.edi.verdicts import Verdict

AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
ISA = (
    "ISA*00*          *00*          *02*ABCD           *ZZ*RECEIVER       *260105*0912"
    "*{mark}*{version}*000000007*0*P*>~"
)
GOOD = "ST*214*0001~B10*PRO1*SHIP1*ABCD~LX*1~AT7*X4*NS***20260105*0810*LT~MS1*LYON**FR~SE*6*0001~"
UNB = "UNB+{syntax}+CARRIER:14+SHIPPER:ZZ+260105:0912+REF7'"
MESSAGE = "UNH+1+IFTSTA:D:07B:UN'BGM+23+7'CNI+1+PARCEL1'STS+1+31'DTM+78:202601050810:203'UNT+6+1'"


def x12(
    sets: str, *, count: int = 1, version: str = "00401", mark: str = "U", trailer: str = "IEA*1*000000007~"
) -> str:
    isa = ISA.format(version=version, mark=mark)
    return f"{isa}GS*QM*ABCD*RECEIVER*20260105*0912*7*X*004010~{sets}GE*{count}*7~{trailer}"


def edifact(messages: str, *, count: int = 1, syntax: str = "UNOC:3", end: str = "REF7") -> str:
    return f"{UNB.format(syntax=syntax)}{messages}UNZ+{count}+{end}'"


def answered(text: str) -> Acknowledgement:
    answer = acknowledge(text.encode("latin-1"), AT)
    assert answer is not None
    return answer


def lines(text: str, *tags: str) -> list[str]:
    """Return the segments of the answer with the given tags, without terminators."""
    body = answered(text).body.decode()
    return [line[:-1] for line in body.splitlines() if line.startswith(tags)]


def faults(answer: Acknowledgement) -> list[Any]:
    read = read_x12 if answer.kind == "997" else read_edifact
    return problems_of(read(answer.body))


def test_an_accepted_x12_interchange_is_said_to_be_accepted_by_the_one_who_received_it() -> None:
    answer = answered(x12(GOOD))

    assert answer.verdict is Verdict.ACCEPTED
    assert answer.body.decode().splitlines() == [
        "ISA*00*          *00*          *ZZ*RECEIVER       *02*ABCD           *260105*0930*U*00401*000000007*0*P*>~",
        "GS*FA*RECEIVER*ABCD*20260105*0930*701*X*004010~",
        "ST*997*0001~",
        "AK1*QM*7~",
        "AK2*214*0001~",
        "AK5*A~",
        "AK9*A*1*1*1~",
        "SE*6*0001~",
        "GE*1*701~",
        "IEA*1*000000007~",
    ]


def test_a_wrong_x12_count_and_a_wrong_date_are_noted_where_they_stand_and_their_sets_stay_accepted() -> None:
    bad_date = GOOD.replace("20260105", "20260231").replace("0001~", "0002~")
    text = x12(GOOD.replace("SE*6", "SE*9") + bad_date, count=2)

    assert lines(text, "AK2", "AK3", "AK4", "AK5", "AK9") == [
        "AK2*214*0001",
        "AK5*E*4",
        "AK2*214*0002",
        "AK3*AT7*4**8",
        "AK4*5*373*8*20260231",
        "AK5*E*5",
        "AK9*E*2*2*2",
    ]
    assert answered(text).verdict is Verdict.WITH_ERRORS


def test_a_set_that_is_not_read_here_is_rejected_and_the_others_are_not() -> None:
    alone, mixed = "ST*210*0002~B3**1~SE*3*0002~", GOOD + "ST*210*0002~B3**1~SE*3*0002~"

    assert lines(x12(mixed, count=2), "AK5", "AK9") == ["AK5*A", "AK5*R*1", "AK9*P*2*2*1"]
    assert lines(x12(alone), "AK5", "AK9") == ["AK5*R*1", "AK9*R*1*1*0"]
    assert answered(x12(mixed, count=2)).verdict is Verdict.WITH_ERRORS
    assert answered(x12(alone)).verdict is Verdict.REJECTED


def test_a_fault_of_the_x12_envelope_is_told_by_ta1() -> None:
    assert lines(x12(GOOD, trailer="IEA*3*000000007~"), "TA1", "AK9") == [
        "TA1*000000007*260105*0912*E*021",
        "AK9*A*1*1*1",
    ]
    assert lines(x12(GOOD, count=5), "AK9") == ["AK9*E*5*1*1*5"]


def test_the_answer_speaks_the_version_of_the_question() -> None:
    isa = lines(x12(GOOD, version="00501", mark="^"), "ISA")[0]

    assert isa.split("*")[11:13] == ["^", "00501"]


def test_an_accepted_edifact_interchange_is_said_to_be_accepted() -> None:
    answer = answered(edifact(MESSAGE))

    assert answer.verdict is Verdict.ACCEPTED
    assert answer.body.decode().splitlines() == [
        "UNB+UNOC:3+SHIPPER:ZZ+CARRIER:14+260105:0930+REF7'",
        "UNH+1+CONTRL:D:3:UN'",
        "UCI+REF7+CARRIER:14+SHIPPER:ZZ+7'",
        "UCM+1+IFTSTA:D:07B:UN+7'",
        "UNT+4+1'",
        "UNZ+1+REF7'",
    ]


def test_a_wrong_edifact_count_and_a_wrong_date_are_noted_where_they_stand() -> None:
    bad = MESSAGE.replace("202601050810", "202602310810").replace("UNH+1", "UNH+2").replace("UNT+6+1", "UNT+6+2")
    text = edifact(MESSAGE.replace("UNT+6", "UNT+9") + bad, count=2)

    assert lines(text, "UCI", "UCM", "UCS", "UCD") == [
        "UCI+REF7+CARRIER:14+SHIPPER:ZZ+7",
        "UCM+1+IFTSTA:D:07B:UN+7+29+UNT+2",
        "UCM+2+IFTSTA:D:07B:UN+7",
        "UCS+5+12",
        "UCD+12+2:2",
    ]
    assert answered(text).verdict is Verdict.WITH_ERRORS


def test_groups_are_answered_by_name_and_a_message_that_is_not_read_here_is_rejected() -> None:
    group = "UNG+IFTSTA+CARRIER:14+SHIPPER:ZZ+260105:0912+G1+UN+D:07B'"
    other = "UNH+2+ORDERS:D:07B:UN'BGM+220+7'UNT+3+2'"

    assert lines(edifact(f"{group}{MESSAGE}{other}UNE+2+G1'"), "UCF", "UCM") == [
        "UCF+G1+CARRIER:14+SHIPPER:ZZ+7",
        "UCM+1+IFTSTA:D:07B:UN+7",
        "UCM+2+ORDERS:D:07B:UN+4+14+UNH",
    ]


def test_a_fault_of_the_edifact_envelope_is_told_of_the_interchange() -> None:
    assert lines(edifact(MESSAGE, end="REF8"), "UCI") == ["UCI+REF7+CARRIER:14+SHIPPER:ZZ+7+28+UNZ+3"]


@pytest.mark.parametrize("text", [x12(GOOD), edifact(MESSAGE), edifact(MESSAGE, syntax="UNOC:4")])
def test_an_answer_has_no_fault_is_not_answered_and_is_the_same_again(text: str) -> None:
    answer = answered(text)

    assert faults(answer) == []
    assert acknowledge(answer.body, AT) is None
    assert answered(text) == answer


def test_what_is_quoted_cannot_break_the_answer() -> None:
    parties = UNB.format(syntax="UNOC:3").replace("CARRIER", "CA?'R?+R")
    edi = f"{parties}{MESSAGE}UNZ+1+REF7'"
    bad = x12(GOOD.replace("20260105*0810", "2^6>1*0810"), version="00501", mark="!")

    assert lines(edi, "UCI") == ["UCI+REF7+CA?'R?+R:14+SHIPPER:ZZ+7"]
    assert faults(answered(edi)) == []
    assert faults(answered(bad)) == []


def test_each_interchange_of_a_file_is_answered() -> None:
    second = x12(GOOD).replace("000000007", "000000008")

    assert [line.split("*")[13] for line in lines(x12(GOOD) + second, "ISA")] == ["000000007", "000000008"]


def test_what_is_no_interchange_is_not_answered() -> None:
    with pytest.raises(PayloadUnreadableError):
        acknowledge(b"<html/>", AT)
