"""A window made of units is the window made of its records, whatever happens in it."""

from collections.abc import Sequence

import numpy as np
import pytest

from builders import HOUR_MS, NOON_MS, Open, conversation, remote
from hinomi.detect import partials, passes
from hinomi.detect.columns import ints
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import Register
from surveys import Row

MIDNIGHT_MS = NOON_MS - 12 * HOUR_MS
DAY_MS = 24 * HOUR_MS
DAYS = 4
FLAGS = (-1, -1, 0x02, 0x02, 0x10, 0x18, 0x12, 0x04)
PORTS = (25, 80, 443, 6667, 8_080)
"""Lower than those of lines: which end serves, a unit decides for itself."""


def quiet_progress(_share: float) -> None:
    """Tell nobody."""


def drawn(seed: int, count: int = 1_500) -> list[Row]:
    """Draw records of few lines and few services, so that all that can come together does."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        tcp = rng.random() < 0.7
        packets = int(rng.integers(1, 4))
        line = int(rng.integers(1, 40))
        ends: Row = remote(f"198.51.100.{int(rng.integers(1, 12))}")
        if rng.random() < 0.1:
            ends = {"remote_own": 1, "remote_hi": 1, "remote_lo": int(rng.integers(1, 40))}
        rows.append(
            conversation(
                **ends,
                ts_ms=MIDNIGHT_MS + int(rng.integers(0, DAYS * DAY_MS)),
                line_lo=line,
                line_net=line % 7,
                proto=6 if tcp else 17,
                tcp_flags=int(rng.choice(FLAGS)) if tcp else -1,
                direction=int(rng.integers(0, 2)),
                line_port=int(rng.integers(40_000, 40_003)),
                remote_port=int(rng.choice(PORTS)),
                packets=packets,
                bytes=packets * int(rng.choice([40, 60, 64, 65, 1_300])),
                duration_ms=int(rng.integers(0, 2)) * 1_000,
                sampling_interval=1_000,
            )
        )
    crowd = MIDNIGHT_MS + DAY_MS + 7 * HOUR_MS
    rows += [
        conversation(**remote(f"198.51.100.{host}"), ts_ms=crowd + line, line_lo=line,
                     line_net=line % 7, remote_port=80, tcp_flags=0x10, sampling_interval=1_000)
        for line in range(100, 160)
        for host in (3, 99)
    ]  # fmt: skip
    return rows


def surveyed(
    engine: DuckEngine, opened: Open, register: Register, rows: Sequence[Row], buckets: int
) -> tuple[passes.Survey, passes.Survey]:
    """Survey the records, and their days put together."""
    records = opened(rows)
    found = passes.extent(engine, records)
    whole = passes.survey(
        engine, records, found, buckets=2, register=register, tell=quiet_progress, choose=several
    )
    units = [
        partials.make(
            engine,
            opened([row for row in rows if (row["ts_ms"] - MIDNIGHT_MS) // DAY_MS == day]),
            register,
            buckets=1 + day,
        )
        for day in range(DAYS)
    ]
    parted = partials.survey(engine, units, buckets=buckets, tell=quiet_progress, choose=several)
    return whole, parted


def several(services: object) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Hold the services with two clients or more, or none."""
    return np.asarray(ints(services, "clients") != 1, dtype=bool)


@pytest.mark.parametrize(("seed", "buckets"), [(1, 1), (2, 8), (3, 2), (4, 32)])
def test_drawn_days_put_together_are_their_window(
    engine: DuckEngine, opened: Open, register: Register, seed: int, buckets: int
) -> None:
    """Services, lines, probes, blows and what the second pass asks, exactly."""
    whole, parted = surveyed(engine, opened, register, drawn(seed), buckets)

    assert parted.extent == whole.extent
    assert (parted.met, parted.cut_bins) == (whole.met, whole.cut_bins)
    assert whole.cut_bins > 0
    for name in ("services", "lines", "probed", "blows"):
        theirs, ours = getattr(whole, name), getattr(parted, name)
        kept = [each for each in theirs.column_names if each != "night"]
        assert set(ours.column_names) == set(theirs.column_names)
        order = [(each, "ascending") for each in kept]
        assert ours.select(kept).sort_by(order).to_pylist() == (
            theirs.select(kept).sort_by(order).to_pylist()
        )
        assert theirs.num_rows > 3
    for spoke in (True, False):
        names = ["remote_lo", "remote_port", "proto", "line_lo", "first_ms"]
        order = [(each, "ascending") for each in names]
        theirs, ours = (
            passes.lines_of_services(engine, each.parts, whole.services, spoke=spoke)
            .select(names)
            .sort_by(order)
            for each in (whole, parted)
        )
        assert ours.to_pylist() == theirs.to_pylist()
        assert theirs.num_rows > 3


def test_what_is_loaded_one_day_need_not_be_over_the_window(
    engine: DuckEngine, opened: Open, register: Register
) -> None:
    """Without flags one long packet speaks; a hundred bare ones beside it take that back."""
    long_one = conversation(**remote("198.51.100.1"), ts_ms=MIDNIGHT_MS, line_lo=5, tcp_flags=-1,
                            packets=1, bytes=100, sampling_interval=1_000)  # fmt: skip
    bare = {**long_one, "ts_ms": MIDNIGHT_MS + DAY_MS, "packets": 100, "bytes": 4_000}
    days = [partials.make(engine, opened([row]), register, buckets=1) for row in (long_one, bare)]

    def clients(units: Sequence[partials.Unit]) -> list[int]:
        found = partials.survey(engine, units, buckets=1, tell=quiet_progress)
        return [int(count) for count in found.services["clients"].to_pylist()]

    assert clients(days[:1]) == [1]
    assert clients(days) == [0]


def test_a_day_that_leaves_the_window_leaves_nothing(
    engine: DuckEngine, opened: Open, register: Register
) -> None:
    """What is put together of the later days is what these days alone are."""
    rows = drawn(5, 600)
    later = [row for row in rows if row["ts_ms"] >= MIDNIGHT_MS + DAY_MS]
    days = [
        partials.make(
            engine,
            opened([row for row in rows if (row["ts_ms"] - MIDNIGHT_MS) // DAY_MS == day]),
            register,
            buckets=2,
        )
        for day in range(DAYS)
    ]
    partials.survey(engine, days, buckets=2, tell=quiet_progress)
    found = partials.survey(engine, days[1:], buckets=2, tell=quiet_progress)

    records = opened(later)
    expected = passes.survey(
        engine, records, passes.extent(engine, records), buckets=1, register=register,
        tell=quiet_progress,
    )  # fmt: skip
    names = [each for each in expected.services.column_names if each != "night"]
    assert found.services.select(names).to_pylist() == (expected.services.select(names).to_pylist())
