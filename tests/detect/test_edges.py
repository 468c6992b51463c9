"""Edges by number answer as rows by address would."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from builders import services_table
from hinomi.detect import edges
from hinomi.detect.edges import Edges, Numbers
from hinomi.detect.orient import LINE
from hinomi.engine.duckdb import DuckEngine


def lines(*lows: int) -> pa.Table:
    """Name lines by their low halves."""
    return pa.table(
        {"line_hi": pa.array([0] * len(lows), pa.int64()), "line_lo": pa.array(lows, pa.int64())}
    )


@pytest.fixture(name="parts")
def two_parts(engine: DuckEngine) -> tuple[Edges, ...]:
    """Give three services in two parts: lines 11 and 12 at the last, 12 at the first."""
    held = services_table({"remote_port": 1}, {"remote_port": 2}, {"remote_port": 3})
    numbers = Numbers(held, lines(11, 12, 13))

    def kept(*rows: tuple[int, int, int, int]) -> Path:
        columns = np.array(rows, dtype=np.int64).reshape(-1, 4)
        names = ["service", "line", "since", "knocked"]
        return engine.keep_mapped(pa.table(dict(zip(names, columns.T, strict=True))))

    return (
        Edges(engine, numbers, np.array([2, 0]), kept((0, 0, 50, 0), (0, 1, 60, 1), (1, 1, 70, 0)),
              kept(), 1_000),
        Edges(engine, numbers, np.array([1]), kept(), kept((0, 2, 80, 1)), 1_000),
    )  # fmt: skip


def test_sums_come_in_the_order_that_is_asked_for(parts: tuple[Edges, ...]) -> None:
    """Lines that nobody names count nothing, services without clients sum to 0."""
    asked = lines(12, 99).append_column("weight", pa.array([0.5, 7.0]))
    held = parts[0].numbers.services

    found = edges.client_sums(parts, held.take(pa.array([2, 1, 0])), asked)
    every = edges.client_sums(
        parts, held, lines(11, 12, 13).append_column("n", pa.array([1.0] * 3))
    )

    assert found["remote_port"].to_pylist() == [3, 2, 1]
    assert found["weight"].to_pylist() == [0.5, 0.0, 0.5]
    assert every["n"].to_pylist() == [1.0, 0.0, 2.0]


def test_the_services_of_a_line(parts: tuple[Edges, ...]) -> None:
    """Each once, with the time of the first contact; who did not speak is not among them."""
    found = edges.services_of_lines(parts, lines(12, 13))

    rows = [(r["remote_port"], r["line_lo"], r["first_ms"]) for r in found.to_pylist()]
    assert sorted(rows) == [(1, 12, 1_070), (3, 12, 1_060)]
    assert set(LINE) < set(found.column_names)


def test_the_lines_of_a_service(parts: tuple[Edges, ...]) -> None:
    """Those that spoke, or those that did not, and who of them sent a bare SYN."""
    held = parts[0].numbers.services

    spoke = edges.lines_of_services(parts, held.slice(2)).to_pylist()
    not_spoke = edges.lines_of_services(parts, held, spoke=False).to_pylist()

    assert sorted((r["line_lo"], r["syn_out"]) for r in spoke) == [(11, 0), (12, 1)]
    assert [(r["remote_port"], r["line_lo"], r["syn_out"]) for r in not_spoke] == [(2, 13, 1)]


def test_pairs_of_lines_by_row(parts: tuple[Edges, ...]) -> None:
    """In the rows of the tables that are given, whatever order these have."""
    held = parts[0].numbers.services.take(pa.array([1, 0, 2]))

    service, line, first_ms = edges.rows_of_lines(
        parts, held, lines(12, 11), np.array([True, False])
    )

    found = zip(service.tolist(), line.tolist(), first_ms.tolist(), strict=True)
    assert sorted(found) == [(1, 0, 1_070), (2, 0, 1_060)]
