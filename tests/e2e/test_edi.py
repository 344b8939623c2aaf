"""A watcher in a process of its own beside a running hub: interchanges in, answers and states out, whatever ends it."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from mappings.edi.reading import problems_of, read_x12
from tests.e2e.conftest import TENANT, RunningHub, told, up_settings
from tests.e2e.edi import CARRIER, EdiScan, interchange, new_number
from tests.e2e.processes import MILEPOST, Child, eventually

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("e2e")]

DAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=3)
SCANS = [
    EdiScan("1301", "AF", DAY, "ES", "OTTAWA", "ON"),
    EdiScan("0174", "AJ", DAY + timedelta(days=1), "TS", "HALIFAX", "NS"),
    EdiScan("1408", "D1", DAY + timedelta(days=1, hours=2), "TS", "HALIFAX", "NS"),
]
STATES = ["FIRST_MILE", "OUT_FOR_DELIVERY", "DELIVERED"]


@dataclass
class Site:
    """A folder and the process that watches it."""

    root: Path
    child: Child

    def drop(self, name: str, body: bytes) -> None:
        draft = self.root / "in" / f"{name}.part"
        draft.write_bytes(body)
        draft.rename(draft.with_suffix(""))

    def reports(self) -> dict[str, dict[str, Any]]:
        found = [json.loads(path.read_bytes()) for path in (self.root / "done").glob("*.report.json")]
        return {report["file"]: report for report in found}

    def is_empty(self) -> bool:
        return not [path for place in ("in", "work") for path in (self.root / place).iterdir() if path.name != ".lock"]

    def again(self) -> None:
        self.child.kill()
        self.start()

    def start(self) -> None:
        """Start the watcher; it heeds signals from the moment on at which it says that it watches."""
        before = self._watching()
        self.child.start()
        assert eventually(lambda: self._watching() > before, within=30)

    def _watching(self) -> int:
        return self.child.log.read_text().count("edi.watching") if self.child.log.exists() else 0


@pytest.fixture
def site(hub: RunningHub, tmp_path: Path) -> Iterator[Site]:
    command = [MILEPOST, "edi", "watch", str(tmp_path / "edi"), "--carrier", CARRIER, "--settle", "0"]
    settings = up_settings(hub.state) | {"MILEPOST_TENANT": TENANT}
    child = Child("edi", command, settings, tmp_path / "edi.log")
    site = Site(tmp_path / "edi", child)
    site.start()
    try:
        yield site
    finally:
        assert child.terminate() == 0


async def _register(api: httpx.AsyncClient, connection: str, number: str) -> str:
    body = {
        "shipment_id": f"E-{number}",
        "origin_country": "CA",
        "destination_country": "CA",
        "legs": [{"carrier": "canadapost", "tracking_number": number}],
        "connections": [connection],
    }
    (await api.post("/v1/shipments", json=body)).raise_for_status()
    return f"E-{number}"


async def test_one_interchange_moves_several_shipments_and_is_answered(hub: RunningHub, site: Site):
    numbers = [new_number() for _ in range(3)]
    body = interchange(7, [(number, scan) for number in numbers for scan in SCANS], miscounted=4)
    async with hub.seller() as seller, seller.order_system() as orders:
        ids = [await _register(seller.api, seller.connection, number) for number in numbers]
        site.drop("day.edi", body)
        found = [await told(orders, one, STATES) for one in ids]

    assert [order["states"] for order in found] == [STATES] * 3
    assert await asyncio.to_thread(eventually, site.is_empty, within=10)
    report = site.reports()["day.edi"]
    assert (report["shipments"], report["new_facts"], report["parked"], report["rejected"]) == (3, 9, 0, [])
    assert [one["detail"] for one in report["problems"]] == [
        f"SE says 0000000099, counted 8; segment 42 (SE, 8 in its message) at byte {body.index(b'SE*0000000099')}"
    ]
    answer = (site.root / report["answer"]).read_bytes()
    assert problems_of(read_x12(answer)) == []
    assert [line for line in answer.decode().splitlines() if line.startswith("AK9")] == ["AK9*E*9*9*9~"]
    assert answer.count(b"AK5*A~") == 8


async def test_a_watcher_that_is_killed_over_and_over_loses_and_doubles_nothing(hub: RunningHub, site: Site):
    numbers = [new_number() for _ in range(12)]
    async with hub.seller() as seller, seller.order_system() as orders:
        ids = [await _register(seller.api, seller.connection, number) for number in numbers]
        for place, number in enumerate(numbers):
            site.drop(f"{place}.edi", interchange(place, [(number, scan) for scan in SCANS]))
            if place % 3 == 2:
                # Somewhere between the first file taken and the last: a kill in earnest has no better aim.
                before = len(site.reports())
                await asyncio.to_thread(eventually, lambda seen=before: len(site.reports()) > seen, within=30)
                await asyncio.to_thread(site.again)
        found = [await told(orders, one, STATES) for one in ids]
        counters = (await orders.get("/orders")).json()["counters"]

    assert [order["states"] for order in found] == [STATES] * 12
    assert counters["conflicts"] == 0
    assert await asyncio.to_thread(eventually, site.is_empty, within=20)
    assert sorted(site.reports()) == sorted(f"{place}.edi" for place in range(12))
    answers = [path.read_bytes() for path in (site.root / "out").iterdir()]
    assert len(answers) == 12
    assert all(b"AK9*A*3*3*3~" in answer for answer in answers)
    assert [len(hub.ledger.reads.facts(TENANT, one)) for one in ids] == [3] * 12
