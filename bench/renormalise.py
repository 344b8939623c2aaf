"""One row of a mapping is put right, and stored shipments follow: real processes, counted at the order system.

`python -m bench.renormalise [SHIPMENTS]`. Every step is asserted: the preview writes nothing, exactly the affected
orders are corrected, each correction names what it supersedes, a second run finds nothing, repeated polls change
nothing, the row goes back to what it was and the orders with it, and every chain and fact verifies in between.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any, Final

import httpx
import orjson

from bench.hub import BIN, CONNECTION, Site, site, wait_for
from mappings.loading import ROOT

CARRIER: Final = "fedex"
BEFORE: Final = '"FD/*" = "ARRIVED_DELIVERY_DEPOT"'
AFTER: Final = '"FD/*" = "OUT_FOR_DELIVERY"'
EVERY: Final = 4
"""Every fourth shipment has the event whose row is wrong."""

_EPOCH: Final = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_WITHIN: Final = 600.0
_CODES: Final = ("OC", "PU", "DP")
_PLAIN: Final = ["FIRST_MILE", "LINEHAUL"]
_WRONG: Final = [*_PLAIN, "LAST_MILE", "DELIVERED"]
_RIGHT: Final = [*_PLAIN, "OUT_FOR_DELIVERY", "DELIVERED"]

Orders = dict[str, dict[str, Any]]


def prove(shipments: int) -> dict[str, float]:
    """Store shipments, put the row right, renormalise, and return figures; raise `AssertionError` at a wrong step."""
    with site() as here, _copied_mappings(here) as mapping:
        up = here.add("up", str(BIN / "milepost"), "up")
        wait_for(f"{here.url}/readyz")
        stored = _timed(lambda: _store(here, shipments))
        affected = [_id(index) for index in range(shipments) if _is_affected(index)]
        first = _orders(here, lambda orders: _hold(orders, shipments, _WRONG))
        _verify(here)

        mapping.write_text(mapping.read_text().replace(BEFORE, AFTER))
        up.stop()
        up.start()
        wait_for(f"{here.url}/readyz")
        _verify(here)
        preview = _previewed(here, affected)
        applied = _timed(lambda: _apply(here, preview["digest"], affected))
        corrected = _timed(lambda: _orders(here, lambda orders: _hold(orders, shipments, _RIGHT)))
        _corrected_exactly(first, _orders(here), affected)
        _nothing_left(here)
        _repeat_polls(here, shipments)
        _verify(here)

        second = _orders(here)
        mapping.write_text(mapping.read_text().replace(AFTER, BEFORE))
        assert here.milepost("mappings", "renormalise", "--carrier", CARRIER, "--yes")["applied"]["moved"] == 0
        _orders(here, lambda orders: _hold(orders, shipments, _WRONG))
        _corrected_exactly(second, _orders(here), affected)
        _nothing_left(here)
        _verify(here)
    return {
        "shipments": shipments,
        "affected": len(affected),
        "store_s": stored,
        "apply_s": applied,
        "orders_corrected_after_s": corrected,
    }


def _is_affected(index: int) -> bool:
    return index % EVERY == 0


def _id(index: int) -> str:
    return f"S-{index:05d}"


def _scans(index: int, *, wording: str = "") -> bytes:
    codes = (*_CODES, "FD", "DL") if _is_affected(index) else _CODES
    events = [
        {
            "date": (_EPOCH + timedelta(hours=6 * place)).isoformat(),
            "eventType": code,
            "eventDescription": f"{code}{wording}",
            "scanLocation": {"city": "MEMPHIS", "stateOrProvinceCode": "TN", "countryCode": "US"},
        }
        for place, code in enumerate(codes)
    ]
    number = {"trackingNumber": f"77{index:010d}"}
    result = {**number, "trackResults": [{"trackingNumberInfo": number, "scanEvents": events}]}
    return orjson.dumps({"output": {"completeTrackResults": [result]}})


def _store(here: Site, shipments: int) -> None:
    with _api(here) as api:
        for index in range(shipments):
            plan = {
                "shipment_id": _id(index),
                "origin_country": "US",
                "destination_country": "US",
                "legs": [{"carrier": CARRIER, "tracking_number": f"77{index:010d}"}],
                "connections": [CONNECTION],
            }
            api.post("/v1/shipments", json=plan).raise_for_status()
            api.post(f"/v1/messages/{CARRIER}", content=_scans(index)).raise_for_status()


def _repeat_polls(here: Site, shipments: int) -> None:
    before = _orders(here)
    with _api(here) as api:
        for index in range(0, shipments, EVERY):
            for wording in ("!", "?"):
                api.post(f"/v1/messages/{CARRIER}", content=_scans(index, wording=wording)).raise_for_status()
    here.milepost("sweep", "--older-than", "0")
    _wait(lambda: here.milepost("mappings", "renormalise", "--carrier", CARRIER)["totals"]["messages"] >= shipments)
    _nothing_left(here)
    assert _orders(here) == before


def _previewed(here: Site, affected: list[str]) -> dict[str, Any]:
    arguments = ("mappings", "renormalise", "--carrier", CARRIER, "--show", str(len(affected) + 1))
    preview = here.milepost(*arguments)
    assert here.milepost(*arguments) == preview, "a preview changed something"
    totals = preview["totals"]
    assert (totals["amended"], totals["new"], totals["gone"]) == (len(affected), 0, 0), totals
    assert (totals["shipments"], totals["corrections"], totals["over"]) == (len(affected), len(affected), 0), totals
    assert preview["meanings"] == [
        {
            "code": "FD",
            "before": "ARRIVED_DELIVERY_DEPOT",
            "after": "OUT_FOR_DELIVERY",
            "events": len(affected),
            "shipments": len(affected),
        }
    ]
    assert sorted(one["shipment_id"] for one in preview["shipments"]) == affected
    assert all(one["supersedes"] == [3, 4] for one in preview["shipments"])
    return dict(preview)


def _apply(here: Site, digest: str, affected: list[str]) -> None:
    applied = here.milepost("mappings", "renormalise", "--carrier", CARRIER, "--apply", digest)["applied"]
    assert (applied["facts"], applied["shipments"], applied["moved"]) == (len(affected), len(affected), 0), applied


def _nothing_left(here: Site) -> None:
    again = here.milepost("mappings", "renormalise", "--carrier", CARRIER, "--yes")
    assert again["applied"] is None, again
    assert again["totals"]["events"] == 0, again


def _verify(here: Site) -> None:
    report = here.milepost("audit", "verify", "--rederive")
    assert report["is_intact"], report["faults"][:3]
    assert report["rederived"] == report["facts"], report


def _hold(orders: Orders, shipments: int, states: list[str]) -> bool:
    return all(
        orders.get(_id(index), {}).get("states") == (states if _is_affected(index) else _PLAIN)
        for index in range(shipments)
    )


def _corrected_exactly(before: Orders, after: Orders, affected: list[str]) -> None:
    changed = sorted(name for name, order in after.items() if order != before[name])
    assert changed == affected, f"{len(changed)} orders changed, {len(affected)} are affected"
    for name in affected:
        known = len(before[name]["received"])
        new = after[name]["received"][known:]
        gone = [one["revision"] for one in before[name]["journey"][len(_PLAIN) :]]
        assert [one["kind"] for one in new] == ["CORRECTION", "STATUS", "STATUS"], new
        assert new[0]["supersedes"] == gone, (name, gone, new[0])
        assert after[name]["missing"] == []


def _orders(here: Site, holds: Any = None) -> Orders:
    found: list[Orders] = []

    def look() -> bool:
        found[:] = [here.order_book()["orders"]]
        return holds is None or holds(found[0])

    _wait(look)
    return found[0]


def _wait(holds: Any) -> None:
    deadline = time.monotonic() + _WITHIN
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold in time"
        time.sleep(0.5)


def _timed(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _api(here: Site) -> httpx.Client:
    return httpx.Client(base_url=here.url, headers={"authorization": f"Bearer {here.token}"}, timeout=30)


@contextmanager
def _copied_mappings(here: Site) -> Iterator[Path]:
    """Give the hub mappings of its own and return the file that will be put right."""
    root = here.directory / "mappings"
    copytree(ROOT, root)
    mapping = root / CARRIER / "mapping.toml"
    assert BEFORE in mapping.read_text(), "the row is not there any more"
    here.environment["MILEPOST_MAPPINGS_ROOT"] = str(root)
    yield mapping


if __name__ == "__main__":
    for name, value in prove(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000).items():
        sys.stdout.write(f"{name:28} {value:.2f}\n")
