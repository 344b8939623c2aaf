"""The 17TRACK webhook signature: header `sign` is the SHA-256 hex digest of the raw body, `/` and the key.

It is a plain digest, not an HMAC, and it covers no time: a replayed body is recognised by the inbox, which keeps
each content once.
"""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from connectors.signatures import SignatureProblem, SignatureRefusedError

SIGNATURE_HEADER: Final = "sign"


def sign(body: bytes, key: str) -> str:
    """Return the lower-case hex digest that 17TRACK sends with these bytes."""
    return sha256(body + b"/" + key.encode()).hexdigest()


def verify(body: bytes, signature: str | None, *, keys: Sequence[str]) -> None:
    """Accept bytes signed with one of the live keys; raise `SignatureRefusedError` otherwise."""
    if not signature:
        raise SignatureRefusedError(SignatureProblem.HEADER_MISSING)
    if not keys:
        raise SignatureRefusedError(SignatureProblem.NO_KEY)
    given = signature.strip().lower().encode()
    matches = [hmac.compare_digest(sign(body, key).encode(), given) for key in keys]
    if not any(matches):
        raise SignatureRefusedError(SignatureProblem.NO_MATCH)
