"""Mappings at work on stored messages: each version is kept before anything that it reads is recorded."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError
from typing_extensions import override

from domain.errors import MappingInvalidError
from domain.messages import StoredMessage
from domain.normalised import Normalised
from domain.ports import Normaliser
from ledger.store import Ledger
from mappings.dialect import Dialect
from mappings.engine import Mappings
from mappings.schema import Mapping


@dataclass(slots=True)
class KeepingNormaliser(Normaliser):
    """Reads with the mappings in use. The ledger gets each mapping before the first message it reads.

    So a fact can be derived again by the mapping that read it, long after its file has changed. A new version also
    takes the codes that it knows out of the queue of unknown ones.
    """

    mappings: Mappings
    ledger: Ledger
    _kept: set[str] = field(default_factory=set)

    @override
    def normalise(
        self, dialect: str, body: bytes, *, received_at: datetime, message_id: str | None = None
    ) -> Normalised:
        if dialect not in self._kept:
            self.keep(dialect)
        return self.mappings.normalise(dialect, body, received_at=received_at, message_id=message_id)

    def keep(self, name: str) -> None:
        """Remember the dialect's mapping; repeating it changes nothing."""
        dialect = self.mappings.dialect(name)
        # Not the file's bytes: a mapping may come from several files, and this is what reads.
        body = dialect.mapping.model_dump_json(exclude_unset=True).encode()
        if self.ledger.mappings.keep(name, dialect.version, body):
            known = [one.code for one in self.ledger.unknown.codes(dialect=name) if dialect.knows(one.code)]
            self.ledger.unknown.learned(name, known, by=dialect.version)
        self._kept.add(name)


def rederiver(mappings: Mappings) -> Callable[[StoredMessage], Normalised]:
    """Return what turns kept bytes into facts again, for `milepost audit verify --rederive`."""

    def rederive(message: StoredMessage) -> Normalised:
        return mappings.normalise(
            message.dialect, message.body, received_at=message.received_at, message_id=message.message_id
        )

    return rederive


def earlier_rederiver(ledger: Ledger) -> Callable[[StoredMessage, str], Normalised | None]:
    """Return what turns kept bytes into facts by a mapping that was in use before; None where it is not kept."""
    dialects: dict[tuple[str, str], Dialect | None] = {}

    def rederive(message: StoredMessage, version: str) -> Normalised | None:
        key = (message.dialect, version)
        if key not in dialects:
            dialects[key] = _kept_dialect(ledger, *key)
        dialect = dialects[key]
        if dialect is None:
            return None
        return dialect.normalise(message.body, received_at=message.received_at, message_id=message.message_id)

    return rederive


def _kept_dialect(ledger: Ledger, name: str, version: str) -> Dialect | None:
    body = ledger.mappings.get(name, version)
    try:
        return None if body is None else Dialect(Mapping.model_validate_json(body), version)
    except (ValidationError, MappingInvalidError):
        # Written for another version of the mapping language: it says what this hub cannot read.
        return None
