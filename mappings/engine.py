"""All dialects behind one port: `Mappings` finds the folders, compiles each once, and normalises payloads."""

from datetime import datetime
from pathlib import Path
from typing import Self

from domain.errors import MappingInvalidError, NotFoundError
from domain.normalised import Normalised
from mappings.dialect import Dialect
from mappings.edi.acknowledging import Acknowledgement, acknowledge
from mappings.edi.reading import standard_of
from mappings.loading import ROOT, folders, load


class Mappings:
    """Implements `domain.ports.Normaliser` over the mapping folders."""

    def __init__(self, dialects: dict[str, Dialect], root: Path = ROOT) -> None:
        """Hold compiled dialects by carrier id; `root` is the folder that holds their folders."""
        self._dialects = dialects
        self._root = root

    @classmethod
    def load(cls, root: Path | None = None) -> Self:
        """Load every folder below `root`; raise `MappingInvalidError` naming file, key and allowed values."""
        dialects: dict[str, Dialect] = {}
        for folder in folders(root or ROOT):
            mapping, version = load(folder)
            try:
                dialects[mapping.carrier] = Dialect(mapping, version)
            except MappingInvalidError as error:
                raise MappingInvalidError(f"{folder.name}/mapping.toml: {error}", file=folder.name) from error
        if not dialects:
            raise MappingInvalidError(f"no mapping below {(root or ROOT).name}")
        return cls(dialects, root or ROOT)

    @property
    def carriers(self) -> tuple[str, ...]:
        """Return the ids of all dialects, sorted."""
        return tuple(sorted(self._dialects))

    def dialect(self, name: str) -> Dialect:
        """Return one compiled dialect; raise `NotFoundError` naming the known ones."""
        found = self._dialects.get(name)
        if found is None:
            raise NotFoundError(f"no dialect {name!r}; known: {', '.join(self.carriers)}", dialect=name[:100])
        return found

    def folder(self, name: str) -> Path:
        """Return the folder of one dialect: its fixtures and code lists, where they are installed."""
        return self._root / name

    def normalise(
        self, dialect: str, body: bytes, *, received_at: datetime, message_id: str | None = None
    ) -> Normalised:
        """Return facts and rejections; raise `PayloadError` for unreadable bytes, `NotFoundError` for no dialect."""
        return self.dialect(dialect).normalise(body, received_at=received_at, message_id=message_id)

    def acknowledge(self, dialect: str, body: bytes, at: datetime) -> Acknowledgement | None:
        """Return what the sender of an interchange is told: the same for the same bytes and time.

        None where the dialect is not written in that standard, where nothing asks for an answer, and for an unknown
        dialect: only what is read is acknowledged.

        Raises:
            PayloadRefusedError: The interchange is beyond the reader's limits.
        """
        known, standard = self._dialects.get(dialect), standard_of(body)
        if known is None or standard is None or standard.name.lower() not in known.formats:
            return None
        return acknowledge(body, at)
