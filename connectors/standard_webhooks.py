"""Standard Webhooks 1.0: signs and verifies raw bytes with rotating symmetric keys.

The signature covers `{id}.{unix seconds}.{body}`. Verify the bytes as received, before anything parses them.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from connectors.signatures import SignatureProblem, SignatureRefusedError

ID_HEADER: Final = "webhook-id"
TIMESTAMP_HEADER: Final = "webhook-timestamp"
SIGNATURE_HEADER: Final = "webhook-signature"
HEADERS: Final = (ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER)

TOLERANCE: Final = timedelta(minutes=5)
"""How far the sender's clock may be from ours; older bytes are a replay."""

_PREFIX: Final = "whsec_"
_VERSION: Final = "v1"
_MIN_KEY_BYTES: Final = 24
_MAX_KEY_BYTES: Final = 64
_MAX_CANDIDATES: Final = 20
_MAX_TIMESTAMP_DIGITS: Final = 12


def new_key() -> str:
    """Return a fresh signing key of 32 random bytes in its `whsec_` form."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_bytes(key: str) -> bytes:
    """Return the raw bytes of a `whsec_` key; raise `ValueError`, without echoing it, when it is malformed."""
    try:
        raw = base64.b64decode(key.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a signing key is `whsec_` followed by base64") from None
    if not _MIN_KEY_BYTES <= len(raw) <= _MAX_KEY_BYTES:
        raise ValueError(f"a signing key has {_MIN_KEY_BYTES} to {_MAX_KEY_BYTES} bytes, this one {len(raw)}")
    return raw


def sign(body: bytes, *, message_id: str, at: datetime, keys: Sequence[str]) -> dict[str, str]:
    """Return the three headers for these bytes, with one signature per live key.

    Args:
        body: The exact bytes that go over the wire.
        message_id: Identical on every retry; holds no full stop, which separates the signed parts.
        at: When this attempt is made, with a zone.
        keys: Live `whsec_` keys, at least one; the newest first by custom.
    """
    if not keys:
        raise ValueError("signing needs at least one key")
    if not _is_message_id(message_id):
        raise ValueError("a webhook id is printable ASCII without blanks and full stops")
    timestamp = str(int(at.timestamp()))
    signatures = [f"{_VERSION},{_signature(key, message_id, timestamp, body)}" for key in keys]
    return {ID_HEADER: message_id, TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: " ".join(signatures)}


def verify(
    body: bytes,
    headers: Mapping[str, str],
    *,
    keys: Sequence[str],
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> str:
    """Return the message id when one of the keys signed these very bytes lately.

    `headers` needs case-insensitive or lower-case names. Raises `SignatureRefusedError` otherwise; versions
    other than `v1` in the signature list are skipped, as the specification asks.
    """
    message_id = _header(headers, ID_HEADER)
    timestamp = _header(headers, TIMESTAMP_HEADER)
    candidates = _candidates(_header(headers, SIGNATURE_HEADER))
    if not keys:
        raise SignatureRefusedError(SignatureProblem.NO_KEY)
    if not _is_message_id(message_id):
        raise SignatureRefusedError(SignatureProblem.ID_MALFORMED)
    _check_age(timestamp, now=now, tolerance=tolerance)
    expected = [_signature(key, message_id, timestamp, body).encode() for key in keys]
    # Every pair is compared, so that the time taken does not tell which key or which position matched.
    matches = [hmac.compare_digest(wanted, given) for wanted in expected for given in candidates]
    if not any(matches):
        raise SignatureRefusedError(SignatureProblem.NO_MATCH)
    return message_id


def _signature(key: str, message_id: str, timestamp: str, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(key_bytes(key), signed, sha256).digest()).decode()


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    if not value:
        raise SignatureRefusedError(SignatureProblem.HEADER_MISSING)
    return value


def _candidates(header: str) -> list[bytes]:
    parts = (part.partition(",") for part in header.split()[:_MAX_CANDIDATES])
    return [value.encode() for version, _, value in parts if version == _VERSION]


def _check_age(timestamp: str, *, now: datetime, tolerance: timedelta) -> None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _MAX_TIMESTAMP_DIGITS):
        raise SignatureRefusedError(SignatureProblem.TIMESTAMP_MALFORMED)
    try:
        age = now - datetime.fromtimestamp(int(timestamp), UTC)
    except (OverflowError, ValueError):
        raise SignatureRefusedError(SignatureProblem.TIMESTAMP_MALFORMED) from None
    if age > tolerance:
        raise SignatureRefusedError(SignatureProblem.TIMESTAMP_TOO_OLD)
    if age < -tolerance:
        raise SignatureRefusedError(SignatureProblem.TIMESTAMP_TOO_NEW)


def _is_message_id(text: str) -> bool:
    return text.isascii() and text.isprintable() and not any(character in " ." for character in text)
