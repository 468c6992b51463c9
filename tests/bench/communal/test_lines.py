"""Lines have addresses, hours and fates."""

import numpy as np

from communes import small_scene
from hinomi.bench.communal.chance import Chance
from hinomi.bench.communal.kinds import DAY_MS, HOUR_MS, WEEK_MS, size_of
from hinomi.bench.communal.lines import MACHINES, settle
from hinomi.bench.communal.places import LINES_V4, SHARED_V4

LINES = settle(size_of("dense", 3, 0.2), Chance(3, "lines"))


def test_some_lines_share_an_address() -> None:
    """About one in six; outside they are one."""
    behind = np.flatnonzero(LINES.group >= 0)
    group = LINES.group[behind]

    assert 0.15 < behind.size / LINES.count < 0.17
    assert (LINES.first[behind] >= SHARED_V4).all()
    assert (LINES.first[behind] < SHARED_V4 + 60_000).all()
    assert np.unique(LINES.identity(behind)).size == np.unique(group).size
    assert np.bincount(group).max() < 260


def test_every_other_line_has_an_address_of_its_own() -> None:
    """Each once, in the range of the lines."""
    own = LINES.first[LINES.public]

    assert np.unique(own).size == own.size
    assert ((own >= LINES_V4) & (own < LINES_V4 + (1 << LINES.bits))).all()


def test_lines_that_move_change_addresses_among_themselves() -> None:
    """Before and after the moves the same addresses are in use, by others."""
    moved = np.flatnonzero(LINES.moved_ms < WEEK_MS)
    before, after = (LINES.at(moved, np.full(moved.size, ts)) for ts in (-1, WEEK_MS))

    assert 0.09 < moved.size / LINES.public.size < 0.12
    assert (before != after).all()
    assert sorted(before.tolist()) == sorted(after.tolist())
    assert not np.isin(LINES.steady, moved).any()


def test_offices_work_by_day_and_homes_live_in_the_evening() -> None:
    """And offices rest on weekends."""
    chance = Chance(1, "hours")
    office = LINES.times(np.repeat(LINES.offices, 40), chance)
    home = LINES.times(np.repeat(np.flatnonzero(~LINES.office[: LINES.count]), 5), chance)

    hours = [times % DAY_MS // HOUR_MS for times in (office, home)]
    assert np.median(hours[0]) < np.median(hours[1])
    assert ((office // DAY_MS) >= 5).mean() < 0.12
    assert ((home // DAY_MS) >= 5).mean() > 0.28


def test_machines_of_the_provider_are_always_there() -> None:
    """They neither come nor go, nor have they IPv6."""
    machines = slice(LINES.count, LINES.count + MACHINES)

    assert (LINES.begins_ms[machines] == 0).all()
    assert (LINES.ends_ms[machines] == WEEK_MS).all()
    assert not LINES.has_v6[machines].any()


def test_a_small_world_has_lines_of_every_sort() -> None:
    """Offices, shared addresses, steady lines."""
    lines = small_scene(scale=0.01).lines

    assert min(lines.offices.size, lines.steady.size, (lines.group >= 0).sum()) > 10
