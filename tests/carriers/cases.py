"""Every polled carrier with a friendly answer, built from a fixture of its own folder."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from mappings.call_files import load
from mappings.calls import Calls
from mappings.engine import Mappings
from mappings.expectations import RECEIVED_AT, fixtures
from mappings.loading import ROOT
from mappings.trees import READERS
from mappings.walks import walker

MAPPINGS = Mappings.load()
CALLS = {path.parent.name: load(path) for path in sorted(ROOT.glob("*/calls.toml"))}

NAMED = {
    "17track": "answer__one_accepted_one_rejected.json",
    "aftership": "list__two.json",
    "easypost": "list__return.json",
    "royalmail": "events__delivered.json",
    "usps": "detail__delivered.json",
}
"""Fixtures to take where the first `tracking__` one is not what a call answers."""


@dataclass(frozen=True)
class Case:
    """One carrier: how it is called, what it answers, and about which numbers."""

    carrier: str
    calls: Calls
    fixture: bytes
    numbers: tuple[str, ...]
    tells_events: bool = True

    @property
    def secrets(self) -> dict[str, str]:
        return {name: f"hush-{name.replace('_', '-')}" for name in self.calls.secrets}

    @property
    def content_type(self) -> str:
        return f"{self.calls.answer.content_types[0]}; charset=utf-8"

    def wire(self, document: bytes) -> bytes:
        """Return a document as the carrier sends it."""
        if self.calls.answer.inside is None:
            return document
        return json.dumps({"apiResultCode": "A1000", self.calls.answer.inside: document.decode()}).encode()

    def token(self) -> tuple[bytes, str]:
        """Return what the token service answers, and its type."""
        token = self.calls.token
        assert token is not None
        if token.format == "json":
            return json.dumps({"access_token": "token-1", "expires_in": "3600"}).encode(), "application/json"
        names = token.token.split(".")
        opened, closed = "".join(f"<{name}>" for name in names), "".join(f"</{name}>" for name in reversed(names))
        return f"{opened}token-1{closed}".encode(), "text/xml"

    def duplicated(self, total: int) -> bytes:
        """Return the document with its events repeated until there are at least `total`."""
        shape = next(one for one in MAPPINGS.dialect(self.carrier).mapping.shapes if self._fits(one.shipments))
        paths = [shape.events] if isinstance(shape.events, str) else shape.events
        if self.calls.answer.format == "xml":
            steps = [path.replace("[]", "").rsplit(".", 1)[-1] for path in paths]
            return _repeated_elements(self.fixture, steps, total)
        tree = json.loads(self.fixture)
        shipments = walker(shape.shipments)(tree, ()) or ()
        events = [event for path in paths for one, scopes in shipments for event, _ in walker(path)(one, scopes) or ()]
        times = -(-total // len(events))
        for holder in [one for one in _lists(tree) if any(event is one[0] for event in events if one)]:
            holder.extend(holder * (times - 1))
        return json.dumps(tree).encode()

    def _fits(self, path: str) -> bool:
        return bool(walker(path)(READERS[self.calls.answer.format](self.fixture), ()))


def _lists(node: object) -> Iterator[list[object]]:
    if isinstance(node, list):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _lists(child)


def _repeated_elements(body: bytes, steps: list[str], total: int) -> bytes:
    root = etree.fromstring(body)
    found = [element for step in steps for element in root.xpath(_xpath(step))]
    for element in found:
        for _ in range(-(-total // len(found)) - 1):
            element.addnext(etree.fromstring(etree.tostring(element, with_tail=False)))
    return etree.tostring(root)


def _xpath(step: str) -> str:
    name, _, test = step.partition("[")
    attribute, _, value = test.strip("@]").partition("=")
    return f"//*[local-name()='{name}'{f' and @{attribute}={value!r}' if value else ''}]"


def _case(carrier: str, calls: Calls) -> Case:
    for path in _candidates(ROOT / carrier, calls.answer.format):
        body = path.read_bytes()
        facts = MAPPINGS.normalise(carrier, body, received_at=RECEIVED_AT).facts
        asked = tuple(dict.fromkeys(fact.tracking_number for fact in facts if fact.tracking_number))
        if asked and (calls.call.batch >= len(asked) or carrier in NAMED):
            # A list may hold more than was asked for: an aggregator keeps several trackers of one number.
            return Case(carrier, calls, body, asked[: calls.call.batch])
    raise LookupError(f"no fixture of {carrier} can be the answer to a call; name one in NAMED")


def _candidates(folder: Path, form: str) -> list[Path]:
    if folder.name not in MAPPINGS.carriers:
        return []
    found = [path for path in fixtures(folder) if path.suffix == f".{form}"]
    named = NAMED.get(folder.name)
    return [path for path in found if path.name == named or (named is None and path.name.startswith("tracking__"))]


CASES = {carrier: _case(carrier, calls) for carrier, calls in CALLS.items()}
