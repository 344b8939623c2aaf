"""Acknowledgements of a whole file of interchanges, in the standard that they are written in."""

from datetime import datetime
from typing import NamedTuple

from mappings.edi import ack997, contrl
from mappings.edi.reading import read
from mappings.edi.standards import X12
from mappings.edi.verdicts import Verdict, together


class Acknowledgement(NamedTuple):
    """`kind` is `997` or `CONTRL`; `body` holds one interchange for each that was answered."""

    kind: str
    body: bytes
    verdict: Verdict


def acknowledge(body: bytes, at: datetime) -> Acknowledgement | None:
    """Return the answer to a file, the same for the same bytes and time; None where nothing in it wants one.

    Acknowledgements are not acknowledged.

    Raises:
        PayloadUnreadableError: The file is no interchange.
        PayloadRefusedError: It is beyond the reader's limits.
    """
    standard, interchanges = read(body)
    write = ack997.acknowledge if standard is X12 else contrl.acknowledge
    answers = [answer for one in interchanges if (answer := write(one, at)) is not None]
    if not answers:
        return None
    text = "".join(one for one, _ in answers)
    kind = "997" if standard is X12 else "CONTRL"
    return Acknowledgement(kind, text.encode("utf-8"), together([verdict for _, verdict in answers]))
