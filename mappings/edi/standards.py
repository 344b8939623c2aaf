"""What differs between the two standards: names of the envelope, places of its numbers, codes of its faults, loops."""

from typing import Final, NamedTuple

from mappings.edi.findings import Level


class Envelope(NamedTuple):
    """One level of the envelope. `reference` and `trailer_reference` hold its control number, `count` what it counts.

    The codes say: trailer missing, numbers differ, count wrong, number missing, number used twice.
    """

    level: Level
    header: str
    trailer: str
    reference: str
    missing: str
    differs: str
    miscounted: str
    unnumbered: str
    repeated: str


class Loops(NamedTuple):
    """How a message nests: which segment opens a loop within which, and the few that take their own members only.

    `packages` names the segment and element that number a package, and the loop that is about it.
    """

    parents: dict[str, tuple[str, ...]]
    members: dict[str, frozenset[str]]
    packages: tuple[str, str] | None = None


class Standard(NamedTuple):
    """One standard. `kind` is the message's type in its header; codes are for content outside its place."""

    name: str
    interchange: Envelope
    group: Envelope
    message: Envelope
    kind: str
    numbers_are_numeric: bool
    stray: str
    unknown_segment: str
    too_long: str
    unsupported: str
    too_many_elements: str
    loops: dict[str, Loops]
    acknowledgements: frozenset[str]


X12: Final = Standard(
    name="X12",
    interchange=Envelope(Level.INTERCHANGE, "ISA", "IEA", "13", "023", "001", "021", "018", "025"),
    group=Envelope(Level.GROUP, "GS", "GE", "06", "3", "4", "5", "6", "19"),
    message=Envelope(Level.MESSAGE, "ST", "SE", "02", "2", "3", "4", "7", "23"),
    kind="01",
    numbers_are_numeric=True,
    stray="024",
    unknown_segment="1",
    too_long="5",
    unsupported="1",
    too_many_elements="3",
    loops={
        "214": Loops(
            parents={
                "N1": ("LX", "ST"),
                "LX": ("ST",),
                "AT7": ("LX",),
                "CD3": ("LX",),
                "NM1": ("CD3", "LX"),
                "PRF": ("LX",),
                "SPO": ("LX",),
                "EFI": ("LX",),
            },
            members={"AT7": frozenset({"MS1", "MS2", "M7", "K1"})},
            packages=("MAN", "LX"),
        )
    },
    acknowledgements=frozenset({"997", "999"}),
)

EDIFACT: Final = Standard(
    name="EDIFACT",
    interchange=Envelope(Level.INTERCHANGE, "UNB", "UNZ", "05", "13", "28", "29", "13", "26"),
    group=Envelope(Level.GROUP, "UNG", "UNE", "05", "13", "28", "29", "13", "26"),
    message=Envelope(Level.MESSAGE, "UNH", "UNT", "01", "13", "28", "29", "13", "26"),
    kind="02",
    numbers_are_numeric=False,
    stray="33",
    unknown_segment="12",
    too_long="39",
    unsupported="14",
    too_many_elements="16",
    loops={
        "IFTSTA": Loops(
            parents={
                "CNI": ("UNH",),
                "STS": ("CNI",),
                "TDT": ("STS", "CNI"),
                "EQD": ("STS", "CNI"),
                "GID": ("STS", "CNI"),
                "PCI": ("GID", "STS", "CNI"),
            },
            members={},
            packages=("GIN", "STS"),
        )
    },
    acknowledgements=frozenset({"CONTRL"}),
)
