"""Detection tells of the hub's list which servers enough lines met, and of no line."""

from pathlib import Path

import pytest

from builders import HOUR_MS, NOON_MS, talk
from docket import At
from hinomi.model.address import parse_address
from hinomi.model.window import Window
from hinomi.services.detecting import run_detection
from hinomi.services.home import Home
from hinomi.services.membership.meeting import Meetings, is_whole
from hinomi.services.membership.met import Met, read_met
from hinomi.services.membership.pulling import pull
from household import DAY_MS, Household
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
    house = Household(folder / "home", monkeypatch, clock=lambda: NOON_MS + DAY_MS)
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


def seen(home: Home, window: Window | None = None) -> Met | None:
    """Detect, and give what that left behind."""
    looks = Meetings(home)
    told: list[object] = []
    run_detection(
        home, window or Window(), top=1, look=looks.after(lambda *given: told.append(given))
    )
    assert len(told) == 1
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

    first = seen(home)
    assert first is not None
    assert first.met == sorted(places[each] for each in enough)
    assert (first.number, first.at_least, first.lines_least) == (1, 1, 5)

    store(home, "one more line", spoken(700, 1, "203.0.113.56") + spoken(700, 1, CC))
    assert seen(home) == first

    store(home, "a fifth line", spoken(701, 1, "203.0.113.54"))
    fifth = seen(home)
    assert fifth is not None
    assert fifth.met == sorted([*first.met, places["203.0.113.54"]])
    assert fifth.at_least == 2


def test_a_run_over_a_part_tells_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: StandIn
) -> None:
    """What is seen in an hour is not what is met here."""
    house = with_records(tmp_path, monkeypatch, hub)

    assert seen(house.home(), Window(NOON_MS, NOON_MS + HOUR_MS)) is None


@pytest.mark.parametrize(
    ("since_days", "until_days", "whole"),
    [(None, None, True), (-13, None, True), (-20, 0, True), (-12, None, False), (-30, -2, False)],
)
def test_a_whole_run_sees_what_detection_usually_does(
    at: At, since_days: int | None, until_days: int | None, *, whole: bool
) -> None:
    """So many days, up to now."""
    home = at(None).home()
    ends = (
        None if days is None else home.clock() + days * DAY_MS for days in (since_days, until_days)
    )

    assert is_whole(home, Window(*ends)) is whole


def test_who_is_no_member_looks_at_nothing(botnet: Home) -> None:
    """Nor does a home write anything."""
    assert seen(botnet) is None
    assert not (botnet.folder / "hub").exists()


def test_before_the_first_list_there_is_nothing_to_look_for(
    house: Household,
) -> None:
    """And in an empty lake nothing to see."""
    assert seen(house.home()) is None


def test_a_damaged_list_does_not_stop_detection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: StandIn
) -> None:
    """It has not looked, that is all."""
    house = with_records(tmp_path, monkeypatch, hub)
    for each in (house.folder / "hub" / "lists").iterdir():
        each.write_bytes(b"{}")

    assert seen(house.home()) is None
