"""Lines and pairs of several units become those of one window."""

from collections.abc import Sequence

import numpy as np
import pytest

from builders import HOUR_MS, NOON_MS, Open, knock, talk
from hinomi.detect import contacts, partials, standing
from hinomi.detect.columns import ints
from hinomi.detect.standing import Source
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import Register
from surveys import WEB, Row

DAY_MS = 24 * HOUR_MS


def sources(
    engine: DuckEngine, opened: Open, register: Register, *days: Sequence[Row]
) -> list[Source]:
    """Make a unit of each day."""
    units = [partials.make(engine, opened(day), register, buckets=2) for day in days]
    return [Source(each.facts.first_ms, each.parts, 0, each.files) for each in units]


def test_lines_are_numbered_by_network_and_once(
    engine: DuckEngine, opened: Open, register: Register
) -> None:
    """A line of two units has one number; lines of one network stand together."""
    days = [
        [r for line in (5, 2, 9) for r in talk(line, WEB, NOON_MS, line_net=line % 2)],
        [r for line in (2, 8) for r in talk(line, WEB, NOON_MS + DAY_MS, line_net=line % 2)],
    ]
    given = sources(engine, opened, register, *days)

    found = standing.lines_of(engine, given)

    assert sorted(found.table["line_lo"].to_pylist()) == [2, 5, 8, 9]
    assert found.net.tolist() == [0, 0, 1, 1]
    for source, number in zip(given, found.of_source, strict=True):
        rows = engine.read(source.files["lines"][0], ["line_lo"])
        assert ints(found.table, "line_lo")[number].tolist() == rows["line_lo"].to_pylist()


@pytest.mark.parametrize("buckets", [1, 2, 8])
def test_a_pair_of_two_units_is_one(
    engine: DuckEngine, opened: Open, register: Register, buckets: int
) -> None:
    """First and last time, marks of both, several records and ports; others stay as they are."""
    days = [
        [knock(1, WEB, NOON_MS, line_port=50_000), knock(2, WEB, NOON_MS + 5)],
        talk(1, WEB, NOON_MS + DAY_MS, line_port=50_001),
    ]
    given = sources(engine, opened, register, *days)
    lines = standing.lines_of(engine, given)

    found = list(standing.buckets_of(engine, given, lines, buckets))

    (bucket,) = [each for each in found if each.services.num_rows]
    assert len(found) == buckets
    pairs = bucket.pairs
    one = np.flatnonzero(ints(lines.table, "line_lo")[pairs.line] == 1)
    assert pairs.line.size == 2
    assert pairs.first_ms[one] == NOON_MS
    assert pairs.last_ms[one] >= NOON_MS + DAY_MS
    both = contacts.KNOCKED | contacts.TALKED | contacts.SEVERAL
    assert (pairs.marks[one] & both) == both
    assert pairs.several_ports[one]
    assert pairs.spoke.tolist() == (pairs.line == pairs.line[one]).tolist()
    assert standing.silent(pairs).tolist() == (~pairs.spoke).tolist()
    service = bucket.services.to_pylist()[0]
    assert (service["lines"], service["clients"], service["returned"]) == (2, 1, 1)
    assert (service["silent"], service["ports"], service["records"]) == (1, 1, 4)
