"""Four members compare their findings through a hub: it can read only what three of them have."""

import socket
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import pytest

from admitted import a_member
from docket import manned
from hinomi.clock import wall_clock
from hinomi.model.address import parse_address, to_packed
from hinomi.model.member import Use
from hinomi.services.casebooks import CASEBOOK
from hinomi.services.home import Home, open_home
from hinomi.services.hub.credentials import Wanted, certify
from hinomi.services.hub.founding import create_hub
from hinomi.services.hub.publishing import publish
from hinomi.services.membership import asking
from hinomi.services.membership.corroborating import Corroborated, corroborate
from hinomi.services.membership.joining import enrol, join
from hinomi.services.membership.memberskey import make_key, take_key
from hinomi.services.membership.overview import overview
from hinomi.services.membership.submitting import Submitted, submit
from hinomi.share.enrolment import EnrolmentRequest
from household import DAY_MS, Household
from hubthread import hub_answering
from listedmany import counted_at, many_listed
from openhub import NAME
from roundhubs import with_values

COMMON: Final = {f"203.0.113.{last}": 9 for last in range(30, 36)}
"""What three members found, and how many lines met each there."""
OF_TWO: Final = "203.0.113.77"
"""What two found."""
MEMBERS: Final = ("isp-a", "isp-b", "isp-c", "isp-d")


@dataclass(slots=True)
class World:
    """A hub and its members, on one clock."""

    folder: Path
    houses: Mapping[str, Household]
    past_ms: int = 0

    def clock(self) -> int:
        """Tell the time."""
        return wall_clock() + self.past_ms

    def next_day(self) -> None:
        """Let an epoch pass everywhere, after which members count lines."""
        self.past_ms += DAY_MS
        for name in MEMBERS:
            counted_at(self.home(name), {**COMMON, OF_TWO: 9})

    def hub(self) -> Home:
        """Open the hub's home, with rounds turned on."""
        home = open_home(self.folder / "hub", self.clock)
        return with_values(
            home,
            {"hub.private_threshold": 3, "hub.private_capacity": 1_000, "hub.coalition_most": 0},
        )

    def home(self, name: str) -> Home:
        """Open a member's home, which submits only what others have."""
        house = self.houses[name]
        house.now_ms = None
        return with_values(open_home(house.folder, self.clock), {"share.only_corroborated": 1})

    def all_corroborate(self) -> dict[str, Corroborated]:
        """Let every member take part."""
        return {name: corroborate(self.home(name)) for name in MEMBERS}

    def all_submit(self) -> dict[str, Submitted]:
        """Let every member submit."""
        return {name: submit(self.home(name)) for name in MEMBERS}

    def tables_bytes(self) -> list[int]:
        """Give the length of each member's tables that the hub has now."""
        with closing(sqlite3.connect(self.folder / "hub" / CASEBOOK)) as book:
            return [size for (size,) in book.execute("SELECT length(body) FROM hub_tables")]

    def holds(self, *texts: str) -> set[str]:
        """Give which of these addresses stand in any file of the hub, in whatever form."""
        content = b"\n".join(
            path.read_bytes() for path in (self.folder / "hub").rglob("*") if path.is_file()
        )
        forms = {each: (each.encode(), to_packed(parse_address(each))) for each in texts}
        return {each for each, told in forms.items() if any(form in content for form in told)}


@pytest.fixture(name="world")
def four_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Let four providers join a hub; three list the same servers, two of these one more."""
    monkeypatch.setattr(asking, "WAITS_S", ())
    houses = {"isp-d": manned(tmp_path / "isp-d", monkeypatch, wall_clock)}
    houses["isp-c"] = houses["isp-d"].copy(tmp_path / "isp-c", monkeypatch)
    many_listed(houses["isp-c"], COMMON)
    houses["isp-a"] = houses["isp-c"].copy(tmp_path / "isp-a", monkeypatch)
    many_listed(houses["isp-a"], {OF_TWO: 9})
    houses["isp-b"] = houses["isp-a"].copy(tmp_path / "isp-b", monkeypatch)
    world = World(tmp_path, houses)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        create_hub(tmp_path / "hub", NAME, f"https://127.0.0.1:{port}", world.clock, made_up=True)
        for name in MEMBERS:
            let_in(world, name)
        world.next_day()  # What was listed is of an epoch that is over.
        with hub_answering(world.hub(), listening):
            yield world


def let_in(world: World, name: str) -> None:
    """Let a provider join, as people do it."""
    request, welcome = (world.folder / f"{name}-{each}.json" for each in ("request", "welcome"))
    enrol(world.home(name), name, request)
    document = msgspec.json.decode(request.read_bytes(), type=EnrolmentRequest)
    page = f"https://{name}.example/privacy"
    member = a_member(name, signing_key=document.signing_key, page=page, uses=(Use.DETECT,))
    hub = world.hub()
    with hub.casebook() as casebook:
        casebook.hub.members.add(member)
    certify(hub, name, Wanted(request=document, reason="minutes 12"), welcome)
    join(world.home(name), welcome)


def test_what_two_name_stays_shut_and_what_three_name_is_listed(world: World) -> None:
    """
    The hub holds no byte of what two found, in no form and at no time.

    What three found is submitted once they know that of each other, and listed; who found nothing
    sends as many bytes as the others.
    """
    key = world.folder / "members.key"
    number = make_key(world.home("isp-a"), key).check
    assert {take_key(world.home(name), key).check for name in MEMBERS} == {number}

    first = world.all_corroborate()
    sizes = world.tables_bytes()
    assert (len(sizes), len(set(sizes))) == (4, 1)
    assert {name: each.counts and each.counts.brought for name, each in first.items()} == {
        "isp-a": 7, "isp-b": 7, "isp-c": 6, "isp-d": 0,
    }  # fmt: skip
    assert all(each.was_sent for each in world.all_corroborate().values())
    assert {each.sent for each in world.all_submit().values()} == {None}
    assert not world.holds(OF_TWO, *COMMON)

    publish(world.hub())
    assert world.tables_bytes() == []
    second = world.all_corroborate()
    opened = {name: each.opened for name, each in second.items()}
    found = {name: 0 if each is None else len(each.elements) for name, each in opened.items()}
    assert found == {"isp-a": 6, "isp-b": 6, "isp-c": 6, "isp-d": 0}
    assert not world.holds(OF_TWO, *COMMON)

    world.next_day()
    world.all_corroborate()
    sent = {
        name: 0 if each.sent is None else each.sent.statements
        for name, each in world.all_submit().items()
    }
    assert sent == {"isp-a": 6, "isp-b": 6, "isp-c": 6, "isp-d": 0}
    assert world.holds(*COMMON) == set(COMMON)
    made = publish(world.hub())
    assert made.listed == len(COMMON)
    assert not world.holds(OF_TWO)
    told = overview(world.home("isp-a")).corroborated
    assert told is not None
    assert (told["servers"], told["brought"]) == (6, 7)


def test_without_an_answer_nothing_goes(world: World) -> None:
    """Neither before the first round, nor when the newest is too old."""
    key = world.folder / "members.key"
    make_key(world.home("isp-a"), key)
    for name in MEMBERS:
        take_key(world.home(name), key)
    world.all_corroborate()
    publish(world.hub())
    assert [each.facts["uncorroborated"] for each in world.all_submit().values()] == [7, 7, 6, 0]
    world.all_corroborate()

    for _ in range(4):
        world.next_day()

    done = submit(world.home("isp-a"))
    assert (done.sent, done.facts["uncorroborated"]) == (None, 7)
