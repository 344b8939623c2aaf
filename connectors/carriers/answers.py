"""Is it an answer? What a carrier sent back is judged here; reading it is the mappings' business."""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NoReturn
from xml.sax.saxutils import quoteattr

from connectors.carriers.account import CallingAccount
from connectors.evidence import excerpt
from connectors.http import Answer, kind_of, parse_retry_after
from domain.carriers import CarrierAnswer
from domain.errors import (
    CredentialsRejectedError,
    NotKnownYetError,
    PartnerContractError,
    PartnerError,
    PartnerUnavailableError,
    PayloadError,
    RateLimitedError,
    RequestRejectedError,
)
from mappings.call_answers import Answering, Means, Verdict
from mappings.calls import Calls
from mappings.scalars import text
from mappings.trees import READERS
from mappings.walks import walker

_HTML: Final = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html[\s>]|head[\s>])", re.IGNORECASE)
_DECLARATION: Final = re.compile(rb"^\s*(?:\xef\xbb\xbf)?\s*<\?xml[^>]*\?>")
_REDIRECTS: Final = range(300, 400)
_UNKNOWN: Final = frozenset({404})
_FORBIDDEN: Final = 403

_MEANS: Final[dict[Means, type[PartnerError]]] = {
    "credentials_rejected": CredentialsRejectedError,
    "rate_limited": RateLimitedError,
    "partner_unavailable": PartnerUnavailableError,
    "request_rejected": RequestRejectedError,
}


class NotAnAnswerError(PartnerContractError):
    """Something other than the carrier's service answered; asking about fewer numbers changes nothing."""


def read(body: bytes, form: str) -> Any:
    """Return the tree of a body; None when it is not of that form."""
    try:
        return READERS[form](body)
    except PayloadError:
        return None


def verdict(verdicts: Iterable[Verdict], tree: Any) -> type[PartnerError] | None:
    """Return the failure that the carrier tells in the body, if it tells one."""
    for one in verdicts:
        told = {text(item) for item, _ in walker(one.path)(tree, ()) or ()}
        if told & set(one.values):
            return _MEANS[one.means]
    return None


def kept(
    answer: Answer, calls: Calls, account: CallingAccount, numbers: Sequence[str], *, now: datetime
) -> CarrierAnswer:
    """Return what goes to the intake; raise the `PartnerError` that says what is wrong instead.

    Raises:
        CredentialsRejectedError: 401, 403, or the body says so.
        RateLimitedError: 429, 503 with a pause, or the body says so; the pause is capped.
        PartnerUnavailableError: 5xx, 408, 425, a web page that forbids.
        NotKnownYetError: 404 with nothing to read.
        RequestRejectedError: other 4xx.
        PartnerContractError: a redirect, a web page, another content type, too much, nothing, or a broken document; one
            about other numbers.
    """
    who = account.account_id
    if answer.status in _REDIRECTS:
        raise NotAnAnswerError(f"{who} was redirected; that is not followed", http_status=answer.status)
    if answer.is_cut:
        raise PartnerContractError(f"{who} got more than an answer may hold", size=len(answer.body))
    if not answer.is_success and answer.status not in calls.answer.unknown:
        refuse(answer, account, now=now, kind=_told(answer, calls.answer))
    if answer.is_success:
        _check_type(answer, calls.answer, who)
    tree = _document(answer, calls.answer, account, now)
    told = verdict(calls.answer.verdicts, tree)
    if told is not None:
        refuse(answer, account, now=now, kind=told)
    body = answer.body
    if calls.answer.inside is not None:
        body, tree = _inside(tree, calls.answer.inside, calls.answer.format, who)
    if answer.is_success:
        _check_numbers(calls.answer, tree, numbers, who)
    if not calls.answer.names_number:
        body = _around(body, calls.answer.format, numbers[0])
    return CarrierAnswer(body, _media_type(answer), tuple(numbers))


