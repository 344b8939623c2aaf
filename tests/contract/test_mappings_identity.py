"""Facts are the same whatever order, repetition or wording their events come in; every event is accounted for."""

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from bench.fuzz import Fuzzer
from domain.milestones import Milestone
from mappings.dialect import Dialect
from mappings.edi.reading import standard_of
from mappings.edi.standards import X12
from mappings.engine import Mappings
from mappings.expectations import RECEIVED_AT, expectation_of, fixtures
from mappings.loading import ROOT

MAPPINGS = Mappings.load()
WORDS = {
    "fedex": ("eventDescription", "exceptionDescription", "derivedStatus"),
    "17track": ("description",),
    "aftership": ("message", "subtag_message"),
    "easypost": ("message", "description"),
    "ups": ("description",),
    "cainiao": ("desc", "standerdDesc"),
    "dhl_express": ("Description",),
    "dhl_universal": ("description",),
    "dhl_parcel_de": ("event-status", "event-text", "event-short-status"),
    "canadapost": ("event-description",),
    "dpd": ("label",),
    "laposte": ("label", "eventLibelle"),
    "mydhl": ("description",),
    "royalmail": ("eventName", "lastEventName"),
    "sf_express": ("remark",),
    "upu": ("text",),
    "usps": ("eventType",),  # `Event` is the code where no code stands beside it
}
EVENT_LISTS = {
    "fedex": ("scanEvents",),
    "ups": ("activity",),
    "17track": ("events",),
    "aftership": ("checkpoints",),
    "easypost": ("tracking_details",),
    "cainiao": ("detailList",),
    "dhl_express": ("ShipmentEvent", "PieceEvent"),
    "dhl_parcel_de": ("piece-event",),
    "dhl_universal": ("events",),
    "canadapost": ("occurrence",),
    "dpd": ("statusInfo",),
    "laposte": ("event", "trackResponse"),
    "mydhl": ("events",),
    "royalmail": ("events",),
    "sf_express": ("routes", "WaybillRoute"),
    "upu": ("events",),
    "usps": ("trackingEvents", "eventSummaries", "TrackDetail", "trackingEvent", "event"),
}


def bodies() -> Iterator[Any]:
    """Yield fixtures whose events all become facts, each with its own identity."""
    for carrier in MAPPINGS.carriers:
        for path in fixtures(ROOT / carrier):
            expected = orjson.loads(expectation_of(path).read_bytes())
            if len(expected.get("facts", [])) > 1 and not expected["rejected"]:
                yield pytest.param(carrier, path.read_bytes(), id=f"{carrier}/{path.name}")


BODIES = list(bodies())


def meaning(dialect: Dialect, body: bytes) -> dict[str, tuple[Any, ...]]:
    facts = dialect.normalise(body, received_at=RECEIVED_AT).facts
    return {
        fact.event_id: (fact.milestone, fact.occurred_at, fact.precision, fact.reasons, fact.parcel, fact.location)
        for fact in facts
    }


def rearranged(carrier: str, body: bytes, change: Callable[[list[Any]], list[Any]]) -> bytes:
    """Return the payload with every list of events changed."""
    if standard_of(body) is not None:
        return _rearranged_edi(body, change)
    if body.lstrip().startswith(b"<"):
        return _rearranged_xml(carrier, body, change)
    tree = orjson.loads(body)
    for holder in _holders(tree):
        for name in EVENT_LISTS[carrier]:
            if isinstance(holder.get(name), list):
                holder[name] = change(holder[name])
    return orjson.dumps(tree)


