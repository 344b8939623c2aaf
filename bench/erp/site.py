"""A hub of real processes beside a real Tryton, connected by the hub's own commands."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.hub import Site, end
from tests.erp.tryton.installation import installation
from tests.erp.tryton.people import HUB
from tests.erp.tryton.server import TrytonServer
from worker.devserver import HOST, free_port

CONNECTION: Final = "tryton"
ACCOUNT: Final = "bench-aftership"
WEBHOOK_KEY: Final = "bench-webhook-secret"
RETRIES: Final = "[0.5, 1, 1, 2, 2, 5, 5, 5, 5, 5, 10, 10, 10, 10, 10, 20, 20, 20]"


@dataclass(frozen=True, slots=True)
class Shop:
    """The hub and the order system."""

    hub: Site
    tryton: TrytonServer


@contextmanager
def shop(*, rate: float | None = None) -> Iterator[Shop]:
    """Start Tryton on a copy of the seeded database and connect a new hub to it; all processes end with the block."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="milepost-erp-")))
        tryton = TrytonServer(installation(), directory)
        tryton.prepare()
        tryton.start()
        stack.callback(tryton.stop)
        hub = Site(directory, _environment(directory), "", orders="")
        hub.url = f"http://{HOST}:{hub.environment['MILEPOST_GATEWAY__PORT']}"
        stack.callback(end, hub)
        hub.milepost("migrate")
        _connect(hub, tryton, rate)
        yield Shop(hub, tryton)


def _environment(directory: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")},  # noqa: TID251 - a child needs PATH and the like
        "MILEPOST_STATE_DIR": str(directory / "state"),
        "MILEPOST_GATEWAY__PORT": str(free_port()),
        "MILEPOST_EGRESS__ALLOW_LOOPBACK": "true",
        "MILEPOST_LOG__FORMAT": "json",
        "MILEPOST_LOG__LEVEL": "WARNING",
        "MILEPOST_ERP__RETRY_SCHEDULE": RETRIES,
        "MILEPOST_ERP__READ_EVERY": "PT1S",
        "MILEPOST_SERVICE__ACCOUNTS_EVERY": "PT1S",
        "MILEPOST_SERVICE__SWEEP_EVERY": "PT1S",
        "MILEPOST_SERVICE__SWEEP_OLDER_THAN": "PT2S",
    }


def _connect(hub: Site, tryton: TrytonServer, rate: float | None) -> None:
    login, password = HUB
    hub.milepost("erp", "add", CONNECTION, tryton.url, "--kind", "tryton", "--setting", f"login={login}")
    settings = ["--setting", "carriers=Example Parcels=aftership"]
    hub.milepost("erp", "configure", CONNECTION, *settings, *([] if rate is None else ["--rate", str(rate)]))
    subprocess.run(
        [str(Path(sys.executable).parent / "milepost"), "erp", "credentials", CONNECTION, "-"],
        input=f'{{"password": "{password}"}}',
        env=hub.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    hub.milepost("accounts", "add", ACCOUNT, "--dialect", "aftership", "--secret", WEBHOOK_KEY)
    hub.token = hub.milepost("keys", "create", "--label", "bench")["token"]
