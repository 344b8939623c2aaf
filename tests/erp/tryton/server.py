"""A running Tryton on a port of this machine, with a database of its own."""

import shutil
import socket
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.e2e.processes import Child, eventually
from tests.erp.tryton.installation import DATABASE, Installation, configure

_BOOTED_WITHIN = 60.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class TrytonServer:
    """Started and stopped by its test; between a stop and a start the database stays, and so does the address."""

    installation: Installation
    directory: Path
    uri: str = "sqlite://"
    port: int = field(default_factory=_free_port)
    child: Child | None = None

    @property
    def url(self) -> str:
        """The base address of the database, as a connection names it."""
        return f"http://127.0.0.1:{self.port}/{DATABASE}"

    def prepare(self) -> None:
        """Copy the pristine database; never below a running server, which would answer from a mixture."""
        shutil.copyfile(self.installation.pristine, self.directory / f"{DATABASE}.sqlite")

    def start(self) -> None:
        """Boot the server and return when it answers."""
        configuration = configure(
            self.directory / "trytond.conf",
            uri=self.uri,
            databases=self.directory,
            listen=f"127.0.0.1:{self.port}",
        )
        log = self.directory / "trytond.log"
        command = [str(self.installation.bin / "trytond"), "-c", str(configuration), "-d", DATABASE]
        self.child = Child("trytond", command, {}, log)
        self.child.start()
        if not eventually(self._answers, within=_BOOTED_WITHIN):
            self.stop()
            raise RuntimeError(f"trytond did not boot: {log.read_text()[-3000:]}")

    def stop(self) -> None:
        """End the server; what it has committed stays."""
        if self.child is not None:
            self.child.kill()
            self.child = None

    def _answers(self) -> bool:
        probe = {"id": 0, "method": "common.server.version", "params": []}
        try:
            return httpx.post(f"http://127.0.0.1:{self.port}/rpc/", json=probe, timeout=5).is_success
        except httpx.TransportError:
            return False
