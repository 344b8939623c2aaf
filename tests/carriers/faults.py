"""Everything a carrier may do to a caller, each with what a good caller makes of it.

A fault is judged from outside: by what `fetch` gave or raised, and by what the servers saw. The same judgement is
passed on a naive caller in `test_harness.py`, which has to fail every one of them.
"""

import asyncio
import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from domain.carriers import Fetched
from domain.errors import (
    CredentialsRejectedError,
    HubError,
    PartnerContractError,
    PartnerUnavailableError,
    PayloadError,
    RateLimitedError,
)
from tests.carriers.cases import MAPPINGS, RECEIVED_AT, Case
from tests.carriers.hostile import Answering, HostileCarrier, Reply, Seen, replying, reset

HUNG = "hung"
"""The outcome of a caller that was still waiting when the test lost patience."""

MEGABYTE = 1024 * 1024

Outcome = Fetched | BaseException | str


@dataclass(frozen=True)
class Scene:
    """What is there when a fault is judged: the carrier, a stranger's server, and who asked for what."""

    case: Case
    carrier: HostileCarrier
    elsewhere: HostileCarrier
    outcome: Outcome
    numbers: Sequence[str]

    @property
    def asked(self) -> list[Seen]:
        """Requests for tracking, without those for tokens."""
        return [seen for seen in self.carrier.seen if not is_token(self.case, seen)]


@dataclass(frozen=True)
class Fault:
    """One thing a carrier does. `numbers` replaces what is asked for; `is_slow` wants a caller with little patience."""

    answering: Callable[[Case, HostileCarrier, HostileCarrier], Answering]
    judge: Callable[[Scene], None]
    numbers: tuple[str, ...] | None = None
    unless: Callable[[Case], bool] = lambda _: False
    is_slow: bool = False


def is_token(case: Case, seen: Seen) -> bool:
    return case.calls.token is not None and seen.path == case.calls.token.path


def friendly(case: Case, body: bytes | None = None) -> Callable[[Seen], Reply]:
    """Answer tokens and tracking as the carrier does."""

    def make(seen: Seen) -> Reply:
        if is_token(case, seen):
            text, content_type = case.token()
            return Reply(text, content_type)
        return Reply(case.wire(case.fixture if body is None else body), case.content_type)

    return make


def tracking(answer: Callable[[Case], Answering]) -> Callable[[Case, HostileCarrier, HostileCarrier], Answering]:
    """Let the token service be friendly and only tracking be at fault."""

    def build(case: Case, _: HostileCarrier, __: HostileCarrier) -> Answering:
        good, bad = replying(friendly(case)), answer(case)

        async def answering(seen: Seen, writer: asyncio.StreamWriter) -> None:
            await (good if is_token(case, seen) else bad)(seen, writer)

        return answering

    return build


def always(make: Callable[[Case], Reply]) -> Callable[[Case, HostileCarrier, HostileCarrier], Answering]:
    return tracking(lambda case: replying(lambda _: make(case)))


def raises(kind: type[HubError], *, requests: int | None = None) -> Callable[[Scene], None]:
    """Expect exactly this failure, and no retry by the caller's own will."""

    def judge(scene: Scene) -> None:
        assert isinstance(scene.outcome, kind), scene.outcome
        assert scene.outcome.code == kind.code
        assert requests is None or len(scene.asked) == requests

    return judge


# --- what the answers look like on the wire -----------------------------------------------------------------------


async def stall(_: Seen, __: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


def stall_in_body(case: Case) -> Answering:
    async def answer(_: Seen, writer: asyncio.StreamWriter) -> None:
        whole = Reply(case.wire(case.fixture), case.content_type).raw()
        writer.write(whole[:-10])
        await writer.drain()
        await asyncio.Event().wait()

    return answer


def slow_loris(case: Case) -> Answering:
    async def answer(_: Seen, writer: asyncio.StreamWriter) -> None:
        whole = Reply(case.wire(case.fixture), case.content_type).raw()
        for byte in whole:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.01)  # never a pause long enough for a timeout of one read

    return answer


