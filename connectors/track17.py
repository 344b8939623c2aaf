"""The 17TRACK webhook signature: header `sign` is the SHA-256 hex digest of the raw body, `/` and the key.

It is a plain digest, not an HMAC, and it covers no time: a replayed body is recognised by the inbox, which keeps
each content once.
"""

from hashlib import sha256
from typing import Final

SIGNATURE_HEADER: Final = "sign"


def sign(body: bytes, key: str) -> str:
    """Return the lower-case hex digest that 17TRACK sends with these bytes."""
    return sha256(body + b"/" + key.encode()).hexdigest()
