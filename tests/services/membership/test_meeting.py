"""Detection tells of the hub's list which servers enough lines met, and of no line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import HOUR_MS, NOON_MS, talk
from docket import NOW_MS, SERVER
from hinomi.model.address import parse_address
from hinomi.model.window import Window
from hinomi.services.detecting import opening, run_detection
from hinomi.services.home import Home
from hinomi.services.mandates import Operation
from hinomi.services.membership.meeting import Meetings
from hinomi.services.membership.met import NO_LIST, Met, read_met
from hinomi.services.membership.pulling import pull
from hinomi.services.membership.sighting import plan_sightings
from hinomi.services.membership.submitting import plan_submission
from hinomi.share.submission import render_sightings
from household import DAY_MS, Household
from listedmany import MANY
from observed import store
from standin import StandIn, epoch_at, listing
from surveys import CC, CC_PORT, Row, small_network, towards

OWN = "192.0.2.7"
MET = {"203.0.113.54": 4, "203.0.113.55": 5, "203.0.113.56": 6}
"""Servers, and how many lines spoke with each."""


def spoken(first: int, lines: int, server: str) -> list[Row]:
    """Let lines speak with a server."""
    return [
        row
        for line in range(first, first + lines)
        for row in talk(line, server, NOON_MS + line * 60_000)
    ]


def with_records(folder: Path, monkeypatch: pytest.MonkeyPatch, hub: StandIn) -> Household:
    """Make a member whose lines met some of what the hub lists."""
    house = Household(folder / "home", monkeypatch, clock=lambda: NOON_MS + 2 * DAY_MS)
    home = house.home()
    pseudonym = home.cipher().tokenise_one(parse_address(OWN))
    rows = small_network()
    for server, lines in MET.items():
        rows += spoken(300, lines, server)
    ends = {"remote_hi": pseudonym.hi, "remote_lo": pseudonym.lo, "remote_port": 443}
    for line in range(100, 112):
        rows += towards(line, 0, NOON_MS + line * 700_000, **ends)
    store(home, "batch", rows)
    hub.let_in(home, folder)
    now = epoch_at(home)
    listed = [listing(each, now + 6) for each in (OWN, *MET, "203.0.113.99")]
    hub.publish([*listed, listing(CC, now + 6, CC_PORT)], now)
    pull(home)
    return house


def counts(home: Home) -> Met | None:
    """Let a run of detection count, and give what that left behind."""
    looks = Meetings(home)
    with opening(home, Window(), Operation.DETECT) as opened:
        looks(opened)
    looks.keep()
    return read_met(home)


def test_servers_that_enough_lines_met_are_known_by_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: StandIn
) -> None:
    """
    An own one by its pseudonym; four lines are none.

    A further line changes nothing, unless it is the fifth: and that is counted.
    """
    house = with_records(tmp_path, monkeypatch, hub)
    home = house.home()
    listed = [str(each.address) for each in hub.made[1].snapshot.listings]
    places = {text: listed.index(str(parse_address(text))) for text in (OWN, CC, *MET)}
    enough = {OWN, CC, "203.0.113.55", "203.0.113.56"}

    first = counts(home)
    assert first is not None
    assert first.met == sorted(places[each] for each in enough)
    assert (first.number, first.at_least, first.lines_least) == (1, 1, 5)
    assert first.epoch == epoch_at(home) - 1

    store(home, "one more line", spoken(700, 1, "203.0.113.56") + spoken(700, 1, CC))
    again = counts(home)
    assert again is not None
    assert replace(again, counted=first.counted) == first

    store(home, "a fifth line", spoken(701, 1, "203.0.113.54"))
    fifth = counts(home)
    assert fifth is not None
    assert fifth.met == sorted([*first.met, places["203.0.113.54"]])
    assert fifth.at_least == 2


def test_a_run_of_detection_counts_whatever_its_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: StandIn
) -> None:
    """What is met until an epoch ends does not depend on what somebody looks at."""
    home = with_records(tmp_path, monkeypatch, hub).home()
    looks = Meetings(home)
    told: list[object] = []
    run_detection(
        home,
        Window(NOON_MS, NOON_MS + HOUR_MS),
        top=1,
        look=looks.after(lambda *given: told.append(given)),
    )
    looks.keep()

    assert len(told) == 1
    assert read_met(home) == counts(home)


def test_the_same_is_not_counted_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: StandIn
) -> None:
    """Records of today change nothing; records that come late are counted."""
    house = with_records(tmp_path, monkeypatch, hub)

    def times() -> int:
        return sum(each.get("act") == "count lines" for each in house.entries())

    first = counts(house.home())
    assert first is not None
    store(house.home(), "today", [*talk(900, CC, house.clock(), remote_port=CC_PORT)])
    second = counts(house.home())
    assert times() == 1
    assert second == replace(first, until_day=house.clock() // DAY_MS)

    store(house.home(), "late", spoken(401, 1, "203.0.113.54"))
    counts(house.home())
    assert times() == 2


def test_each_epoch_is_counted_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: StandIn
) -> None:
    """What nobody met in the window that it ends is met no more."""
    house = with_records(tmp_path, monkeypatch, hub)
    first = counts(house.home())
    assert first is not None
    house.later(15 * DAY_MS)
    later = counts(house.home())

    assert later is not None
    assert (first.epoch + 15, later.met) == (later.epoch, [])
    assert later.until_day == first.until_day


def test_who_is_no_member_looks_at_nothing(botnet: Home) -> None:
    """Nor does a home write anything."""
    assert counts(botnet) is None
    assert not (botnet.folder / "hub").exists()


def test_in_an_empty_lake_there_is_nothing_to_see(house: Household) -> None:
    """It has not looked."""
    assert counts(house.home()) is None


def test_a_damaged_list_does_not_stop_detection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: StandIn
) -> None:
    """It has not looked at that one, that is all."""
    house = with_records(tmp_path, monkeypatch, hub)
    for each in (house.folder / "hub" / "lists").iterdir():
        each.write_bytes(b"{}")

    found = counts(house.home())

    assert found is not None
    assert (found.number, found.met) == (NO_LIST, [])


def test_other_epochs_than_the_hubs_do_not_stop_detection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: StandIn
) -> None:
    """Whoever speaks with the hub is told."""
    house = with_records(tmp_path, monkeypatch, hub)
    hub.epoch_days = 7
    hub.let_in(house.home(), tmp_path)

    assert counts(house.home()) is None


LAST: Final = "203.0.113.32"
"""Of `MANY`: six lines met it."""


@pytest.fixture(name="met_many")
def a_home_whose_lines_met_what_it_lists(many: Household, hub: StandIn) -> Household:
    """Give a home with seven listed servers, of which the hub lists three, and their lines."""
    yesterday = NOW_MS
    rows = [
        row
        for number, (server, lines) in enumerate({**MANY, SERVER: 15}.items())
        for line in range(lines)
        for row in talk(1_000 + 50 * number + line, server, yesterday - line * HOUR_MS)
    ]
    store(many.home(), "until yesterday", rows)
    now = epoch_at(many.home())
    hub.publish([listing(each, now + 6) for each in (SERVER, *sorted(MANY)[:3])], now)
    pull(many.home())
    return many


def what_leaves(house: Household) -> tuple[bytes | None, bytes, int]:
    """Let detection count, and give the bytes of submission and feedback, and what is exact."""
    home = house.home()
    counts(home)
    planned = plan_submission(home)
    said = plan_sightings(home)
    body = render_sightings(said.statements, said.number, planned.epoch, 1)
    return planned.body, body, planned.gathered.at_least


def submission(house: Household) -> bytes | None:
    """Let detection count, and give what would be submitted."""
    counts(house.home())
    return plan_submission(house.home()).body


def with_lines(
    house: Household, folder: Path, patch: pytest.MonkeyPatch, rows: Sequence[Row]
) -> Household:
    """Give a twin to which further records came."""
    twin = house.copy(folder / f"twin {len(list(folder.iterdir()))}", patch)
    if rows:
        store(twin.home(), "one more line", rows)
    return twin


def test_an_earlier_meeting_is_no_present_one(
    many: Household, hub: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Of a server that 18 lines met earlier, what none meets now says as much as what four do.

    None is a count: the same bytes, whatever evidence an earlier run of detection left behind.
    """
    for number, (server, lines) in enumerate({**MANY, SERVER: 15}.items()):
        earlier = 13 * DAY_MS if server == "203.0.113.33" else 0
        rows = [
            row
            for line in range(lines)
            for row in talk(1_000 + 50 * number + line, server, NOW_MS - earlier)
        ]
        store(many.home(), f"lines {number}", rows)
    assert b"203.0.113.33" in (submission(many) or b"")
    many.later(DAY_MS)
    hub.spoken_of += 1
    worlds = [
        [row for line in range(lines) for row in talk(7 + line, "203.0.113.33", NOW_MS)]
        for lines in (0, 1, 4, 5)
    ]

    none, one, four, five = (
        submission(with_lines(many, tmp_path, monkeypatch, rows)) for rows in worlds
    )

    assert none is not None
    assert none == one == four
    assert b"203.0.113.33" not in none
    assert b"203.0.113.33" in (five or b"")


