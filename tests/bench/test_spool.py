"""A spool gives back what it took, in slices of time, from memory or from disk."""

import numpy as np
import pytest

from hinomi.bench.exchange import Packets, join, lone_packets
from hinomi.bench.spool import Spool

HOUR_MS = 3_600_000


def _packets(count: int, seed: int) -> Packets:
    rng = np.random.default_rng(seed)
    ports = rng.integers(0, 65_536, (2, count)).astype(np.int32)
    return lone_packets(
        ts_ms=rng.integers(0, 10 * HOUR_MS, count),
        src=rng.integers(0, 1 << 60, count),
        dst=rng.integers(0, 1 << 60, count),
        ports=(ports[0], ports[1]),
        proto=6,
        flags=2,
        size=40,
    )


@pytest.mark.parametrize("held", [10, 1_000_000])
def test_slices_hold_everything_once_in_order_of_time(held: int) -> None:
    """Spilled to disk or not; slices that nobody filled are not there."""
    taken = [_packets(1_000, seed) for seed in range(4)]
    with Spool(0, 10 * HOUR_MS, held=held) as spool:
        for packets in taken:
            spool.append(packets)
        slices = list(spool.slices())

    assert len(slices) == 10
    for number, packets in enumerate(slices):
        assert (packets.ts_ms // HOUR_MS == number).all()
    together, before = join(slices), join(taken)
    assert sorted(together.src.tolist()) == sorted(before.src.tolist())
    assert together.size.dtype == before.size.dtype


def test_where_packets_waited_changes_nothing() -> None:
    """The order within a slice is that of arrival, on disk and in memory alike."""
    gathered = []
    for held in (10, 1_000_000):
        with Spool(0, 10 * HOUR_MS, held=held) as spool:
            for seed in range(3):
                spool.append(_packets(500, seed))
            gathered.append(join(list(spool.slices())))

    assert (gathered[0].ts_ms == gathered[1].ts_ms).all()
    assert (gathered[0].dst == gathered[1].dst).all()


def test_slices_that_would_cut_records_are_refused() -> None:
    """A slice is a whole number of active timeouts."""
    with pytest.raises(ValueError, match="active timeout"):
        Spool(0, HOUR_MS, slice_ms=90_000)


def test_what_comes_after_the_window_is_not_observed() -> None:
    """A flow that begins before its end may go on behind it."""
    with Spool(0, 2 * HOUR_MS) as spool:
        spool.append(_packets(1_000, 1))
        slices = list(spool.slices())

    assert len(slices) == 2
    assert max(packets.ts_ms.max() for packets in slices) < 2 * HOUR_MS
