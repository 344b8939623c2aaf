"""How each provider proves its webhooks: a scheme per dialect, Standard Webhooks where a provider has none of its own.

Schemes judge the raw bytes as received. None but Standard Webhooks covers a time; there the inbox, which keeps each
content once, is what makes a replay harmless.
"""

import base64
import hmac
import secrets
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from typing_extensions import override

from connectors import standard_webhooks, track17
from connectors.signatures import Headers, only, require_match


class WebhookScheme(ABC):
    """How one provider proves that a webhook is its own."""

    secret_from_provider: bool = False
    """Whether the provider makes the secret; otherwise we do, and it is told to the provider."""

    @abstractmethod
    def verify(self, body: bytes, headers: Headers, *, keys: Sequence[str], now: datetime) -> None:
        """Accept bytes that one of the live keys stands for; raise `SignatureRefusedError` otherwise."""

    def fresh_secret(self) -> str:
        """Return a new secret of 32 random bytes, in the form that the provider takes."""
        return secrets.token_hex(32)

    def check_secret(self, secret: str) -> None:
        """Raise `ValueError`, without echoing it, when a text cannot be a secret of this scheme."""
        if not secret.strip() or not secret.isprintable():
            raise ValueError("a signing secret is a line of printable text")


class StandardWebhooks(WebhookScheme):
    """Standard Webhooks 1.0: id, time and body are signed; bytes older than the tolerance are a replay."""

    @override
    def verify(self, body: bytes, headers: Headers, *, keys: Sequence[str], now: datetime) -> None:
        signed = {name: only(headers, name) for name in standard_webhooks.HEADERS}
        standard_webhooks.verify(body, signed, keys=keys, now=now)

    @override
    def fresh_secret(self) -> str:
        return standard_webhooks.new_key()

    @override
    def check_secret(self, secret: str) -> None:
        standard_webhooks.key_bytes(secret)


class Digest(WebhookScheme):
    """One header with a text that is made from the body and the secret."""

    def __init__(self, header: str) -> None:
        self.header: Final = header

    @abstractmethod
    def sign(self, body: bytes, key: str) -> str:
        """Return what the provider puts into its header with these bytes."""

    def read(self, given: str) -> str:
        """Return the header's value in the form in which `sign` writes it."""
        return given

    @override
    def verify(self, body: bytes, headers: Headers, *, keys: Sequence[str], now: datetime) -> None:
        given = self.read(only(headers, self.header))
        require_match([self.sign(body, key) for key in keys if key.strip()], given)


class Track17(Digest):
    """17TRACK: `sign` is the SHA-256 hex digest of body, `/` and the account's API key."""

    secret_from_provider = True

    @override
    def sign(self, body: bytes, key: str) -> str:
        return track17.sign(body, key)

    @override
    def read(self, given: str) -> str:
        return given.lower()


class EasyPost(Digest):
    """EasyPost: `X-Hmac-Signature: hmac-sha256-hex=<hex>`, HMAC-SHA256 of the body; the secret is NFKD-normalised.

    As EasyPost's client libraries check it. Its second header, `X-Hmac-Signature-V2`, covers a time but is in none of
    them, and a check that an attacker avoids by leaving a header out guards nothing: it is not read.
    """

    _PREFIX: Final = "hmac-sha256-hex="

    @override
    def sign(self, body: bytes, key: str) -> str:
        secret = unicodedata.normalize("NFKD", key).encode()
        return self._PREFIX + hmac.new(secret, body, sha256).hexdigest()

    @override
    def read(self, given: str) -> str:
        return given.lower()


class AfterShip(Digest):
    """AfterShip: `aftership-hmac-sha256` is the base64 of HMAC-SHA256 over the body, with the webhook secret."""

    secret_from_provider = True

    @override
    def sign(self, body: bytes, key: str) -> str:
        return base64.b64encode(hmac.new(key.encode(), body, sha256).digest()).decode()


class UpsTrackAlert(Digest):
    """UPS Track Alert: `credential` is the very text that was given with the subscription; no bytes are signed.

    Whoever has seen one message can send others: the address has to be https, and the credential long and random.
    """

    @override
    def sign(self, body: bytes, key: str) -> str:
        return key

    @override
    def fresh_secret(self) -> str:
        return secrets.token_urlsafe(32)

    @override
    def check_secret(self, secret: str) -> None:
        if not (secret.isascii() and secret.isprintable() and secret == secret.strip() and len(secret) >= _SHORTEST):
            raise ValueError(f"a credential is {_SHORTEST} or more printable ASCII characters without blanks around it")


_SHORTEST: Final = 16

STANDARD: Final = StandardWebhooks()
TRACK17: Final = Track17(track17.SIGNATURE_HEADER)
EASYPOST: Final = EasyPost("x-hmac-signature")
AFTERSHIP: Final = AfterShip("aftership-hmac-sha256")
UPS: Final = UpsTrackAlert("credential")

OWN_SCHEMES: Final[Mapping[str, WebhookScheme]] = MappingProxyType(
    {"17track": TRACK17, "easypost": EASYPOST, "aftership": AFTERSHIP, "ups": UPS}
)
"""Dialects whose provider has a scheme of its own."""


def scheme_of(dialect: str) -> WebhookScheme:
    """Return how webhooks of a dialect are proven."""
    return OWN_SCHEMES.get(dialect, STANDARD)
