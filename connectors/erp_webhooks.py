"""Webhooks of order systems: how each kind proves that a message is its own.

A message is a hint that something may have changed; what has changed is read from the system itself. So nothing in it
is believed or kept, and it does not matter whether one is repeated, late or out of order.

Sources: WooCommerce, reference of the REST API v3, webhooks; Shopify, "Deliver webhooks through HTTPS". From memory
of WooCommerce's class `WC_Webhook`: it tries an address with an unsigned `webhook_id=...`, and wants exactly 200.
"""

import base64
import hmac
import re
from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from typing_extensions import override

from connectors.carrier_webhooks import Digest
from connectors.signatures import Headers

_TRIAL: Final = re.compile(rb"webhook_id=\d{1,20}")


class BodyDigest(Digest):
    """The base64 of HMAC-SHA256 over the raw body, with a secret that is taken as its text."""

    @override
    def sign(self, body: bytes, key: str) -> str:
        return base64.b64encode(hmac.new(key.encode(), body, sha256).digest()).decode()


SCHEMES: Final[Mapping[str, BodyDigest]] = MappingProxyType(
    {"woocommerce": BodyDigest("x-wc-webhook-signature"), "shopify": BodyDigest("x-shopify-hmac-sha256")}
)
"""By kind of order system; the others send nothing."""


def keys_of(credentials: Mapping[str, str]) -> list[str]:
    """Return the secrets that may have signed a message: after a rotation the one before signs for a while, too."""
    return [credentials[name] for name in ("webhook_secret", "webhook_secret_before") if credentials.get(name)]


def is_trial(kind: str, body: bytes, headers: Headers) -> bool:
    """Tell whether an order system only tries the address: unsigned, and about nothing."""
    signature = SCHEMES[kind].header
    return (
        kind == "woocommerce"
        and _TRIAL.fullmatch(body) is not None
        and not any(name == signature for name, _ in headers)
    )
