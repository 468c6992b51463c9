"""What records hold, and what is left of them without a column."""

from typing import Any

import pytest

from builders import HOUR_MS, NOON_MS, Open, conversation, knock, talk
from hinomi.detect import withheld
from hinomi.detect.withheld import ANY_PORT, Withheld
from hinomi.engine.duckdb import DuckEngine


@pytest.fixture(name="rows")
def some_rows() -> list[dict[str, int]]:
    """Two lines that talk, and one of them knocks an hour later."""
    return [
        *talk(1, "198.51.100.1", sampling_interval=10_000, size=600),
        *talk(2, "198.51.100.2", sampling_interval=10_000, size=200),
        knock(2, "198.51.100.3", NOON_MS + HOUR_MS, sampling_interval=20_000),
    ]


def _row(engine: DuckEngine, expression: Any) -> dict[str, int]:
    row: dict[str, int] = engine.fetch(expression).to_pylist()[0]
    return row


def test_what_is_held_is_counted(
    engine: DuckEngine, opened: Open, rows: list[dict[str, int]]
) -> None:
    """Records, packets, octets by direction, hours, intervals and lines."""
    records = opened(rows)

    held = _row(engine, withheld.held(records))

    assert held == {
        "records": 5,
        "packets": 9,
        "octets": 1_640,
        "single": 1,
        "hours": 2,
        "first_ms": NOON_MS,
        "densest": 10_000,
        "sparsest": 20_000,
        "unknown": 0,
        "packets_out": 5,
        "octets_out": 840,
    }
    assert _row(engine, withheld.lines(records)) == {"lines": 2}


def test_multiplied_counters_count_as_sampled(engine: DuckEngine, opened: Open) -> None:
    """20,000 packets at 1 in 10,000 are two."""
    row = conversation(counts_scaled=1, packets=20_000, bytes=2_000_000, sampling_interval=10_000)

    held = _row(engine, withheld.held(opened([row])))

    assert (held["packets"], held["octets"]) == (2, 200)


def test_nothing_holds_nothing(engine: DuckEngine, opened: Open) -> None:
    """An empty window has zeros, no nulls."""
    assert set(_row(engine, withheld.held(opened([]))).values()) == {0}


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        (Withheld.LINE_PORTS, {"line_port": ANY_PORT}),
        (Withheld.PORTS, {"line_port": ANY_PORT, "remote_port": 0}),
        (Withheld.FLAGS, {"tcp_flags": -1}),
    ],
)
def test_a_column_that_was_not_collected_says_nothing(
    engine: DuckEngine,
    opened: Open,
    rows: list[dict[str, int]],
    what: Withheld,
    changed: dict[str, int],
) -> None:
    """All other columns stay, and so do the types."""
    records = opened(rows)

    left = withheld.withhold(records, what, _row(engine, withheld.held(records)))

    assert left.schema() == records.schema()
    assert _sorted(engine, left) == sorted(tuple((row | changed).values()) for row in rows)


def test_without_sizes_all_packets_of_a_direction_are_alike(
    engine: DuckEngine, opened: Open, rows: list[dict[str, int]]
) -> None:
    """As long as the mean of the direction: the sum over all is what it was, but for rounding."""
    records = opened(rows)

    held = _row(engine, withheld.held(records))
    left = engine.fetch(withheld.withhold(records, Withheld.SIZES, held))

    sizes = {(row["direction"], row["bytes"] / row["packets"]) for row in left.to_pylist()}
    assert sizes == {(0, 168.0), (1, 200.0)}
    assert sum(left.column("bytes").to_pylist()) == pytest.approx(1_640, abs=9)


def _sorted(engine: DuckEngine, expression: Any) -> list[tuple[int, ...]]:
    return sorted(tuple(row.values()) for row in engine.fetch(expression).to_pylist())
