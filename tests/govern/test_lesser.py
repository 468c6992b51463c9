"""Records sampled again are records that were sampled more sparsely."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON_MS, conversation, conversations
from hinomi.govern.lesser import chances, drawn, left_of, thin
from hinomi.model.flow import CONVERSATIONS

SEEDS = st.integers(-(2**70), 2**70)
ROWS = st.lists(
    st.builds(
        lambda line, packets, size, interval, scaled: conversation(
            line_lo=line,
            packets=packets,
            bytes=packets * size,
            sampling_interval=interval,
            counts_scaled=scaled,
        ),
        st.integers(-(2**63), 2**63 - 1),
        st.integers(0, 100_000),
        st.integers(0, 1_500),
        st.sampled_from([1, 512, 10_000]),
        st.integers(0, 1),
    ),
    max_size=40,
)


def _many(count: int, **changed: object) -> pa.RecordBatch:
    return conversations(
        conversation(ts_ms=NOON_MS + place, sampling_interval=10_000, **changed)
        for place in range(count)
    )


@given(rows=ROWS, seed=SEEDS)
def test_no_count_ever_rises(rows: list[dict[str, int]], seed: int) -> None:
    """Packets and bytes of a record stay or shrink; who spoke with whom stays as it was."""
    before = conversations([row | {"ts_ms": place} for place, row in enumerate(rows)])
    after = thin(before, 20_000, seed)

    held = {row["ts_ms"]: row for row in before.to_pylist()}
    assert after.schema.equals(CONVERSATIONS, check_metadata=False)
    for row in after.to_pylist():
        was = held[row["ts_ms"]]
        assert 1 <= row["packets"] <= was["packets"]
        assert row["bytes"] <= was["bytes"]
        assert row["sampling_interval"] == 20_000
        assert row["counts_scaled"] == 0
        changed = {"packets", "bytes", "sampling_interval", "counts_scaled"}
        assert all(row[name] == was[name] for name in row.keys() - changed)


@given(rows=ROWS, seed=SEEDS, cut=st.integers(0, 40))
def test_batches_do_not_matter(rows: list[dict[str, int]], seed: int, cut: int) -> None:
    """The same records in two batches, or in another order, leave the same records."""
    whole = thin(conversations(rows), 20_000, seed).to_pylist()
    parts = [thin(conversations(part), 20_000, seed) for part in (rows[:cut], rows[cut:])]
    turned = thin(conversations(rows[::-1]), 20_000, seed).to_pylist()

    assert [row for part in parts for row in part.to_pylist()] == whole
    assert turned[::-1] == whole


@given(rows=ROWS, seed=SEEDS)
def test_a_sparser_subset_lies_within_a_denser_one(rows: list[dict[str, int]], seed: int) -> None:
    """What 1 in 50,000 leaves, 1 in 20,000 leaves as well, with as many packets or more."""
    batch = conversations([row | {"ts_ms": place} for place, row in enumerate(rows)])
    dense, sparse = (
        {row["ts_ms"]: row["packets"] for row in thin(batch, each, seed).to_pylist()}
        for each in (20_000, 50_000)
    )

    assert all(packets <= dense.get(moment, 0) for moment, packets in sparse.items())


@pytest.mark.parametrize("packets", [1, 3, 60, 1_000])
def test_the_expectation_is_kept(packets: int) -> None:
    """Of 20,000 records at 1 in 10,000 one packet in five stays at 1 in 50,000."""
    batch = _many(20_000, packets=packets, bytes=packets * 100)
    left = thin(batch, 50_000, seed=7)

    kept = np.asarray(left.column("packets").to_numpy())
    assert kept.sum() == pytest.approx(20_000 * packets / 5, rel=0.04)
    spread = np.concatenate([kept, np.zeros(20_000 - kept.size)]).var()
    assert spread == pytest.approx(packets * 0.2 * 0.8, rel=0.06)
    assert np.asarray(left.column("bytes").to_numpy()).sum() == kept.sum() * 100


def test_another_seed_is_another_drawing() -> None:
    """Two seeds share what two independent drawings would share."""
    first, second = (
        set(thin(_many(20_000), 20_000, seed).column("ts_ms").to_pylist()) for seed in (1, 2)
    )

    assert len(first) == pytest.approx(10_000, rel=0.03)
    assert len(first & second) == pytest.approx(5_000, rel=0.05)


def test_the_present_interval_leaves_everything() -> None:
    """1 in 10,000 of 1 in 10,000 is what was there."""
    batch = _many(50, packets=3)

    assert thin(batch, 10_000, 1).to_pylist() == batch.to_pylist()


def test_records_without_packets_vanish() -> None:
    """Nothing was sampled of them: nothing can be left."""
    assert thin(_many(10, packets=0), 10_000, 1).num_rows == 0


def test_multiplied_counters_are_divided_back_first() -> None:
    """30,000 packets at 1 in 10,000 are three that were sampled; fewer are one."""
    batch = conversations(
        conversation(
            counts_scaled=1, packets=packets, bytes=packets * 100, sampling_interval=10_000
        )
        for packets in (30_000, 7)
    )

    left = thin(batch, 10_000, 1)

    assert left.column("packets").to_pylist() == [3, 1]
    assert left.column("bytes").to_pylist() == [300, 0]
    assert left.column("counts_scaled").to_pylist() == [0, 0]


@pytest.mark.parametrize("interval", [0, 30_000])
def test_unknown_and_larger_intervals_are_refused(interval: int) -> None:
    """Nobody can say what 1 in 20,000 of them would be."""
    batch = conversations([conversation(sampling_interval=interval)])

    with pytest.raises(ValueError, match="known interval"):
        thin(batch, 20_000, 1)


def test_chances_are_evenly_spread() -> None:
    """Records that differ in one column alone are drawn as if they had nothing in common."""
    for column in ("ts_ms", "line_lo", "tcp_flags"):
        batch = conversations(conversation(**{column: place}) for place in range(10_000))

        found = chances(batch, seed=1)

        counts, _ = np.histogram(found, bins=10, range=(0, 1))
        assert counts.min() > 850
        assert abs(np.corrcoef(found[:-1], found[1:])[0, 1]) < 0.04


@given(
    chance=st.floats(0, 1, exclude_max=True),
    packets=st.integers(0, 10_000),
    rates=st.tuples(st.floats(0.001, 1), st.floats(0.001, 1)),
)
def test_a_smaller_rate_never_leaves_more(
    chance: float, packets: int, rates: tuple[float, float]
) -> None:
    """The same chance at two rates: monotone, and never out of bounds."""
    few, many = (
        int(drawn(np.array([chance]), np.array([packets]), rate)[0]) for rate in sorted(rates)
    )

    assert 0 <= few <= many <= packets


def test_tables_are_thinned_by_the_same_rule() -> None:
    """The benchmark's plain flow tables lose bytes as conversation records do."""
    table = pa.table({"packets": [4, 2], "bytes": [400, 90], "sampling_interval": [10, 10]})

    left = left_of(table, np.array([1, 0]), np.array([20, 20]))

    assert left.to_pylist() == [{"packets": 1, "bytes": 100, "sampling_interval": 20}]
