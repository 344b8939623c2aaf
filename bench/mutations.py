"""Ways to spoil a payload, for the fuzzer: each takes bytes and a seeded random source and returns bytes."""

import copy
import random
from collections.abc import Callable
from typing import Any, Final

import orjson
from lxml import etree

from bench import edi

Mutation = Callable[[bytes, random.Random], bytes]

_ODD_TEXT: Final = (
    "", " ", "\u0000", "null", "*", "/", "-", "~DELIVERED", "DELIVERED", "DL/*", "\u202e\u2066x", "\U0001f4e6" * 40,
    "0" * 30, "9" * 400, "A" * 5_000, "<b>&amp;", "2026-02-30T25:61:00Z", "2026-03-29T02:30:00", "0001-01-01T00:00:00",
    "9999-12-31T23:59:59+14:00", "2026-01-01T00:00:00+23:59", "31.02.2026 10:00", "1e999", "-1", "18446744073709551616",
)  # fmt: skip
_ODD_VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 2**63, 1.5, 1e300, [], {}, [[]], [None], {"": {}}, [{"a": [1, {"b": 2}]}], *_ODD_TEXT,
)  # fmt: skip
_ENTITIES: Final = (
    b'<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]>',
    b'<!DOCTYPE a SYSTEM "file:///etc/hostname">',
    b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
)


def flip(body: bytes, rng: random.Random) -> bytes:
    """Change a few bytes."""
    spoilt = bytearray(body)
    for _ in range(rng.randint(1, 8)):
        spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
    return bytes(spoilt)


def cut(body: bytes, rng: random.Random) -> bytes:
    """Cut the end off."""
    return body[: rng.randrange(len(body))]


def splice(body: bytes, rng: random.Random) -> bytes:
    """Repeat or remove a slice."""
    start = rng.randrange(len(body))
    end = min(len(body), start + rng.randint(1, 200))
    return body[:start] + (body[start:end] * 2 if rng.random() < 0.5 else b"") + body[end:]  # noqa: PLR2004 - a coin


def wrap(body: bytes, rng: random.Random) -> bytes:
    """Put text before or after, or nest it deeply."""
    depth = rng.choice((1, 50, 300, 3_000))
    choices = (b"\xef\xbb\xbf" + body, body + b"\x00", b"[" * depth + body + b"]" * depth, b"<a>" * depth + body, b"")
    return rng.choice(choices)


def entity(body: bytes, rng: random.Random) -> bytes:
    """Declare entities or a foreign DTD, and use them."""
    head, tail = (
        (body[: body.find(b">") + 1], body[body.find(b">") + 1 :]) if body.startswith(b"<?xml") else (b"", body)
    )
    return head + rng.choice(_ENTITIES) + tail.replace(b"event", b"event&y;", 1)


def fields(body: bytes, rng: random.Random) -> bytes:
    """Drop, retype, move, duplicate and shuffle fields of the document."""
    if body.lstrip().startswith(b"<"):
        return _xml_fields(body, rng)
    if body.lstrip().startswith((b"ISA", b"UNA", b"UNB")):
        return edi.segments(body, rng)
    try:
        tree = orjson.loads(body)
    except orjson.JSONDecodeError:
        return flip(body, rng)
    for _ in range(rng.randint(1, 4)):
        _spoil(tree, rng)
    try:
        return orjson.dumps(tree)
    except TypeError:  # nested deeper than orjson writes, by an earlier mutation
        return body


def _spoil(tree: Any, rng: random.Random) -> None:
    holders = _holders(tree)
    if not holders:
        return
    holder = rng.choice(holders)
    if isinstance(holder, list):
        rng.choice((rng.shuffle, list.clear, _repeat, _odd_item))(holder)
        return
    key = rng.choice(list(holder))
    deed = rng.randrange(4)
    if deed == 0:
        del holder[key]
    elif deed == 1:
        holder[key] = copy.deepcopy(rng.choice(_ODD_VALUES))
    elif deed == 2:  # noqa: PLR2004 - one of four deeds
        holder[key] = [holder[key]] * rng.randint(1, 3) if rng.random() < 0.5 else {key: holder[key]}  # noqa: PLR2004 - a coin
    else:
        holder[key], other = copy.deepcopy(rng.choice(list(holder.values()))), holder[key]
        holder[rng.choice(list(holder))] = other


def _holders(tree: Any) -> list[Any]:
    """Return all non-empty objects and arrays."""
    found, waiting = [], [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict | list) and node:
            found.append(node)
            waiting.extend(node.values() if isinstance(node, dict) else node)
    return found


def _repeat(items: list[Any]) -> None:
    items.extend(copy.deepcopy(items))


def _odd_item(items: list[Any]) -> None:
    items.insert(0, "not an object")


def _xml_fields(body: bytes, rng: random.Random) -> bytes:
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return flip(body, rng)
    for _ in range(rng.randint(1, 4)):
        element = rng.choice(list(root.iter(etree.Element)))
        parent = element.getparent()
        deed = rng.randrange(5)
        try:
            if deed == 0 and parent is not None:
                parent.remove(element)
            elif deed == 1 and parent is not None:
                parent.append(copy.deepcopy(element))
            elif deed == 2 and element.attrib:  # noqa: PLR2004 - one of five deeds
                del element.attrib[rng.choice(list(element.attrib))]
            elif deed == 3 and element.attrib:  # noqa: PLR2004 - one of five deeds
                element.set(rng.choice(list(element.attrib)), rng.choice(_ODD_TEXT))
            else:
                element.text = rng.choice(_ODD_TEXT)
        except ValueError:  # XML cannot hold control characters; bytes are spoilt by other mutations
            continue
    return etree.tostring(root)


MUTATIONS: Final[dict[str, Mutation]] = {
    "flip": flip, "cut": cut, "splice": splice, "wrap": wrap, "entity": entity, "fields": fields,
}  # fmt: skip
WEIGHTS: Final = (8, 4, 5, 4, 4, 75)
"""How often each mutation is drawn; spoilt fields reach deepest into the engine."""
