"""Bytes into trees: the same form for JSON and XML, hostile input refused."""

import pytest

from domain.errors import PayloadRefusedError, PayloadUnreadableError
from mappings.trees import MAX_BYTES, read_json, read_xml


def test_an_element_becomes_attributes_children_and_text() -> None:
    body = b'<a xmlns="urn:x" x="1"><b> two </b><b><c y="3">four</c></b><!-- no --><?pi no?><d/></a>'

    assert read_xml(body) == {
        "a": {"@x": "1", "b": [" two ", {"c": {"@y": "3", "#text": "four"}}], "d": None}
    }  # fmt: skip


def test_namespaces_are_left_out() -> None:
    assert read_xml(b'<s:E xmlns:s="urn:s" s:k="v"><s:B>1</s:B></s:E>') == {"E": {"@k": "v", "B": "1"}}


def test_a_byte_order_mark_is_no_harm() -> None:
    assert read_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}
    assert read_xml(b"\xef\xbb\xbf<a/>") == {"a": None}


@pytest.mark.parametrize("body", [b"", b"  ", b"{", b"<html></html>", b'{"a": "\xff"}', b"[1,]"])
def test_what_is_not_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(PayloadUnreadableError):
        read_json(body)


@pytest.mark.parametrize("body", [b"", b"\n", b"<a>", b"{}", b"<a><b></a>", b"<a>\x00</a>", b"<a>&unknown;</a>"])
def test_what_is_not_xml_is_unreadable(body: bytes) -> None:
    with pytest.raises(PayloadUnreadableError):
        read_xml(body)


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"),
        b"<a>" * 250 + b"</a>" * 250,
        b"<a>" + b" " * MAX_BYTES + b"</a>",
    ],
)
def test_dangerous_xml_is_refused(body: bytes) -> None:
    with pytest.raises(PayloadRefusedError):
        read_xml(body)


@pytest.mark.parametrize("body", [b"[" * 5_000, b"[" * 2_000 + b"]" * 2_000, b'"' + b"x" * MAX_BYTES + b'"'])
def test_huge_and_deep_json_is_refused(body: bytes) -> None:
    with pytest.raises(PayloadRefusedError):
        read_json(body)


def test_brackets_in_text_are_no_depth() -> None:
    with pytest.raises(PayloadUnreadableError):
        read_json(b'["' + b'[\\"' * 500 + b'",]')
