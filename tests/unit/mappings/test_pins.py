"""The pinned table: one line a row, and no row can change without its line."""

import pytest

from bench.mutation import Mutant, mutants
from mappings.pins import pinned
from mappings.schema import Mapping

DATA = {
    "carrier": "made_up",
    "name": "Made Up",
    "format": "json",
    "shapes": [{"shipments": "$", "events": "events[]"}],
    "shipment": {"tracking_number": "number"},
    "event": {"code": {"parts": ["code"]}},
    "time": [{"fields": ["at"], "formats": ["iso"]}],
    "codes": {
        "A": "~HUB_ARRIVED",
        "H": {"milestone": "CUSTOMS_HELD", "hold": {"authority": "customs"}, "also": ["ARRIVED_DESTINATION"]},
    },
    "rules": [{"codes": ["H"], "when": [{"path": "why", "equals": ["x"]}], "row": "INFO_NOTED"}],
    "reasons": {"1": "CUSTOMS.INSPECTION", "2": "EXTERNAL.WEATHER"},
    "excused": {"Z": "a code without any definition"},
    "skip": [{"when": {"path": "planned", "present": True}, "because": "a planned step"}],
}


def test_a_line_says_what_a_row_says() -> None:
    assert pinned(Mapping.model_validate(DATA)).splitlines() == [
        "code A: ~HUB_ARRIVED",
        "code H: CUSTOMS_HELD hold=(authority=customs) & ARRIVED_DESTINATION",
        "rule 0: H when path=why equals=x: INFO_NOTED",
        "reasons 1: CUSTOMS.INSPECTION",
        "reasons 2: EXTERNAL.WEATHER",
        "excused Z",
        "skip 0: when=(path=planned present=True) because=a planned step",
    ]


@pytest.mark.parametrize(
    "mutant", [one for one in mutants(DATA) if not one.deed.startswith(("time", "shapes"))], ids=lambda one: one.deed
)
def test_no_row_changes_without_its_line(mutant: Mutant) -> None:
    spoilt = Mapping.model_validate(mutant.data)

    assert pinned(spoilt) != pinned(Mapping.model_validate(DATA))


def test_mutants_delete_and_swap_every_row() -> None:
    assert [one.deed for one in mutants(DATA)] == [
        "codes.A deleted", "codes.A swapped", "codes.H deleted", "codes.H swapped",
        "reasons.1 deleted", "reasons.1 swapped", "reasons.2 deleted", "reasons.2 swapped",
        "excused.Z deleted", "rules.0 deleted", "skip.0 deleted", "time.0 deleted", "shapes.0 deleted",
    ]  # fmt: skip
