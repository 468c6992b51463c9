"""Detection tells of the hub's list which servers enough lines met, and of no line."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import HOUR_MS, NOON_MS, talk
from docket import NOW_MS, SERVER
from hinomi.errors import Unavailable
from hinomi.model.address import parse_address
from hinomi.model.statement import Deed
from hinomi.model.window import Window
from hinomi.services.detecting import opening, run_detection
from hinomi.services.home import Home
from hinomi.services.mandates import Operation
from hinomi.services.membership.meeting import Meetings
from hinomi.services.membership.met import NO_LIST, Behind, Met, read_met
from hinomi.services.membership.pulling import pull
from hinomi.services.membership.sighting import give_feedback
from hinomi.services.membership.submitting import plan_submission, submit
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
    """Records of today change nothing, nor what is kept; records that come late are counted."""
    house = with_records(tmp_path, monkeypatch, hub)

    def times() -> int:
        return sum(each.get("act") == "count lines" for each in house.entries())

    first = counts(house.home())
    assert first is not None
    store(house.home(), "today", [*talk(900, CC, house.clock(), remote_port=CC_PORT)])
    second = counts(house.home())
    assert times() == 1
    assert second == first

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


def test_who_is_no_member_looks_at_nothing(botnet: Home) -> None:
    """Nor does a home write anything."""
    assert counts(botnet) is None
    assert not (botnet.folder / "hub").exists()


def test_nothing_in_the_lake_is_counted_as_nothing(many: Household) -> None:
    """As one record is: else that one record would decide whether anybody counted."""
    empty = counts(many.home())
    store(many.home(), "one record", talk(1, WEB, many.clock())[:1])
    one = counts(many.home())

    assert empty is not None
    assert one == empty
    assert (empty.met, list(empty.listed.values())) == ([], [Behind.FEW] * 7)


@pytest.mark.parametrize(
    ("lines", "day", "watched"),
    [
        (4, 0, Behind.FEW),
        (5, 0, Behind.EXACTLY),
        (6, 0, Behind.MORE),
        (60, 0, Behind.MORE),
        (6, -1, Behind.FEW),
        (6, 1, Behind.FEW),
    ],
)
def test_the_epoch_was_watched_where_enough_lines_show_in_it(
    house: Household, hub: StandIn, lines: int, day: int, watched: Behind
) -> None:
    """In its own days, of which both ends count; whatever shows today or before is none of it."""
    hub.list_servers(epoch_at(house.home()))
    pull(house.home())
    times = (0, DAY_MS // 2, DAY_MS - 1)
    rows = [
        row
        for line in range(lines)
        for server in (WEB, CC)  # Its records and its servers are many; it is one line.
        for row in talk(line, server, (hub.spoken_of + day) * DAY_MS + times[line % 3])
    ]
    store(house.home(), "lines", rows)

    found = counts(house.home())

    assert found is not None
    assert found.watched is watched


def test_a_home_without_a_list_watches_for_nothing(
    many: Household, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what it lists itself nobody is told "not seen"; when a list comes, it counts anew."""
    rows = [row for line in range(9) for row in talk(line, WEB, many.clock() - DAY_MS)]

    found = counts(with_lines(many, tmp_path, monkeypatch, rows).home())

    assert found is not None
    assert (found.number, found.watched) == (NO_LIST, Behind.FEW)


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


SERVED: Final = (SERVER, *sorted(MANY))
"""What the house lists."""
AT_HUB: Final = SERVED[:4]
"""What the hub lists of that."""
WEB: Final = "198.51.100.1"
"""A server of which nobody speaks."""
OFFICE: Final = 7
"""The one line by which two worlds differ."""


@pytest.fixture(name="member")
def a_member_that_submitted_before(many: Household, hub: StandIn) -> Household:
    """
    Give a home that lists seven servers, of which the hub lists four; its lake is empty.

    Its batch of the epoch before the one that is spoken of still counts at the hub.
    """
    submit(many.home())
    many.later(DAY_MS)
    hub.spoken_of += 1
    now = epoch_at(many.home())
    hub.publish([listing(each, now + 6) for each in AT_HUB], now)
    pull(many.home())
    return many


@dataclass(frozen=True)
class Left:
    """What left a house, and what it tells its own people of that."""

    findings: bytes | None  # None: nothing was sent.
    sightings: bytes | None
    told: tuple[dict[str, object], ...]  # What --json prints of findings, and of sightings.
    journal: tuple[dict[str, object], ...]  # What stood there before they went.


def what_leaves(house: Household, hub: StandIn) -> Left:
    """Let detection count, and both batches go."""
    home = house.home()
    counts(home)
    before = home.journal().head().size
    hub.batches.clear()
    told = [submit(home).facts]
    with suppress(Unavailable):
        told.append(give_feedback(home).facts)
    return Left(
        findings=hub.batches.get((Deed.SUBMISSION, hub.spoken_of)),
        sightings=hub.batches.get((Deed.SIGHTINGS, hub.spoken_of)),
        told=tuple(told),
        journal=tuple(e for e in house.entries()[before:] if e.get("stage") == "begins"),
    )


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


Contacts = Mapping[str, Collection[int]]
"""Servers, and when a line met each: ms after the epoch began that is spoken of."""

