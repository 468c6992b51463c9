"""A provider's node and a hub, and the way from nothing to a member's node that is let in."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from admitted import attested
from hinomi.clock import Clock, date_of
from hinomi.govern.people import Change
from hinomi.govern.roles import Role
from hinomi.model.member import MemberKind, Outlet, Use
from hinomi.services.deciding import change_people
from hinomi.services.home import Home, create_home, open_home
from hinomi.services.hub import members
from hinomi.services.hub.changes import Changed
from hinomi.services.hub.credentials import Certified, Wanted, certify
from hinomi.services.hub.doors import Caller, admit
from hinomi.services.hub.founding import create_hub
from hinomi.services.mandates import TOKEN_VARIABLE
from hinomi.services.membership.joining import Joined, enrol, join, read_token
from hinomi.services.people import new_token
from hinomi.share.enrolment import read_request
from hubs import DAY_MS, HUB, HubHouse


def node_home(folder: Path, clock: Clock, sampling: int = 10_000) -> Home:
    """Make a provider's home; a laboratory where *sampling* is dense."""
    prefixes = folder.parent / f"{folder.name}-own.txt"
    prefixes.write_text("192.0.2.0/24\n", "utf-8")
    create_home(folder, prefixes, sampling, clock)
    return open_home(folder, clock)


def second_person(entrance: "Entrance", monkeypatch: pytest.MonkeyPatch) -> str:
    """Let a privacy officer in, and give the token that stands for them."""
    token, digest = new_token()
    home = entrance.house.home()
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    roles = (Role.PRIVACY_OFFICER,)
    change_people(home, Change(act="add", id="olga", name="Olga", roles=roles), "new")
    change_people(home, Change(act="token", id="olga", token=digest), "new")
    return token


@dataclass(slots=True)
class Entrance:
    """A hub, and the folder in which people carry files between it and members' nodes."""

    house: HubHouse
    folder: Path

    @classmethod
    def build(cls, folder: Path, now_ms: int | None = None, *, made_up: bool = False) -> "Entrance":
        """Make a hub in *folder*, on the first day of all made-up hubs unless told otherwise."""
        folder.mkdir(exist_ok=True)
        house = HubHouse(folder / "hub")
        if now_ms is not None:
            house.epoch, house.past_ms = divmod(now_ms, DAY_MS)
        create_hub(house.folder, HUB, "https://127.0.0.1:8443", house.clock, made_up=made_up)
        return cls(house, folder)

    @property
    def day(self) -> date:
        """The present."""
        return date_of(self.house.clock())

    def node(self, name: str, sampling: int = 10_000) -> Home:
        """Make a provider's home."""
        return node_home(self.folder / name, self.house.clock, sampling)

    def request(self, node: Home, name: str, *, new_keys: bool = False) -> Path:
        """Let a node write its request."""
        return enrol(node, name, self.folder / f"{name}-request.json", new_keys=new_keys).out

    def enters(self, name: str, request: Path, kind: MemberKind = MemberKind.DETECTING_ISP) -> None:
        """Enter a member with all that it takes to be admitted."""
        said = Changed(
            contacts=(f"noc@{name}.example",),
            uses=(Use.DETECT,),
            page=f"https://{name}.example/flow",
            request=read_request(request),
        )
        members.add(self.house.home(), name, name.upper(), kind, said)
        members.attest(self.house.home(), name, attested(self.day))

    def certifies(self, name: str, request: Path, out: str, *outlets: Outlet) -> Certified:
        """Give a node its certificate and token."""
        wanted = Wanted(request=read_request(request), outlets=outlets, reason="minutes 12")
        made = certify(self.house.home(), name, wanted, self.folder / out)
        assert isinstance(made, Certified)
        return made

    def joins(self, name: str, kind: MemberKind = MemberKind.DETECTING_ISP) -> "Member":
        """Go the whole way with a new node."""
        node = self.node(name)
        request = self.request(node, name)
        self.enters(name, request, kind)
        members.admit(self.house.home(), name, "minutes 12")
        certified = self.certifies(name, request, f"{name}-welcome.json")
        return Member(self, name, node, join(node, certified.welcome))


@dataclass(slots=True)
class Member:
    """A node that joined."""

    entrance: Entrance
    name: str
    node: Home
    joined: Joined

    @property
    def token(self) -> str:
        """What it shows beside its certificate."""
        return read_token(self.node)

    def knocks(self, outlet: Outlet | None, token: str | None = None) -> Caller:
        """Ask to be let through."""
        home = self.entrance.house.home()
        with home.casebook() as casebook:
            return admit(
                home,
                casebook,
                fingerprint=self.joined.fingerprint,
                token=token or self.token,
                outlet=outlet,
            )
