"""Typed search attributes of shipment workflows: few, coarse, and without personal data.

Values given at the start of an execution are free; every later change is a billed action. Lists, filters and counts
come from the ledger's read model. What is left for Temporal's own visibility is to find executions per tenant and
those that somebody should look at, so the attention class changes only when a shipment begins or ceases to need
somebody: a parcel that goes its way never changes it.
"""

from enum import StrEnum
from typing import Final

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from domain.journeys import Journey
from domain.states import State


class Attention(StrEnum):
    """What a shipment asks of people. An ended shipment is found by its execution status instead."""

    NONE = "NONE"
    HELD = "HELD"
    PROBLEM = "PROBLEM"


TENANT: Final = SearchAttributeKey.for_keyword("MilepostTenant")
ATTENTION: Final = SearchAttributeKey.for_keyword("MilepostAttention")

ATTRIBUTES: Final = {TENANT.name: "Keyword", ATTENTION.name: "Keyword"}
"""Names and Temporal type names, for whoever registers them with a namespace."""


def at_start(tenant: str) -> TypedSearchAttributes:
    """Return the attributes that a shipment workflow is started with."""
    return TypedSearchAttributes(
        [SearchAttributePair(TENANT, tenant), SearchAttributePair(ATTENTION, Attention.NONE.value)]
    )


_PROBLEMS: Final = frozenset({State.UNDELIVERABLE, State.LOST})


def attention_of(journey: Journey) -> Attention:
    """Return the class of a journey: an open hold first, then anything else that somebody has to solve."""
    if journey.holds:
        return Attention.HELD
    if journey.facets.open_problem is not None or journey.facets.stale or journey.state in _PROBLEMS:
        return Attention.PROBLEM
    return Attention.NONE
