"""Where a benchmark's worker process notes what is done: one line of a file per shipment."""

import json
from pathlib import Path
from typing import ClassVar


class Tally:
    """Appends to one file per process; `EIGHT` facts make a shipment done for the bare workflow."""

    EIGHT: ClassVar[int] = 8
    path: ClassVar[Path | None] = None

    @classmethod
    def note(cls, shipment_id: str, *what: str) -> None:
        """Write that a shipment is done, and with what."""
        assert cls.path is not None
        with cls.path.open("a") as file:
            file.write(json.dumps([shipment_id, *what]) + "\n")

    @staticmethod
    def read(path: Path) -> dict[str, list[str]]:
        """Return what was noted of each shipment; a line that is being written is left for later."""
        if not path.exists():
            return {}
        lines = [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
        return {shipment_id: what for shipment_id, *what in lines}