MOMENTS: Final = st.one_of(
    st.sampled_from(
        [
            day * DAY_MS + aside
            for day in (-14, -13, -1, 0, 1, 2)
            for aside in (-1, 0, 1, DAY_MS // 2)
            if day * DAY_MS + aside < 2 * DAY_MS
        ]
    ),
    st.integers(-15 * DAY_MS, 2 * DAY_MS - 1),
)
"""The ends of the window and of the epoch, the days beside them, today, and any other time."""

OFFICES: Final = st.dictionaries(
    st.sampled_from([*SERVED, WEB]), st.sets(MOMENTS, min_size=1, max_size=3), min_size=1
)


@dataclass(frozen=True)
class World:
    """What is in a lake beside the one line."""

    met: int | None  # On which day lines met what is listed, from the epoch; None: they did not.
    watched: int  # So many lines show in the epoch besides, with a server of which nobody speaks.
    idle: int = 0  # So many on the day before it, and today.

    def contacts(self) -> dict[int, Contacts]:
        """Give the contacts of each line."""
        lines: dict[int, Contacts] = {}
        if self.met is not None:
            for number, (server, count) in enumerate({SERVER: 15, **MANY}.items()):
                for line in range(count):
                    at = self.met * DAY_MS + line * HOUR_MS
                    lines[1_000 + 50 * number + line] = {server: [at]}
        edges = (0, DAY_MS - 1, HOUR_MS)
        lines |= {5_000 + line: {WEB: [edges[line % 3]]} for line in range(self.watched)}
        lines |= {6_000 + line: {WEB: [-1, DAY_MS]} for line in range(self.idle)}
        return lines


WORLDS: Final = st.builds(
    World,
    met=st.sampled_from([None, -13, -2, 0]),
    watched=st.integers(0, 6),
    idle=st.sampled_from([0, 6]),
)


def behind(lines: Mapping[int, Contacts], server: str) -> int:
    """Count by hand the lines that met a server in the fourteen days that the epoch ends."""
    return sum(
        any(-13 * DAY_MS <= at < DAY_MS for at in contacts.get(server, ()))
        for contacts in lines.values()
    )


def in_epoch(lines: Mapping[int, Contacts]) -> int:
    """Count by hand the lines that show in the epoch."""
    return sum(
        any(0 <= at < DAY_MS for times in contacts.values() for at in times)
        for contacts in lines.values()
    )


def leaves_of(
    house: Household,
    hub: StandIn,
    lines: Mapping[int, Contacts],
    folder: Path,
    patch: pytest.MonkeyPatch,
) -> Left:
    """Put the records of all lines into the lake of a twin, and see what leaves it."""
    begins_ms = hub.spoken_of * DAY_MS
    rows = [
        row
        for line, contacts in lines.items()
        for server, times in contacts.items()
        for at in times
        for row in talk(line, server, begins_ms + at)
    ]
    return what_leaves(with_lines(house, folder, patch, rows), hub)


def require_told(left: Left, lines: Mapping[int, Contacts]) -> None:
    """Require that each count that is exactly the least one was told, there and in the journal."""
    watched = in_epoch(lines)
    findings = {"at_lines_least": [behind(lines, each) for each in SERVED].count(5)}
    wanted = [findings]
    if watched >= 5:
        exactly = [behind(lines, each) for each in AT_HUB].count(5)
        wanted.append({"at_lines_least": exactly, "epoch_at_lines_least": watched == 5})
    for said in (left.told, left.journal):
        assert len(said) == len(wanted)
        assert all(each.items() >= want.items() for each, want in zip(said, wanted, strict=True))


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=WORLDS, office=OFFICES)
@example(world=World(met=-2, watched=0), office={WEB: [DAY_MS]})
@example(world=World(met=-2, watched=0), office={WEB: [0]})
@example(world=World(met=-2, watched=4), office={WEB: [0]})
@example(world=World(met=-2, watched=4, idle=6), office={WEB: [-1, DAY_MS]})
@example(world=World(met=-2, watched=5), office={SERVER: [DAY_MS - 1], "203.0.113.30": [DAY_MS]})
@example(world=World(met=None, watched=0), office={WEB: [-15 * DAY_MS]})
@example(world=World(met=None, watched=6), office={SERVER: [0]})
@example(world=World(met=0, watched=0), office={"203.0.113.30": [0]})
@example(world=World(met=0, watched=0), office={"203.0.113.30": [-13 * DAY_MS - 1]})
@example(world=World(met=0, watched=0), office={"203.0.113.32": [DAY_MS, -DAY_MS]})
def test_one_line_changes_no_byte_unless_a_count_is_exactly_the_least(  # noqa: PLR0917 - fixtures.
    member: Household,
    hub: StandIn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    world: World,
    office: Contacts,
) -> None:
    """
    Two worlds differ in one line, which met any servers at any time: it came, or went.

    From records to what the hub was sent, findings and sightings are the same bytes in both,
    unless with the line some count is five and without it four; whatever is five is told.
    """
    without = world.contacts()
    with_line = {**without, OFFICE: office}

    before = leaves_of(member, hub, without, tmp_path, monkeypatch)
    after = leaves_of(member, hub, with_line, tmp_path, monkeypatch)

    def turns(servers: Sequence[str]) -> bool:
        """Tell whether the line is the fifth at one of them."""
        return any((behind(without, s), behind(with_line, s)) == (4, 5) for s in servers)

    watches = (in_epoch(without), in_epoch(with_line)) == (4, 5)
    seen = in_epoch(with_line) >= 5 and turns(AT_HUB)
    assert (before.findings != after.findings) is turns(SERVED)
    assert (before.sightings != after.sightings) is (watches or seen)
    require_told(before, without)
    require_told(after, with_line)