def page(_: Case) -> Reply:
    return Reply(b"<!DOCTYPE html><html><body>We will be back soon.</body></html>", "text/html")


def cut(case: Case) -> Reply:
    body = case.wire(case.fixture)
    return Reply(body[: len(body) * 2 // 3], case.content_type)


def entities(case: Case) -> Reply:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    body = f'<?xml version="1.0"?><!DOCTYPE data [<!ENTITY e0 "ha">{levels}]><data>&e9;</data>'
    return Reply(body.encode(), case.content_type)


def external_entity(case: Case) -> Reply:
    body = b'<?xml version="1.0"?><!DOCTYPE data [<!ENTITY e SYSTEM "file:///etc/hostname">]><data>&e;</data>'
    return Reply(body, case.content_type)


@cache
def bomb() -> bytes:
    return gzip.compress(b" " * (64 * MEGABYTE), 1)


def gzip_bomb(case: Case) -> Reply:
    return Reply(bomb(), case.content_type, headers=(("content-encoding", "gzip"),))


def cut_gzip(case: Case) -> Reply:
    packed = gzip.compress(case.wire(case.fixture))
    return Reply(packed[:-12], case.content_type, headers=(("content-encoding", "gzip"),))


def not_gzip(case: Case) -> Reply:
    return Reply(case.wire(case.fixture), case.content_type, headers=(("content-encoding", "gzip"),))


def paged(case: Case) -> Reply:
    body = case.wire(case.fixture)
    if case.calls.answer.format == "json":
        tree = json.loads(body)
        more = {"next": "?page=2", "has_more": True, "nextPage": "?page=2"}
        body = json.dumps({**tree, **more}).encode() if isinstance(tree, dict) else body
    return Reply(body, case.content_type, headers=(("link", '<?page=2>; rel="next"'),))


def elsewhere(case: Case, carrier: HostileCarrier, other: HostileCarrier) -> Answering:
    other.answering = replying(friendly(case))
    redirect = Reply(b"", None, "307 Temporary Redirect", (("location", f"{other.url}/stolen"),))
    return always(lambda _: redirect)(case, carrier, other)


def token_says(reply: Reply) -> Callable[[Case, HostileCarrier, HostileCarrier], Answering]:
    def build(case: Case, _: HostileCarrier, __: HostileCarrier) -> Answering:
        good = friendly(case)
        return replying(lambda seen: reply if is_token(case, seen) else good(seen))

    return build


def without_token(case: Case) -> bool:
    return case.calls.token is None


def without_secrets(case: Case) -> bool:
    return not case.calls.secrets


# --- what a good caller makes of them -------------------------------------------------------------------------------


def pauses_a_quarter_of_an_hour(scene: Scene) -> None:
    assert type(scene.outcome) is RateLimitedError
    assert scene.outcome.retry_after == timedelta(minutes=15)
    assert len(scene.asked) == 1


def is_answered_once(scene: Scene) -> None:
    assert isinstance(scene.outcome, Fetched)
    assert len(scene.asked) == 1
    assert [answer.numbers for answer in scene.outcome.answers] == [tuple(scene.numbers)]


def stays_here(scene: Scene) -> None:
    raises(PartnerContractError, requests=1)(scene)
    assert scene.elsewhere.seen == []


def gives_each_fact_once(scene: Scene) -> None:
    assert isinstance(scene.outcome, Fetched)
    (answer,) = scene.outcome.answers
    assert _events(scene.case, answer.body) == _events(scene.case, scene.case.fixture)


def _events(case: Case, body: bytes) -> set[str] | None:
    try:
        facts = MAPPINGS.normalise(case.carrier, body, received_at=RECEIVED_AT).facts
    except PayloadError:
        return None
    return {fact.event_id for fact in facts}


def duplicates(case: Case) -> Reply:
    return Reply(case.wire(case.duplicated(1_000)), case.content_type)


FAULTS: dict[str, Fault] = {
    "stalls before the headers": Fault(
        tracking(lambda _: stall), raises(PartnerUnavailableError, requests=1), is_slow=True
    ),
    "stalls in the body": Fault(tracking(stall_in_body), raises(PartnerUnavailableError, requests=1), is_slow=True),
    "sends a byte at a time": Fault(tracking(slow_loris), raises(PartnerUnavailableError, requests=1), is_slow=True),
    "breaks the connection off": Fault(tracking(lambda _: reset), raises(PartnerUnavailableError, requests=1)),
    "is busy for a day": Fault(
        always(lambda _: Reply(b"{}", status="429 Too Many Requests", headers=(("retry-after", "86400"),))),
        pauses_a_quarter_of_an_hour,
    ),
    "is out of service": Fault(
        always(lambda _: Reply(b"{}", status="503 Service Unavailable")), raises(PartnerUnavailableError, requests=1)
    ),
    "shows a page": Fault(always(page), raises(PartnerContractError, requests=1)),
    "sends nothing": Fault(always(lambda case: Reply(b"", case.content_type)), raises(PartnerContractError)),
    "cuts the document off": Fault(always(cut), raises(PartnerContractError)),
    "sends another type": Fault(
        always(lambda case: Reply(case.wire(case.fixture), "image/png")), raises(PartnerContractError, requests=1)
    ),
    "sends entities that multiply": Fault(always(entities), raises(PartnerContractError)),
    "sends an entity of the file system": Fault(always(external_entity), raises(PartnerContractError)),
    "sends a bomb": Fault(always(gzip_bomb), raises(PartnerContractError)),
    "cuts the gzip off": Fault(always(cut_gzip), raises(PartnerContractError)),
    "says gzip and means it not": Fault(always(not_gzip), raises(PartnerContractError)),
    "sends more than an answer holds": Fault(
        always(lambda case: Reply(case.wire(case.fixture) + b" " * (5 * MEGABYTE), case.content_type)),
        raises(PartnerContractError),
    ),
    "offers pages without end": Fault(always(paged), is_answered_once),
    "redirects to a stranger": Fault(elsewhere, stays_here),
    "repeats events a thousand times": Fault(
        always(duplicates), gives_each_fact_once, unless=lambda case: not case.tells_events
    ),
    "says unchanged unasked": Fault(
        always(lambda _: Reply(b"", None, "304 Not Modified")), raises(PartnerContractError, requests=1)
    ),
    "answers about other numbers": Fault(
        always(lambda case: Reply(case.wire(case.fixture), case.content_type)),
        raises(PartnerContractError),
        numbers=("ZX000000099ZX",),
        unless=lambda case: not case.calls.answer.numbers,
    ),
    "refuses the credentials": Fault(
        always(lambda _: Reply(b"{}", status="401 Unauthorized")),
        raises(CredentialsRejectedError),
        unless=without_secrets,
    ),
    "has a token service that is down": Fault(
        token_says(Reply(b"", None, "503 Service Unavailable")),
        raises(PartnerUnavailableError, requests=0),
        unless=without_token,
    ),
    "has a token service that refuses": Fault(
        token_says(Reply(b'{"error": "invalid_client"}', status="401 Unauthorized")),
        raises(CredentialsRejectedError, requests=0),
        unless=without_token,
    ),
    "has a token service that shows a page": Fault(
        token_says(Reply(b"<html><body>Welcome</body></html>", "text/html")),
        raises(PartnerContractError, requests=0),
        unless=without_token,
    ),
    "has a token service that gives none": Fault(
        token_says(Reply(b'{"expires_in": 3600}')), raises(PartnerContractError, requests=0), unless=without_token
    ),
}
