"""Start times of exporting processes, learnt from options."""

import numpy as np

from builders import NOON_MS
from hinomi.collect.wire.meaning.boots import UNKNOWN_BOOT, BootTimes, KeptBoot
from hinomi.collect.wire.streams import NO_STREAM, Streams
from recordgroups import group, headers

INIT_MS = NOON_MS - 5_000_000


def _of(boots: BootTimes, *streams: int) -> list[int]:
    return [int(each) for each in boots.of(np.array(streams, np.int32))]


def test_the_last_plausible_start_of_a_stream_counts() -> None:
    """An exporter that restarted says so anew; 1970 and the future are nobody's start."""
    streams = Streams()
    boots = BootTimes(streams)
    of = headers(streams, version=10, datagrams=2, domains=(1, 2))
    starts = [INIT_MS, INIT_MS + 1, 0, NOON_MS + 1, 2**64 - 1, INIT_MS + 9]

    boots.learn(of, group({160: starts}, version=10, scope=(), datagram=[0, 0, 0, 0, 0, 1]))

    assert _of(boots, 0, 1, 0, 2, NO_STREAM) == [
        INIT_MS + 1, INIT_MS + 9, INIT_MS + 1, UNKNOWN_BOOT, UNKNOWN_BOOT,
    ]  # fmt: skip


def test_options_about_something_else_teach_nothing() -> None:
    """Most options are interface names and counters of the exporter."""
    boots = BootTimes(Streams())

    boots.learn(headers(version=10), group({40: [9]}, version=10, scope=()))
    boots.learn(headers(version=10), group({160: []}, version=10, scope=()))

    assert boots.snapshot() == []
    assert _of(boots, 0) == [UNKNOWN_BOOT]


def test_streams_beyond_the_limit_are_not_learnt() -> None:
    """A stream without a number has no place to remember anything at."""
    streams = Streams(most_per_source=1)
    boots = BootTimes(streams)
    of = headers(streams, version=10, datagrams=2, domains=(1, 2))

    boots.learn(of, group({160: [INIT_MS, INIT_MS]}, version=10, scope=(), datagram=[0, 1]))

    assert [kept.domain for kept in boots.snapshot()] == [1]


def test_start_times_survive_a_restart_of_the_collector() -> None:
    """They are kept by exporter and domain: numbers of streams may differ the next time."""
    streams = Streams()
    boots = BootTimes(streams)
    boots.learn(
        headers(streams, version=10, sources=(4,), domains=(7,)),
        group({160: [INIT_MS]}, version=10, scope=()),
    )
    kept = boots.snapshot()

    again = Streams()
    headers(again, version=10)  # Another stream comes first.
    restored = BootTimes(again)
    restored.restore([*kept, KeptBoot(source=5, version=10, domain=0, init_ms=3)])

    assert kept == [KeptBoot(source=4, version=10, domain=7, init_ms=INIT_MS)]
    assert _of(restored, 0, 1, 2) == [UNKNOWN_BOOT, INIT_MS, UNKNOWN_BOOT]
