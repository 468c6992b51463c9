"""The strongest line speaks for a service, where single contacts can be seen."""

from pathlib import Path

import numpy as np
import pytest

from builders import NOON_MS, knock, talk
from hinomi.detect import fuse, passes
from hinomi.detect.habits import Habit, habits, term
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import Register
from surveys import clock, row_of, survey

CC, PORT = "203.0.113.1", 6667


def habits_of(engine: DuckEngine, found: passes.Survey, *mesh_lines: int) -> dict[int, Habit]:
    """Look at the habits of a survey in which *mesh_lines* are peer-to-peer."""
    return habits(engine, found, np.isin(found.lines["line_lo"].to_numpy(), mesh_lines))


def test_a_clock_is_a_habit(engine: DuckEngine, tmp_path: Path, register: Register) -> None:
    """Sixty calls a minute apart: rhythm; one visit to a web site is none."""
    rows = clock(1, CC, remote_port=PORT) + talk(2, "198.51.100.1")
    found = survey(engine, tmp_path, rows)
    place = row_of(found, CC, PORT)

    seen = habits_of(engine, found)

    assert list(seen) == [place]
    assert seen[place].rhythm.contacts == 60
    assert seen[place].terms["rhythm"] > 0
    assert seen[place].total == sum(seen[place].terms.values())
    column = term(seen, found.services.num_rows, register)
    assert np.flatnonzero(column).tolist() == [place]


@pytest.mark.parametrize("interval", [0, 11, 10_000])
def test_where_sampling_is_thin_there_are_no_habits(
    engine: DuckEngine, tmp_path: Path, interval: int
) -> None:
    """Beyond 1 in 10, or where the interval is unknown, single contacts say nothing."""
    rows = clock(1, CC, remote_port=PORT, sampling_interval=interval)

    assert habits_of(engine, survey(engine, tmp_path, rows)) == {}


def test_the_strongest_line_speaks(engine: DuckEngine, tmp_path: Path) -> None:
    """Of three lines the surest clock is told, with the number of all three."""
    rows = [
        row
        for line, contacts in ((1, 12), (2, 90), (3, 30))
        for row in clock(line, CC, contacts=contacts, remote_port=PORT)
    ]
    found = survey(engine, tmp_path, rows, buckets=2)

    (habit,) = habits_of(engine, found).values()

    assert habit.rhythm.contacts == 90
    assert (habit.lines, habit.setting.shared_with) == (3, 2)


def test_the_setting_counts_siblings_and_neighbours(engine: DuckEngine, tmp_path: Path) -> None:
    """Addresses the line met on that port, those of the same /16 apart; others' count not."""
    rows = clock(1, "198.51.100.1", remote_port=PORT)
    rows += talk(1, "198.51.100.9", remote_port=PORT)
    rows += [knock(1, "198.18.0.9", remote_port=PORT)]
    rows += talk(1, "198.51.100.9", NOON_MS + 9, remote_port=80)
    rows += talk(2, "198.51.100.10", remote_port=PORT)
    found = survey(engine, tmp_path, rows, buckets=2)

    setting = habits_of(engine, found)[row_of(found, "198.51.100.1", PORT)].setting

    assert (setting.siblings, setting.neighbours) == (3, 2)
    assert setting.line_span_ms == 59 * 60_000
    assert not setting.remote_own
    assert not setting.line_is_mesh


def test_neighbours_in_ipv6_share_a_slash_32(engine: DuckEngine, tmp_path: Path) -> None:
    """2001:db8:: is one network whatever follows; 3fff:: is another."""
    rows = clock(1, "2001:db8:1::1", remote_port=PORT)
    rows += talk(1, "2001:db8:2::1", remote_port=PORT) + talk(1, "3fff::1", remote_port=PORT)
    found = survey(engine, tmp_path, rows)

    setting = habits_of(engine, found)[row_of(found, "2001:db8:1::1", PORT)].setting

    assert (setting.siblings, setting.neighbours) == (3, 2)


def test_members_of_a_mesh_are_believed_less(engine: DuckEngine, tmp_path: Path) -> None:
    """The same clock of a peer-to-peer line weighs three units less."""
    found = survey(engine, tmp_path, clock(1, CC, remote_port=PORT))

    (plain,), (meshed,) = (habits_of(engine, found, *lines).values() for lines in ((), (1,)))

    assert meshed.setting.line_is_mesh
    assert meshed.total == pytest.approx(plain.total - 3.0)


def test_persistent_retries_are_a_habit_and_no_conversation(
    engine: DuckEngine, tmp_path: Path
) -> None:
    """Two hundred SYNs to a dead server: retries; nobody spoke with it."""
    rows = [
        knock(1, CC, NOON_MS + tick * 20_000, remote_port=PORT, line_port=1_024 + tick)
        for tick in range(200)
    ]
    found = survey(engine, tmp_path, rows)

    (habit,) = habits_of(engine, found).values()

    assert habit.rhythm.failed == habit.rhythm.contacts == 200
    assert habit.terms["retries"] > 0
    assert found.services["clients"].to_pylist() == [0]


def test_habits_alone_never_convict(engine: DuckEngine, tmp_path: Path, register: Register) -> None:
    """The best clock there is, at the highest base rate: below even odds."""
    rows = clock(1, CC, contacts=1_500, remote_port=PORT)
    rows += [
        knock(2, CC, NOON_MS + tick * 50_000, remote_port=PORT, line_port=1_024 + tick)
        for tick in range(1_000)
    ]
    found = survey(engine, tmp_path, rows)
    ledger = fuse.Ledger(1)

    ledger.add("behaviour", term(habits_of(engine, found), 1, register))

    assert 0.1 < fuse.probability(register.number("fuse.base_rate_max"), ledger)[0] < 0.5


def test_without_records_there_are_no_habits(engine: DuckEngine, tmp_path: Path) -> None:
    """An empty window, or one in which nobody comes back."""
    assert habits_of(engine, survey(engine, tmp_path, [])) == {}
    assert habits_of(engine, survey(engine, tmp_path, talk(1, CC))) == {}
