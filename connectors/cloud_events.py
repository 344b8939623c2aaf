"""Status updates for any order system that takes webhooks: CloudEvents 1.0, signed by Standard Webhooks.

One request carries the ordered list of changes since the last acknowledged one. The receiver's rules are in
`docs/receiving-webhooks.md`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import orjson
from typing_extensions import override

from connectors.http import Answer, PartnerHttp, raise_for_answer
from connectors.standard_webhooks import sign
from domain.errors import PartnerUnavailableError
from domain.ports import Clock, StatusSink
from domain.publication import Publication, PushResult, StatusChange

EVENT_TYPE: Final = "io.milepost.shipment.status.v1"
CONTENT_TYPE: Final = "application/cloudevents+json"

LONGEST_PAUSE: Final = timedelta(hours=24)
"""A receiver may ask for this much; a longer wish is a connection that a person should switch off."""

_HTML: Final = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """Where a connection's updates go: the receiver's URL and every live signing key, newest first."""

    connection: str
    url: str
    keys: tuple[str, ...] = field(repr=False)


class WebhookSink(StatusSink):
    """Pushes publications to one receiver."""

    def __init__(self, target: WebhookTarget, http: PartnerHttp, clock: Clock) -> None:
        self._target = target
        self._http = http
        self._clock = clock

    @override
    async def push(self, publication: Publication) -> PushResult:
        """Deliver the changes; any 2xx acknowledges them all.

        Raises:
            EndpointGoneError: The receiver answered 410 and wants no more.
            RateLimitedError: 429, or 503 with a pause; `retry_after` is capped.
            PartnerUnavailableError: No answer, 408, 425, other 5xx, or a web page in place of an answer.
            CredentialsRejectedError: 401 or 403: keys differ.
            RequestRejectedError: Any other answer, redirects among them.
            EgressRefusedError: The URL leads to an address that the hub does not call.
        """
        message_id = wire_id(publication)
        body = encode(publication)
        headers = sign(body, message_id=message_id, at=self._clock.now(), keys=self._target.keys)
        headers["content-type"] = CONTENT_TYPE
        partner = self._target.connection
        answer = await self._http.post(self._target.url, body, headers=headers, partner=partner)
        raise_for_answer(answer, partner=partner, now=self._clock.now(), longest=LONGEST_PAUSE)
        _refuse_web_page(answer, partner)
        return PushResult(acked=True, revision=publication.changes[-1].revision, outcome=f"accepted {answer.status}")


def wire_id(publication: Publication) -> str:
    """Return the CloudEvents id, which is also the webhook id.

    A full stop separates the parts that a signature covers, so one in a shipment id is sent as a tilde, which
    shipment ids cannot hold.
    """
    return publication.message_id.replace(".", "~")


def encode(publication: Publication) -> bytes:
    """Return the event as bytes; the same publication gives the same bytes on every retry."""
    newest = publication.changes[-1]
    event = {
        "specversion": "1.0",
        "id": wire_id(publication),
        "source": f"/milepost/{publication.tenant}",
        "type": EVENT_TYPE,
        "subject": publication.shipment_id,
        "time": newest.recorded_at.isoformat(),
        "datacontenttype": "application/json",
        # Compared as text by the CloudEvents sequence extension, hence the leading zeros.
        "sequence": f"{newest.revision:010d}",
        "data": {
            "shipment_id": publication.shipment_id,
            "reference": publication.reference,
            "tracking_numbers": list(publication.tracking_numbers),
            "changes": [_change(change) for change in publication.changes],
        },
    }
    return orjson.dumps(event)


def _change(change: StatusChange) -> Mapping[str, Any]:
    return change.model_dump(mode="json")


def _refuse_web_page(answer: Answer, partner: str) -> None:
    # A maintenance page served with 200 has not stored anything; taking it as an answer would lose the update.
    if _HTML.match(answer.body):
        raise PartnerUnavailableError(f"{partner} answered with a web page", partner=partner, http_status=answer.status)
