"""A census counts lines over many slices, each once."""

import numpy as np

from hinomi.bench.access import Access, AccessSpec, plan_access
from hinomi.bench.addressing import Codes, line_codes
from hinomi.bench.census import Census, distinct_pairs
from hinomi.bench.exchange import Packets, lone_packets
from hinomi.bench.truth import NamedService

SERVER = 0xF1000001
PLAN = plan_access(AccessSpec(crowd_share=0.5), 200, (0, 86_400_000), np.random.default_rng(1))


def _calls(client: Codes) -> Packets:
    count = client.size
    return lone_packets(
        ts_ms=np.zeros(count, np.int64),
        src=client,
        dst=np.full(count, SERVER, np.int64),
        ports=(np.full(count, 50_000, np.int32), np.full(count, 443, np.int32)),
        proto=6,
        flags=16,
        size=60,
    )


def _service(members: Codes | None = None) -> NamedService:
    return NamedService(code=SERVER, proto=6, port=443, label="cc", members=members)


def test_a_line_met_in_two_slices_counts_once() -> None:
    """Lines of their own count each; a crowd behind one address counts as one."""
    alone = np.flatnonzero(PLAN.access != Access.CROWD)
    crowd = np.flatnonzero(PLAN.access == Access.CROWD)[:10]
    lines = line_codes(200)
    census = Census([_service(lines[alone[:3]])], PLAN)

    census.add(_calls(lines[alone[:5]]))
    census.add(_calls(lines[np.concatenate([alone[:6], crowd])]))

    assert census.counts() == ([7], [3])


def test_nothing_named_counts_nothing() -> None:
    """A world without named services is no error."""
    census = Census([], PLAN)
    census.add(_calls(line_codes(3)))

    assert census.counts() == ([], [])


def test_pairs_are_distinct_and_ascending() -> None:
    """By the first, then by the second."""
    pairs = distinct_pairs(np.array([2, 1, 2, 1]), np.array([5, 9, 5, 3]))

    assert pairs.tolist() == [[1, 1, 2], [3, 9, 5]]
