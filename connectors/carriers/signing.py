"""Signatures that a request carries over its own parts."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote_plus

from connectors.carriers.templates import fill
from mappings.call_requests import Sign


def signature(sign: Sign, values: Mapping[str, str]) -> str:
    """Return the digest that `[sign]` describes. MD5 is what some carriers ask for; it protects nothing of ours."""
    text = fill(sign.over, values)
    # As browsers and Java encode forms: the tilde too, the asterisk not.
    signed = (quote_plus(text, safe="*").replace("~", "%7E") if sign.quote else text).encode()
    if sign.algorithm == "hmac-sha256":
        digest = hmac.new(fill(sign.key or "", values).encode(), signed, hashlib.sha256).digest()
    elif sign.algorithm == "sha256":
        digest = hashlib.sha256(signed).digest()
    else:
        digest = hashlib.md5(signed, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode() if sign.output == "base64" else digest.hex()
