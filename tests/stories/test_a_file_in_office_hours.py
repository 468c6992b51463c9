"""A small provider brings its findings at two in the afternoon, after the hub made its list."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from admitted import a_member
from docket import manned
from hinomi.clock import wall_clock
from hinomi.errors import Conflict
from hinomi.model.member import Use
from hinomi.model.statement import Deed
from hinomi.services.approvals import approve
from hinomi.services.home import Home, open_home
from hinomi.services.hub.credentials import Wanted, certify
from hinomi.services.hub.founding import create_hub
from hinomi.services.hub.publishing import publish
from hinomi.services.membership import asking
from hinomi.services.membership.joining import enrol, join
from hinomi.services.membership.overview import overview
from hinomi.services.membership.submitting import Submitted
from hinomi.services.membership.uploading import submit_due, submit_file
from hinomi.share.enrolment import EnrolmentRequest
from household import DAY_MS, HOUR_MS, Household
from hubthread import hub_answering
from openhub import NAME


@dataclass(slots=True)
class World:
    """A hub that runs and a provider without cases, on one clock."""

    folder: Path
    house: Household
    past_ms: int = 0

    def clock(self) -> int:
        """Tell the time."""
        return wall_clock() + self.past_ms

    def at(self, hour: float) -> None:
        """Let it be so late on the day after."""
        now_ms = self.clock()
        self.past_ms += (now_ms // DAY_MS + 1) * DAY_MS + round(hour * HOUR_MS) - now_ms

    def hub(self) -> Home:
        """Open the hub's home."""
        return open_home(self.folder / "hub", self.clock)

    def provider(self, who: str) -> Home:
        """Let somebody act at the provider."""
        self.house.let(who)
        return open_home(self.house.folder, self.clock)

    def brings(self, path: Path) -> Submitted:
        """Let the analyst give the file."""
        home = self.provider("anna")
        return submit_file(home, path, lines_checked=True, reason="our CERT")

    def taken(self) -> list[tuple[int, int]]:
        """Give epoch and number of findings of the newest batch that the hub has."""
        with self.hub().casebook() as casebook:
            found = casebook.hub.batches.newest(Deed.SUBMISSION, 0, self.clock() // DAY_MS)
        return [(each.epoch, each.statements) for each in found]


@pytest.fixture(name="world")
def a_hub_and_a_small_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Let a provider without cases join a hub."""
    monkeypatch.setattr(asking, "WAITS_S", ())
    world = World(tmp_path, manned(tmp_path / "provider", monkeypatch, wall_clock))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        create_hub(tmp_path / "hub", NAME, f"https://127.0.0.1:{port}", world.clock, made_up=True)
        request, welcome = tmp_path / "request.json", tmp_path / "welcome.json"
        enrol(world.house.act_as(None), "isp-a", request)
        document: Any = msgspec.json.decode(request.read_bytes(), type=EnrolmentRequest)
        page = "https://isp-a.example/privacy"
        member = a_member("isp-a", signing_key=document.signing_key, page=page, uses=(Use.DETECT,))
        hub = world.hub()
        with hub.casebook() as casebook:
            casebook.hub.members.add(member)
        certify(hub, "isp-a", Wanted(request=document, reason="minutes 12"), welcome)
        join(world.house.home(), welcome)
        with hub_answering(world.hub(), listening):
            yield world


def test_what_is_brought_in_office_hours_is_in_the_next_list(world: World, tmp_path: Path) -> None:
    """
    Two people act at two in the afternoon, and nobody has to be there at midnight.

    The timer sends the file a quarter past it, as the batch of the day on which they acted.
    """
    path = tmp_path / "findings.csv"
    rows = [f"203.0.113.{last},tcp,443" for last in range(5)]
    path.write_text("\n".join(["address,protocol,port", *rows]) + "\n", "utf-8")
    world.at(14)
    publish(world.hub())
    with pytest.raises(Conflict, match="request 1 waits"):
        world.brings(path)
    approve(world.provider("olga"), 1)

    kept = world.brings(path)

    assert (kept.sent, "is made" in kept.shut) == (None, True)
    assert world.taken() == []
    acted = world.clock() // DAY_MS

    world.at(0.25)
    assert overview(world.provider("aude")).file == kept.waiting
    done = submit_due(world.provider("oda"))
    assert done.sent is not None
    assert world.taken() == [(acted, 5)]
    assert submit_due(world.provider("oda")).was_sent
    assert overview(world.provider("aude")).file is None