def test_a_contact_of_today_shows_in_nothing_about_yesterday(
    met_many: Household, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by a line that is new nor by those that were there."""
    before = what_leaves(met_many)
    rows = [
        row
        for line in (*range(1_100, 1_106), 9_000)  # Six of them met the server before.
        for row in talk(line, LAST, met_many.clock())
    ]

    assert what_leaves(with_lines(met_many, tmp_path, monkeypatch, rows)) == before


CONTACTS: Final = st.dictionaries(
    st.sampled_from([SERVER, *sorted(MANY)]),
    st.lists(st.integers(-15 * DAY_MS, DAY_MS), min_size=1, max_size=3),
)
"""Servers, and when one line met each: ms after yesterday at eight."""


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(met=CONTACTS)
@example(met={"203.0.113.30": [0]})
@example(met={"203.0.113.30": [DAY_MS], "203.0.113.31": [0]})
@example(met={LAST: [DAY_MS, -DAY_MS]})
def test_one_line_changes_no_byte_unless_it_is_the_fifth(
    met_many: Household,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    met: dict[str, list[int]],
) -> None:
    """
    Two worlds differ in one line, which met any of the servers at any time.

    What is submitted and what is fed back are the same bytes, but where it makes four lines five;
    such counts of exactly five are told.
    """
    ends_ms = NOW_MS // DAY_MS * DAY_MS + DAY_MS
    begins_ms = ends_ms - 14 * DAY_MS
    rows = [
        row for server, times in met.items() for at in times for row in talk(7, server, NOW_MS + at)
    ]
    inside = {
        server
        for server, times in met.items()
        if any(begins_ms <= NOW_MS + at < ends_ms for at in times)
    }
    before = what_leaves(with_lines(met_many, tmp_path, monkeypatch, ()))

    after = what_leaves(with_lines(met_many, tmp_path, monkeypatch, rows))

    is_fifth = "203.0.113.30" in inside
    assert (after[0] != before[0]) is is_fifth
    assert (after[1] != before[1]) is is_fifth
    assert after[2] == [lines + (each in inside) for each, lines in MANY.items()].count(5)
