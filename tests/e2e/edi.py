"""Interchanges of the tests: X12 214 as Canada Post sends it, about parcels with numbers of their own."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

CARRIER = "canadapost_x12_214"


class EdiScan(NamedTuple):
    """One scan: the operation number, the class of AT7, the local clock with its code of list 623, the place."""

    operation: str
    status: str
    at: datetime
    clock: str
    city: str
    province: str


def new_number() -> str:
    return f"7{uuid4().int % 10**15:015}"


def interchange(control: int, scans: Sequence[tuple[str, EdiScan]], *, miscounted: int | None = None) -> bytes:
    """Return one interchange with a message per scan; the message at `miscounted` has a wrong segment count."""
    rows = [
        f"ISA*00*          *00*          *ZZ*CPC            *ZZ*MILEPOST       *260311*1800*U*00401*{control:09}*0*P*>",
        f"GS*QM*CPC*MILEPOST*20260311*1800*{control}*X*004010",
    ]
    for place, (number, scan) in enumerate(scans):
        body = [
            f"ST*214*{place + 1:09}",
            f"B10*{number:<30}*{number:<30}*CPCC",
            f"L11*{number}*97",
            f"L11*{scan.operation}*86",
            "LX*000001",
            f"AT7*{scan.status}*NS***{scan.at:%Y%m%d}*{scan.at:%H%M}*{scan.clock}",
            f"MS1*{scan.city}*{scan.province}*CA",
        ]
        count = 99 if place == miscounted else len(body) + 1
        rows += [*body, f"SE*{count:010}*{place + 1:09}"]
    rows += [f"GE*{len(scans)}*{control}", f"IEA*1*{control:09}"]
    return "~\n".join([*rows, ""]).encode()
