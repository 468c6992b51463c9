"""What agents say they dropped is counted as the difference of their counters."""

import numpy as np

from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.sflow import agentdrops
from hinomi.collect.wire.sflow.agentdrops import SAMPLES_DROPPED, AgentDrops
from hinomi.collect.wire.sflow.samples import FlowSamples

Seen = tuple[int, int, int]
"""Stream, data source, its counter."""


def samples_of(seen: list[Seen]) -> FlowSamples:
    """Make samples of which nothing but the counter matters."""
    zeros = np.zeros(len(seen), np.int64)
    return FlowSamples(
        row=np.arange(len(seen)),
        source_type=zeros,
        source_index=np.array([source for _, source, _ in seen], np.int64),
        rate=zeros,
        drops=np.array([drops for _, _, drops in seen], np.int64),
        in_if=zeros,
        out_if=zeros,
        records=zeros,
        begin=zeros,
        end=zeros,
    )


def dropped(*batches: list[Seen]) -> dict[int, int]:
    """Observe batches, the exporter's number ten times the stream's; give the counts."""
    drops, ledger = AgentDrops(), Ledger()
    for seen in batches:
        stream = np.array([stream for stream, _, _ in seen], np.int32)
        drops.observe(samples_of(seen), stream * 10, stream, ledger)
    return {source: counts[SAMPLES_DROPPED] for source, counts in ledger.counts.items()}


def test_a_counter_says_nothing_at_first() -> None:
    """What an agent dropped before it was first seen is not known."""
    assert dropped([(1, 5, 900)]) == {}
    assert dropped([(1, 5, 0)], [(1, 5, 0)]) == {}


def test_steps_are_counted_within_a_batch_and_across() -> None:
    """Each data source of each stream for itself."""
    first = [(1, 5, 100), (1, 6, 1_000), (1, 5, 104), (2, 5, 7)]
    second = [(1, 6, 1_001), (1, 5, 110), (2, 5, 7), (3, 1, 50)]

    assert dropped(first) == {10: 4}
    assert dropped(first, second) == {10: 4 + 1 + 6}
    assert dropped(first, second, [(2, 5, 9), (3, 1, 51)]) == {10: 11, 20: 2, 30: 1}


def test_a_counter_runs_over() -> None:
    """2^32 - 1 is followed by 0, which says nothing, or by what comes after it."""
    assert dropped([(1, 5, 2**32 - 3)], [(1, 5, 4)]) == {10: 7}


def test_an_agent_that_began_anew_has_dropped_nothing_yet() -> None:
    """A step back is no loss; counting goes on from there."""
    assert dropped([(1, 5, 5_000)], [(1, 5, 3)], [(1, 5, 8)]) == {10: 5}


def test_datagrams_out_of_order_count_nothing_twice() -> None:
    """The greatest step of a counter counts, whatever came before or after it."""
    assert dropped([(1, 5, 100)], [(1, 5, 109), (1, 5, 104)], [(1, 5, 107), (1, 5, 110)]) == {
        10: 10
    }


def test_no_more_counters_are_followed_than_allowed() -> None:
    """Data sources beyond the bound take no room, and those known go on."""
    many = [(1, source, 1) for source in range(agentdrops.MOST_COUNTERS + 5)]
    again = [(1, source, 2) for source in range(agentdrops.MOST_COUNTERS + 5)]

    assert dropped(many, again) == {10: agentdrops.MOST_COUNTERS}
