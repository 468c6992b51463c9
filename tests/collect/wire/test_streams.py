"""Exporting processes and their numbers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.wire.streams import NO_STREAM, Stream, Streams

PAIRS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0, 1, 2**32 - 1])), max_size=40)


@given(batches=st.lists(PAIRS, max_size=4))
def test_a_stream_keeps_its_number(batches: list[list[tuple[int, int]]]) -> None:
    """Whatever the batches, equal (source, domain) pairs get equal numbers and others do not."""
    streams = Streams()
    seen: dict[tuple[int, int], int] = {}

    for pairs in batches:
        source = np.array([pair[0] for pair in pairs], np.int32)
        domain = np.array([pair[1] for pair in pairs], np.int64)
        numbers = streams.numbers(source, 9, domain)
        for pair, number in zip(pairs, numbers.tolist(), strict=True):
            assert seen.setdefault(pair, number) == number

    assert sorted(seen.values()) == list(range(len(seen)))
    assert {(s.source, s.domain) for s in streams.known} == set(seen)


def test_versions_are_told_apart() -> None:
    """The same domain of NetFlow v9 and of IPFIX is two streams."""
    streams = Streams()

    assert streams.number(Stream(0, 9, 1)) != streams.number(Stream(0, 10, 1))


def test_an_exporter_cannot_invent_domains_without_end() -> None:
    """Beyond the limit its further domains get no number; other exporters are not concerned."""
    streams = Streams(most_per_source=2)
    domains = np.arange(5)

    numbers = streams.numbers(np.zeros(5, np.int32), 10, domains)

    assert numbers.tolist() == [0, 1, NO_STREAM, NO_STREAM, NO_STREAM]
    assert streams.number(Stream(1, 10, 0)) == 2


def test_the_second_half_of_the_numbers_is_for_exports() -> None:
    """Headers of domains that are made up leave room for those of which something comes."""
    streams = Streams(most_per_source=4)
    source = np.zeros(6, np.int32)

    junk = streams.numbers(source, 9, np.arange(6), lambda: np.zeros(6, np.bool_))
    assert junk.tolist() == [0, 1] + [NO_STREAM] * 4

    good = streams.numbers(source, 9, np.arange(6), lambda: np.arange(6) == 4)
    assert good.tolist() == [0, 1, NO_STREAM, NO_STREAM, 2, NO_STREAM]
    assert streams.numbers(source + 1, 9, np.arange(6), lambda: np.zeros(6, np.bool_))[0] == 3


def test_streams_that_gave_records_are_known() -> None:
    """The others are not kept over a restart."""
    streams = Streams()
    numbers = streams.numbers(np.zeros(3, np.int32), 9, np.arange(3))

    assert streams.fruitful() == set()
    streams.credit(numbers[1:2])
    streams.numbers(np.zeros(30, np.int32), 10, np.arange(30))
    streams.credit(np.array([32, 1, 32]))

    assert streams.fruitful() == {Stream(0, 9, 1), Stream(0, 10, 29)}
