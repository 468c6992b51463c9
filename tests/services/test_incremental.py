"""Partial results stand in for records only where they say the same."""

import itertools
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from builders import HOUR_MS, NOON_MS, conversations, mandate, talk
from hinomi.govern.matrix import Power
from hinomi.model.listed import ListKind
from hinomi.model.window import Window
from hinomi.services.detecting import Detection, run_detection
from hinomi.services.home import Home, open_home
from hinomi.services.incremental import DAY_MS, cut, judge_at_once, judge_in_parts, sliding_window
from hinomi.services.listing import add_list
from hinomi.services.rollover import roll_over
from hinomi.services.upkeep import compact_store, remove_before
from surveys import CC, CC_PORT, Row, clock, small_network
from terminal import make_home

MIDNIGHT_MS = NOON_MS - 12 * HOUR_MS


def new_home(folder: Path, *batches: Sequence[Row]) -> Home:
    """Make a laboratory with *batches* in its lake, in that order."""
    home = open_home(make_home(folder))
    for number, rows in enumerate(batches):
        store(home, f"batch {number}", rows)
    return home


def store(home: Home, name: str, rows: Sequence[Row]) -> None:
    """Put conversation records into the lake as one batch."""
    home.lake().append([conversations(rows)], name, mandate(Power.STORE))


def network(day: int) -> list[Row]:
    """Give the small network on one day, from midnight on."""
    at_ms = (day * 24 - 12) * HOUR_MS
    return [row | {"ts_ms": row["ts_ms"] + at_ms} for row in small_network()]


