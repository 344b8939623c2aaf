"""Secrets at rest: sealed with AES-GCM under the master key, or marked as plain where there is none."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import HubBugError

KEY_BYTES: Final = 32
"""Length of a master key and of a shipment's key."""

_PLAIN: Final = b"\x00"
_SEALED: Final = b"\x01"
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals small values. `label` says what a value belongs to: moved to another row it cannot be opened.

    Raises:
        ValueError: the master key is not 32 bytes.
    """

    master_key: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse a key of another length."""
        if self.master_key is not None and len(self.master_key) != KEY_BYTES:
            raise ValueError(f"the master key has {KEY_BYTES} bytes")

    @property
    def is_sealed(self) -> bool:
        """Tell whether new values are encrypted."""
        return self.master_key is not None

    def seal(self, value: bytes, label: str) -> bytes:
        """Return the value as it is stored."""
        if self.master_key is None:
            return _PLAIN + value
        return _SEALED + encrypt(self.master_key, value, label)

    def open(self, kept: bytes, label: str) -> bytes:
        """Return the value; raise `HubBugError` when the master key is missing, another one, or the row was changed.

        Plain values stay readable after a master key was configured.
        """
        if kept[:1] == _PLAIN:
            return kept[1:]
        if self.master_key is None:
            raise HubBugError("a sealed value cannot be opened without the master key", label=label)
        return decrypt(self.master_key, kept[1:], label)

    def seal_texts(self, texts: Iterable[str], label: str) -> bytes:
        """Return a list of secrets as it is stored."""
        return self.seal(json.dumps(list(texts)).encode(), label)

    def open_texts(self, kept: bytes, label: str) -> tuple[str, ...]:
        """Return the list of secrets."""
        return tuple(json.loads(self.open(kept, label)))


def encrypt(key: bytes, value: bytes, label: str) -> bytes:
    """Return nonce and AES-GCM ciphertext, bound to the label."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, value, label.encode())


def decrypt(key: bytes, sealed: bytes, label: str) -> bytes:
    """Return the value; raise `HubBugError` when key, label or bytes are not those of `encrypt`."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], label.encode())
    except InvalidTag as error:
        raise HubBugError("a sealed value does not open with this key", label=label) from error