def _holders(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _holders(child)


def _is_event(element: Any, carrier: str) -> bool:
    return element.get("name") in EVENT_LISTS[carrier] or etree.QName(element).localname in EVENT_LISTS[carrier]


def _rearranged_xml(carrier: str, body: bytes, change: Callable[[list[Any]], list[Any]]) -> bytes:
    root = etree.fromstring(body, etree.XMLParser(remove_comments=True))
    for parent in list(root.iter()):
        events = [child for child in parent if _is_event(child, carrier)]
        others = [child for child in parent if not _is_event(child, carrier)]
        parent[:] = [*others, *change(events)]
    return etree.tostring(root)


def _rearranged_edi(body: bytes, change: Callable[[list[Any]], list[Any]]) -> bytes:
    """Return the interchange with its messages changed; counts of the envelope are left as they were."""
    is_x12 = standard_of(body) is X12
    header, trailer = (rb"ST", rb"SE") if is_x12 else (rb"UNH", rb"UNT")
    end = b"\n" if is_x12 and b"~" not in body else b"~" if is_x12 else body[8:9] if body[:3] == b"UNA" else b"'"
    found = list(re.finditer(rb"\b%s\W.*?\b%s\W.*?%s" % (header, trailer, re.escape(end)), body, re.DOTALL))
    messages = change([one[0] for one in found])
    return body[: found[0].start()] + b"".join(messages) + body[found[-1].end() :]


def reworded(carrier: str, body: bytes) -> bytes:
    """Return the payload with other words in every event, where words do not decide its meaning."""
    if standard_of(body) is not None:
        return re.sub(rb":REASON|(?<=\*)ROLLING", rb" (IN OTHER WORDS)\g<0>", body)

    def change(events: list[Any]) -> list[Any]:
        for event in events:
            for name in WORDS[carrier]:
                _reword(event, name)
        return events

    return rearranged(carrier, body, change)


def _reword(event: Any, name: str) -> None:
    if isinstance(event, dict):
        if event.get(name):
            event[name] = f"{event[name]} (said in other words)"
        return
    if isinstance(event, str):
        return  # a line is all that its event has: other words are another event
    if event.get(name):
        event.set(name, f"{event.get(name)} (said in other words)")
    for child in event.findall(name):
        child.text = f"{child.text or ''} (said in other words)"


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize(("carrier", "body"), BODIES)
@given(seed=st.randoms(use_true_random=False))
def test_shuffled_and_repeated_events_give_the_same_facts(carrier: str, body: bytes, seed: Any) -> None:
    dialect = MAPPINGS.dialect(carrier)

    def change(events: list[Any]) -> list[Any]:
        doubled = [*events, *(copy.deepcopy(event) for event in events if seed.random() < 0.4)]
        seed.shuffle(doubled)
        return doubled

    assert meaning(dialect, rearranged(carrier, body, change)) == meaning(dialect, body)


@pytest.mark.parametrize(("carrier", "body"), BODIES)
def test_reworded_events_keep_their_identity(carrier: str, body: bytes) -> None:
    dialect = MAPPINGS.dialect(carrier)
    facts = dialect.normalise(body, received_at=RECEIVED_AT).facts
    again = dialect.normalise(reworded(carrier, body), received_at=RECEIVED_AT).facts

    coded = {fact.event_id for fact in facts if fact.source.raw_code is not None}

    assert coded - {fact.event_id for fact in again} == set()
    assert len(again) == len(facts)


@pytest.mark.parametrize(("carrier", "body"), BODIES)
def test_index_is_the_place_in_the_payload(carrier: str, body: bytes) -> None:
    dialect = MAPPINGS.dialect(carrier)

    explained = dialect.explain(body)
    facts = dialect.normalise(body, received_at=RECEIVED_AT).facts

    told = {fact.source.index: fact.source.raw_code for fact in facts}
    assert {index: explained[index].sent for index in told if explained[index]} == told


@pytest.mark.parametrize(("carrier", "body"), BODIES)
def test_the_hour_of_arrival_is_no_part_of_the_identity(carrier: str, body: bytes) -> None:
    dialect = MAPPINGS.dialect(carrier)
    later = RECEIVED_AT.replace(year=2027)

    first = [fact.event_id for fact in dialect.normalise(body, received_at=RECEIVED_AT, message_id="m_1").facts]
    second = [fact.event_id for fact in dialect.normalise(body, received_at=later, message_id="m_2").facts]

    assert first == second


def test_two_thousand_spoilt_payloads_crash_nothing_and_guess_nothing() -> None:
    fuzzer = Fuzzer(seed=20_260_101)

    assert [fault for number in range(2_000) if (fault := fuzzer.check(number)) is not None] == []
    assert fuzzer.outcomes["accepted"] > 0
    assert fuzzer.outcomes["partly accepted"] > 0
    assert fuzzer.outcomes["refused: payload_refused"] > 0


class Guessing(Dialect):
    """A dialect that does what must never happen: it reads every unknown code as progress."""

    def normalise(self, body: bytes, **kwargs: Any) -> Any:
        normalised = super().normalise(body, **kwargs)
        normalised.facts[:] = [
            fact.model_copy(update={"milestone": Milestone.IN_TRANSIT})
            if fact.milestone is Milestone.UNMAPPED
            else fact
            for fact in normalised.facts
        ]
        return normalised


class Losing(Dialect):
    """A dialect that silently drops its last event."""

    def normalise(self, body: bytes, **kwargs: Any) -> Any:
        normalised = super().normalise(body, **kwargs)
        del normalised.facts[-1:]
        return normalised


@pytest.mark.parametrize(("broken", "said"), [(Guessing, "guessed IN_TRANSIT"), (Losing, "became nothing")])
def test_the_fuzzer_catches_a_broken_engine(broken: type[Dialect], said: str) -> None:
    fuzzer = Fuzzer(seed=1)
    fuzzer._corpus = [
        (broken(dialect.mapping, dialect.version), body)
        for dialect, body in fuzzer._corpus
        if dialect.mapping.carrier == "fedex"
    ]

    faults = [fault for number in range(400) if (fault := fuzzer.check(number)) is not None]

    assert [fault for fault in faults if said in fault]
