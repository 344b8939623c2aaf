"""Encryption of everything that Temporal stores: AES-GCM with a ring of keys."""

import os
from collections.abc import Iterable, Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec
from typing_extensions import override

ENCODING: Final = b"binary/milepost-aes-gcm"
_NONCE_BYTES: Final = 12


class PayloadKeyError(Exception):
    """A payload that no key of the ring opens; the message names the key id, never the key."""


class EncryptingCodec(PayloadCodec):
    """Seals payloads with the first key of the ring and opens them with whichever key sealed them.

    Rotation: put the new key first and keep the old ones until the last execution that used them is gone.
    The key id is part of what is authenticated. Payloads that were never sealed pass through unchanged, so that
    encryption can be switched on while executions are running.
    """

    def __init__(self, keys: Iterable[tuple[str, bytes]]) -> None:
        """Take `(key id, key)` pairs, newest first; keys have 16, 24 or 32 bytes.

        Raises:
            ValueError: No key, a repeated id, or a key of another length.
        """
        ring = list(keys)
        if not ring:
            raise ValueError("an encrypting codec needs at least one key")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in ring}
        if len(self._ciphers) != len(ring):
            raise ValueError("key ids must differ")
        self._current = ring[0][0]

    @override
    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._seal(payload) for payload in payloads]

    @override
    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._open(payload) for payload in payloads]

    def _seal(self, payload: Payload) -> Payload:
        key_id = self._current.encode()
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, payload.SerializeToString(), key_id)
        return Payload(metadata={"encoding": ENCODING, "key-id": key_id}, data=nonce + sealed)

    def _open(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        key_id = payload.metadata["key-id"]
        cipher = self._ciphers.get(key_id.decode(errors="replace"))
        if cipher is None:
            raise PayloadKeyError(f"no payload key with id {key_id.decode(errors='replace')!r} is configured")
        try:
            plain = cipher.decrypt(payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:], key_id)
        except InvalidTag as error:
            raise PayloadKeyError(f"the payload key {key_id.decode()!r} does not open this payload") from error
        return Payload.FromString(plain)
