"""Units put together are what one pass over all of their records gives."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import HOUR_MS, NOON_MS, Open, knock, remote, talk
from hinomi.detect import partials, passes
from hinomi.detect.orient import LINE
from hinomi.detect.partials import Facts, Unit, power_of_two
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import Register
from surveys import WEB, Row, row_of, small_network, towards

MIDNIGHT_MS = NOON_MS - 12 * HOUR_MS
DAY_MS = 24 * HOUR_MS
OF_UNIT = ("night",)
"""Decided inside each unit, by its own hours of rest: it need not be what the window says."""


def quiet_progress(_share: float) -> None:
    """Tell nobody."""


def whole(
    engine: DuckEngine, opened: Open, register: Register, rows: Sequence[Row]
) -> passes.Survey:
    """Survey all *rows* at once."""
    records = opened(rows)
    extent = passes.extent(engine, records)
    return passes.survey(engine, records, extent, buckets=2, register=register, tell=quiet_progress)


def by_day(engine: DuckEngine, opened: Open, register: Register, rows: Sequence[Row]) -> list[Unit]:
    """Make a unit of each day, with other numbers of parts."""
    days = sorted({row["ts_ms"] // DAY_MS for row in rows})
    return [
        partials.make(
            engine,
            opened([row for row in rows if row["ts_ms"] // DAY_MS == day]),
            register,
            buckets=1 + number % 3,
        )
        for number, day in enumerate(days)
    ]


def rows_of(table: pa.Table, *without: str) -> list[list[tuple[str, object]]]:
    """Give the rows of a table in one order."""
    kept = table.drop_columns([name for name in without if name in table.column_names])
    return sorted(sorted(row.items()) for row in kept.to_pylist())


def three_days() -> list[Row]:
    """Give the small network on three days, shifted by an hour each, with something of all."""
    rows = [
        row | {"ts_ms": row["ts_ms"] - 12 * HOUR_MS + day * (DAY_MS + HOUR_MS)}
        for day in range(3)
        for row in small_network()[::3]
    ]
    rows += [row for at in range(9) for row in towards(at, 77 - 2 * at, NOON_MS + at * HOUR_MS)]
    rows += talk(1, "2001:db8::7", NOON_MS, line_port=50_000)
    rows += talk(1, "2001:db8::7", NOON_MS + DAY_MS, line_port=50_001, tcp_flags=-1)
    rows += [knock(2, "198.51.100.77", NOON_MS), *talk(2, "198.51.100.77", NOON_MS + DAY_MS)]
    return rows


@pytest.mark.parametrize("buckets", [1, 4])
def test_days_put_together_are_the_window(
    engine: DuckEngine, opened: Open, register: Register, buckets: int
) -> None:
    """Services, lines, probes and extent, whatever parts the units have and the window asks."""
    rows = three_days()
    expected = whole(engine, opened, register, rows)

    units = by_day(engine, opened, register, rows)
    found = partials.survey(engine, units, buckets=buckets, tell=quiet_progress)

    assert len(units) >= 3
    assert len(found.parts) == buckets
    assert found.extent == expected.extent
    assert found.met == expected.met
    assert rows_of(found.services, *OF_UNIT) == rows_of(expected.services, *OF_UNIT)
    assert rows_of(found.lines) == rows_of(expected.lines)
    assert rows_of(found.probed) == rows_of(expected.probed)


def test_clients_are_fetched_from_units_as_from_records(
    engine: DuckEngine, opened: Open, register: Register
) -> None:
    """The second pass asks pairs alone, and they are the same."""
    rows = three_days()
    expected = whole(engine, opened, register, rows)
    units = by_day(engine, opened, register, rows)
    found = partials.survey(engine, units, buckets=2, tell=quiet_progress)
    some = expected.services.slice(0, 5)
    few = expected.lines.slice(0, 40)
    line = np.arange(len(expected.lines), dtype=np.float64)
    said = expected.lines.select(LINE).append_column("number", pa.array(line))

    fetched = [
        (
            passes.services_of_lines(engine, each, few),
            passes.lines_of_services(engine, each.parts, some),
            passes.lines_of_services(engine, each.parts, expected.services, spoke=False),
            passes.client_sums(engine, each, said),
        )
        for each in (expected, found)
    ]
    for theirs, ours in zip(*fetched, strict=True):
        assert theirs.num_rows > 5
        names = [name for name in ours.column_names if name != "syn_out"]
        assert rows_of(ours.select(names)) == rows_of(theirs.select(names))
    knocked = [
        sorted(row["line_lo"] for row in others.to_pylist() if row["syn_out"] > 0)
        for _, _, others, _ in fetched
    ]
    assert knocked[0] == knocked[1] != []


def test_units_hold_no_records(engine: DuckEngine, opened: Open, register: Register) -> None:
    """Who asks for them is told, instead of getting none."""
    units = by_day(engine, opened, register, talk(1, WEB))
    (part,) = partials.survey(engine, units, buckets=1, tell=quiet_progress).parts

    with pytest.raises(ValueError, match="no records"):
        _ = part.records


def attack(at_ms: int) -> list[Row]:
    """Give fifty lines that strike at once."""
    return [row for bot in range(100, 150) for row in talk(bot, WEB, at_ms + bot)]


def test_a_victim_of_one_day_loses_that_crowd_alone(
    engine: DuckEngine, opened: Open, register: Register
) -> None:
    """Bursts are cut inside the unit; what is met in bursts only stays without clients."""
    calm = [row for at in range(6) for row in talk(at, WEB, MIDNIGHT_MS + at * 8 * HOUR_MS)]
    only_loud = [row | remote("198.51.100.99") for row in attack(NOON_MS + DAY_MS)]
    rows = calm + attack(NOON_MS + DAY_MS) + only_loud

    units = by_day(engine, opened, register, rows)
    found = partials.survey(engine, units, buckets=2, tell=quiet_progress)

    expected = whole(engine, opened, register, rows)
    assert found.cut_bins == expected.cut_bins == 2
    assert rows_of(found.services, *OF_UNIT) == rows_of(expected.services, *OF_UNIT)
    assert sorted(found.services["clients"].to_pylist()) == [0, 6]
    assert rows_of(found.blows) == rows_of(expected.blows)


def test_who_was_hidden_on_one_day_is_met_on_another(
    engine: DuckEngine, opened: Open, register: Register
) -> None:
    """A service with clients on any day of the window is no longer hidden."""
    others = [r for at in range(24) for r in talk(1, "198.51.100.2", MIDNIGHT_MS + at * HOUR_MS)]
    rows = others + attack(NOON_MS) + talk(1, WEB, NOON_MS + DAY_MS)

    units = by_day(engine, opened, register, rows)
    found = partials.survey(engine, units, buckets=1, tell=quiet_progress)

    service = found.services.slice(row_of(found, WEB, 443), 1).to_pylist()[0]
    assert units[0].facts.cut_bins == 1
    assert (service["lines"], service["clients"]) == (1, 1)


def test_an_hour_knows_what_is_usual_from_the_units_before(
    engine: DuckEngine, opened: Open, register: Register
) -> None:
    """An attack as long as the hour is a burst beside a calm day, and nothing alone."""
    calm = opened([r for at in range(24) for r in talk(at, WEB, MIDNIGHT_MS + at * HOUR_MS)])
    long_attack = [
        row for tenth in range(6) for row in attack(MIDNIGHT_MS + DAY_MS + tenth * HOUR_MS // 6)
    ]
    before = partials.make(engine, calm, register, buckets=1)

    alone = partials.make(engine, opened(long_attack), register, buckets=1)
    beside = partials.make(engine, opened(long_attack), register, buckets=2, before=[before])

    assert alone.facts.cut_bins == 0
    assert beside.facts.cut_bins == 6


def test_an_hour_knows_who_serves_from_the_units_before(
    engine: DuckEngine, opened: Open, register: Register
) -> None:
    """A line that served many yesterday serves the one it meets now."""
    served = [
        row
        for peer in range(9)
        for row in talk(
            1, f"203.0.113.{peer}", NOON_MS + peer, line_port=8_080, remote_port=50_000 + peer,
            tcp_flags=-1,
        )
    ]  # fmt: skip
    now = talk(1, "203.0.113.77", NOON_MS + DAY_MS, line_port=8_080, remote_port=51_000,
               tcp_flags=-1)  # fmt: skip
    before = partials.make(engine, opened(served), register, buckets=1)

    alone = partials.make(engine, opened(now), register, buckets=1)
    beside = partials.make(engine, opened(now), register, buckets=1, before=[before])

    met = [
        partials.survey(engine, [unit], buckets=1, tell=quiet_progress).met
        for unit in (alone, beside)
    ]
    assert met == [1, 0]


def facts(**changed: object) -> Facts:
    """Give the facts of a unit."""
    usual: dict[str, object] = {
        "rows": 10, "hours": 2, "bins": 3, "interval": 1_000, "densest": 1_000, "unknown": 0,
        "tcp": 4, "flagless": 1, "first_ms": 0, "last_ms": 9,
        "by_hour": (0,) * 22 + (5, 5),
    }  # fmt: skip
    return Facts(**{**usual, **changed})  # type: ignore[arg-type]


def test_the_extent_adds_up() -> None:
    """The largest interval, the densest known one, and shares over all units."""
    found = partials.extent_of([facts(), facts(interval=10, densest=10, tcp=0, flagless=0)])

    assert (found.rows, found.hours, found.bins) == (20, 4, 6)
    assert (found.interval, found.densest, found.flagless_share) == (1_000, 10, 0.25)


def test_one_unknown_interval_leaves_the_window_unknown() -> None:
    """The densest that is known is still told."""
    found = partials.extent_of([facts(), facts(unknown=1, densest=0, interval=0)])

    assert (found.interval, found.densest) == (0, 1_000)


@given(st.integers(0, 10**6))
def test_parts_are_powers_of_two(least: int) -> None:
    """The smallest that is enough."""
    found = power_of_two(least)

    assert found >= max(least, 1)
    assert np.log2(found) % 1 == 0
    assert found == 1 or found // 2 < least