@pytest.fixture(name="ready", scope="module")
def a_home_of_two_days(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Give two days of the small network, and a list that names the C&C."""
    folder = tmp_path_factory.mktemp("incremental")
    home = new_home(folder / "home", network(0), network(1))
    known = folder / "known.csv"
    known.write_text(f"address,protocol,port\n{CC},tcp,{CC_PORT}\n", "utf-8")
    add_list(home, ListKind.KNOWN_CC, known, "hunters")
    return home


@pytest.fixture(name="home")
def a_copy(ready: Home, tmp_path: Path) -> Home:
    """Give a copy that a test may change."""
    shutil.copytree(ready.folder, tmp_path / "home")
    return Home(tmp_path / "home", ready.config, ready.register, ready.clock)


def detect(home: Home, window: Window | None = None) -> Detection:
    """Detect from partial results."""
    return run_detection(home, window or Window(), top=20, judge_with=judge_in_parts)


def kept(home: Home) -> set[str]:
    """Name the partial results that are kept."""
    folder = home.folder / "partials"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def made(home: Home) -> list[object]:
    """Give the beginnings of the units that were made, by the journal."""
    entries = home.journal().entries()
    return [
        dict(each["window"])["since"]  # type: ignore[call-overload]
        for each in entries
        if each["operation"] == "partials"
    ]


def test_candidates_are_those_of_the_records(home: Home) -> None:
    """The same services, lines and suspects; probabilities differ by hours of rest at most."""
    expected = run_detection(home, Window(), top=20)

    found = detect(home)

    assert [(c.service, c.clients, c.suspects, c.known) for c in found.candidates] == [
        (c.service, c.clients, c.suspects, c.known) for c in expected.candidates
    ]
    assert [c.probability for c in found.candidates] == pytest.approx(
        [c.probability for c in expected.candidates], abs=0.02
    )
    assert found.timeline == expected.timeline
    assert found.suspects == expected.suspects


def test_at_once_is_what_the_records_say(home: Home) -> None:
    """Nothing differs, nothing is kept."""
    expected = run_detection(home, Window(), top=20)

    found = run_detection(home, Window(), top=20, judge_with=judge_at_once, with_timeline=False)

    assert [(c.service, c.clients, c.suspects, c.known, c.tier) for c in found.candidates] == [
        (c.service, c.clients, c.suspects, c.known, c.tier) for c in expected.candidates
    ]
    assert [c.probability for c in found.candidates] == pytest.approx(
        [c.probability for c in expected.candidates], abs=1e-6
    )
    assert found.suspects == expected.suspects
    assert kept(home) == set()


def test_each_day_is_read_once(home: Home) -> None:
    """The second run makes nothing and finds the same."""
    first = detect(home)
    assert made(home) == ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]

    again = detect(home)

    assert len(made(home)) == 2
    assert again.candidates == first.candidates


def test_the_running_day_is_kept_by_the_hour(home: Home) -> None:
    """Up to six o'clock of the second day: a day and its hours with records; then both days."""
    detect(home, Window(None, MIDNIGHT_MS + 30 * HOUR_MS))
    hours = {
        f"{MIDNIGHT_MS + at * HOUR_MS}-{MIDNIGHT_MS + (at + 1) * HOUR_MS}" for at in range(24, 30)
    }
    days = {f"{MIDNIGHT_MS + at * DAY_MS}-{MIDNIGHT_MS + (at + 1) * DAY_MS}" for at in range(2)}
    assert kept(home) == {min(days), *hours}

    detect(home)

    assert kept(home) == days


def test_late_rows_make_their_day_stale_and_compaction_none(home: Home) -> None:
    """What came late is in the next result; another layout of the same rows changes nothing."""
    detect(home)
    compact_store(home)
    detect(home)
    assert len(made(home)) == 2

    store(
        home,
        "late",
        [
            row
            for bot in range(200, 230)
            for row in talk(bot, CC, NOON_MS, sampling_interval=10_000)
        ],
    )
    detect(home)

    assert made(home)[2:] == ["2026-01-01T00:00:00Z"]


def test_an_hour_is_stale_with_the_hours_before_it(home: Home) -> None:
    """It was made in their view."""
    window = Window(MIDNIGHT_MS, MIDNIGHT_MS + 3 * HOUR_MS)
    detect(home, window)
    assert len(made(home)) == 3

    store(home, "late", talk(1, CC, MIDNIGHT_MS + HOUR_MS, sampling_interval=10_000))
    detect(home, window)

    assert made(home)[3:] == ["2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z"]


@pytest.mark.parametrize(
    ("name", "value"), [("measures.burst_lines", 7), ("measures.burst_ratio", 3.5)]
)
def test_another_parameter_that_shapes_them_refuses_them(
    home: Home, name: str, value: float
) -> None:
    """They are made anew; a parameter that does not shape them changes nothing."""
    detect(home)
    other = home.register.with_value("suspects.fdr", 0.02, decided_by="tester")
    detect(Home(home.folder, home.config, other, home.clock))
    assert len(made(home)) == 2

    changed = home.register.with_value(name, value, decided_by="tester")
    detect(Home(home.folder, home.config, changed, home.clock))

    assert len(made(home)) == 4


def test_another_key_period_refuses_them(home: Home) -> None:
    """Pseudonyms of two periods cannot be counted together."""
    detect(home)
    roll_over(home)
    assert kept(home) == set()

    detect(home)

    assert len(made(home)) == 4


def test_they_go_with_the_records_they_were_made_of(home: Home) -> None:
    """One hour of a day is removed: the day's unit is gone, and made of what is left."""
    detect(home)

    done = remove_before(home, MIDNIGHT_MS + HOUR_MS)

    assert done["partials"] == 1
    assert kept(home) == {f"{MIDNIGHT_MS + DAY_MS}-{MIDNIGHT_MS + 2 * DAY_MS}"}
    detect(home)
    assert made(home)[2:] == ["2026-01-01T00:00:00Z"]


def test_dense_sampling_is_read_whole(tmp_path: Path) -> None:
    """Single contacts speak there, and partial results hold none."""
    home = new_home(tmp_path / "home", small_network() + clock(1, "203.0.113.50",
                                                               sampling_interval=1))  # fmt: skip

    whole = run_detection(home, Window(), top=20).candidates
    assert detect(home).candidates == whole
    assert run_detection(home, Window(), top=20, judge_with=judge_at_once).candidates == whole
    assert "rhythm" in {r.code for c in detect(home).candidates for r in c.reasons}


def test_an_empty_lake_has_no_candidates(tmp_path: Path) -> None:
    """And nothing is kept."""
    home = new_home(tmp_path / "home")

    assert detect(home).candidates == ()
    assert run_detection(home, Window(), top=20, judge_with=judge_at_once).candidates == ()
    assert kept(home) == set()


def test_a_window_is_cut_into_days_hours_and_ragged_ends() -> None:
    """Finished pieces stay; what begins or ends within an hour, or is not over, does not."""
    since, until = MIDNIGHT_MS + 22 * HOUR_MS + 5, MIDNIGHT_MS + 50 * HOUR_MS + 7

    slices = cut(Window(since, until), MIDNIGHT_MS, until + DAY_MS, MIDNIGHT_MS + 50 * HOUR_MS)

    lengths = [(each.until_ms - each.since_ms, each.stays) for each in slices]
    assert lengths == [
        (HOUR_MS - 5, False), (HOUR_MS, True), (DAY_MS, True), (HOUR_MS, True), (HOUR_MS, True),
        (7, False),
    ]  # fmt: skip
    assert (slices[0].since_ms, slices[-1].until_ms) == (since, until)
    assert all(a.until_ms == b.since_ms for a, b in itertools.pairwise(slices))


def test_a_running_day_and_hour_are_not_finished() -> None:
    """At half past one of an open window: an hour that stays, and hours that do not yet."""
    slices = cut(Window(), MIDNIGHT_MS, MIDNIGHT_MS + 1, MIDNIGHT_MS + HOUR_MS * 3 // 2)

    assert [each.stays for each in slices] == [True] + [False] * 23


def test_hourly_looks_back_the_registered_days(home: Home) -> None:
    """From a midnight, so that days stay whole; at midnight itself the day just over counts."""
    days = home.register.integer("detect.window_days")

    noon = sliding_window(home, NOON_MS + 59)
    midnight = sliding_window(home, MIDNIGHT_MS + DAY_MS)

    first = MIDNIGHT_MS - (days - 1) * DAY_MS
    assert (noon.since_ms, noon.until_ms) == (first, NOON_MS)
    assert (midnight.since_ms, midnight.until_ms) == (first, MIDNIGHT_MS + DAY_MS)
    present = sliding_window(home).until_ms
    assert present is not None
    assert 0 <= home.clock() - present < 2 * HOUR_MS


def test_each_unit_is_journalled(home: Home) -> None:
    """With its window and its count."""
    detect(home)

    (entry, _) = [e for e in home.journal().entries() if e["operation"] == "partials"]
    assert entry["records"] == home.lake().rows(
        Window(MIDNIGHT_MS, MIDNIGHT_MS + DAY_MS), mandate(Power.ANALYSE)
    )