def refuse(
    answer: Answer, account: CallingAccount, *, now: datetime, kind: type[PartnerError] | None = None
) -> NoReturn:
    """Raise what an answer that is none means; the carrier's words are kept without the account's secrets."""
    retry_after = parse_retry_after(answer.headers.get("retry-after"), now=now)
    found = kind or kind_of(answer.status, has_pause=retry_after is not None)
    if answer.status in _UNKNOWN and kind is None:
        found = NotKnownYetError
    is_page = _HTML.match(answer.body) is not None
    if found is CredentialsRejectedError and kind is None and (not account.credentials or _shields(answer, is_page)):
        # A page of some firewall says nothing about keys, and a carrier that takes none cannot refuse them.
        found = PartnerUnavailableError
    words = excerpt(answer.body, answer.headers.get("content-type", ""))
    raise found(
        f"{account.account_id}: {account.carrier} answered {answer.status}",
        retry_after=retry_after,
        carrier=account.carrier,
        http_status=answer.status,
        answer=account.hidden(words),
    )


def _shields(answer: Answer, is_page: bool) -> bool:
    return is_page and answer.status == _FORBIDDEN


def _told(answer: Answer, expected: Answering) -> type[PartnerError] | None:
    if not expected.verdicts:
        return None
    tree = read(answer.body, expected.format)
    return None if tree is None else verdict(expected.verdicts, tree)


def _check_type(answer: Answer, expected: Answering, who: str) -> None:
    if _HTML.match(answer.body):
        raise NotAnAnswerError(f"{who} got a web page in place of an answer", http_status=answer.status)
    media = _media_type(answer)
    if media and media not in expected.content_types:
        raise NotAnAnswerError(f"{who} got an answer of another type", content_type=media[:100])


def _document(answer: Answer, expected: Answering, account: CallingAccount, now: datetime) -> Any:
    try:
        return READERS[expected.format](answer.body)
    except PayloadError as error:
        if not answer.is_success:
            refuse(answer, account, now=now)
        raise PartnerContractError(
            f"{account.account_id} got an answer that cannot be read: {error.code}",
            carrier=account.carrier,
            content_type=_media_type(answer)[:100],
            size=len(answer.body),
        ) from error


def _check_numbers(expected: Answering, tree: Any, asked: Sequence[str], who: str) -> None:
    if not expected.numbers:
        return
    named = {_bare(text(item) or "") for path in expected.numbers for item, _ in walker(path)(tree, ()) or ()} - {""}
    wanted = {_bare(number) for number in asked}
    if named and not any(_same(one, other) for one in named for other in wanted):
        raise PartnerContractError(f"{who} got an answer about other numbers than asked for", named=len(named))


def _same(one: str, other: str) -> bool:
    # Carriers add and drop routing prefixes: the number itself is the end.
    return one.endswith(other) or (len(one) >= _LEAST and other.endswith(one))


_LEAST: Final = 8
"""Characters that an end must have to stand for the whole number."""


def _bare(number: str) -> str:
    return "".join(character for character in number.upper() if character.isalnum())


def _inside(tree: Any, member: str, form: str, who: str) -> tuple[bytes, Any]:
    document = tree.get(member) if isinstance(tree, dict) else None
    if not isinstance(document, str):
        raise PartnerContractError(f"{who} got an envelope without the document")
    body = document.encode()
    inner = read(body, form)
    if inner is None:
        raise PartnerContractError(f"{who} got an envelope with a document that cannot be read")
    return body, inner


def _around(body: bytes, form: str, number: str) -> bytes:
    """Put the number around a document that does not name it; the document itself stays byte for byte."""
    if form == "json":
        return b'{"asked": ' + json.dumps(number).encode() + b', "answer": ' + body.strip() + b"}"
    bare = _DECLARATION.sub(b"", body, count=1)
    return b"<asked number=" + quoteattr(number).encode() + b">" + bare.strip() + b"</asked>"


def _media_type(answer: Answer) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()
