"""
What members' statements come to: one decision a server.

This is the first, plain form: so many members, no more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from hinomi.model.case import ServiceClass
from hinomi.model.statement import Endpoint, Statement


class Outcome(StrEnum):
    """What becomes of a server in an epoch."""

    LIST = "list"
    QUEUE = "queue"  # People decide: members disagree, or few carry it.
    WAIT = "wait"  # Not enough speaks for it.
    HOLD = "hold"  # Listing it would hurt others.


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a server comes to, and why."""

    endpoint: Endpoint
    outcome: Outcome
    posterior: float
    members: int
    methods: int
    against: int
    service_class: ServiceClass


def aggregate(
    said: Mapping[str, Iterable[Statement]], *, least_members: int
) -> tuple[Decision, ...]:
    """Decide on every server that a member names, by endpoint."""
    counts: dict[Endpoint, int] = {}
    for statements in said.values():
        for each in statements:
            counts[each.endpoint] = counts.get(each.endpoint, 0) + 1
    return tuple(
        Decision(
            endpoint=endpoint,
            outcome=Outcome.LIST if count >= least_members else Outcome.WAIT,
            posterior=1.0 - 0.5**count,
            members=count,
            methods=1,
            against=0,
            service_class=ServiceClass.DEDICATED,
        )
        for endpoint, count in sorted(counts.items())
    )
