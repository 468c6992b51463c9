"""A provider joins a hub that runs, takes its list, sends findings and what it saw of the list."""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from admitted import a_member
from hinomi.clock import wall_clock
from hinomi.model.member import MemberState, Use
from hinomi.model.statement import Deed
from hinomi.services.home import Home, open_home
from hinomi.services.hub.credentials import Wanted, certify
from hinomi.services.hub.founding import create_hub
from hinomi.services.hub.publishing import publish
from hinomi.services.membership import asking
from hinomi.services.membership.met import Behind, Met, put_met
from hinomi.share.enrolment import EnrolmentRequest
from household import DAY_MS
from openhub import NAME, configure, put_snapshot, serving
from terminal import hinomi, make_home


@dataclass(frozen=True, slots=True)
class World:
    """A hub that runs, and the home of a provider."""

    hub: Home
    provider: Path

    def runs(self, *words: object) -> Any:
        """Let the provider run ``hinomi listings``, and give the document that it prints."""
        said = hinomi("listings", *words, "--json", home=self.provider)
        assert said.code == 0, said.err
        return said.document

    def fails(self, *words: object) -> int:
        """Give the exit code of a command that fails in one line."""
        said = hinomi("listings", *words, home=self.provider)
        assert said.err.count("\n") == 1, said.err
        return said.code


@pytest.fixture(name="world")
def a_hub_and_a_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Let a provider join a hub as people do it, with files that they carry."""
    monkeypatch.setattr(asking, "WAITS_S", ())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    create_hub(tmp_path / "hub", NAME, f"https://127.0.0.1:{port}", wall_clock)
    configure(tmp_path / "hub", metrics="")
    # No list is made while this runs but by the test itself, whatever time of the day it is.
    words = ("propose", "hub.publish_after_minutes", "1440", "--considerations", "a quiet day")
    assert hinomi("parameters", *words, home=tmp_path / "hub").code == 0
    hub = open_home(tmp_path / "hub")
    provider = make_home(tmp_path / "provider", "192.0.2.0/24", sampling=10_000)
    request, welcome = tmp_path / "request.json", tmp_path / "welcome.json"
    asked = hinomi("listings", "enrol", "--member", "isp-a", "--out", request, home=provider)
    assert asked.code == 0, asked.err
    document = msgspec.json.decode(request.read_bytes(), type=EnrolmentRequest)
    page = "https://isp.example/privacy"
    member = a_member("isp-a", signing_key=document.signing_key, page=page, uses=(Use.DETECT,))
    yesterday = open_home(hub.folder, lambda: wall_clock() - DAY_MS)
    with hub.casebook() as casebook:
        casebook.hub.members.add(member)
        put_snapshot(yesterday, casebook, listed=3)
    certify(hub, "isp-a", Wanted(request=document, reason="minutes 12"), welcome)
    joined = hinomi("listings", "join", welcome, home=provider)
    assert joined.code == 0, joined.err
    with serving(hub.folder, "--listen", f"127.0.0.1:{port}"):
        yield World(hub, provider)


def test_a_list_comes_and_findings_go(world: World, tmp_path: Path) -> None:
    """
    The list is checked and in use; the hub knows so.

    Five findings go, and its receipt is kept; of each listed server one word goes. Nothing that
    the hub keeps of it names a line or a time.
    """
    pulled = world.runs("pull")
    assert (pulled["number"], pulled["applied"]["entries"]) == (1, 3)
    with world.hub.casebook() as casebook:
        assert casebook.hub.snapshots.acknowledged() == {"isp-a": 1}

    rows = ["address,protocol,port", *(f"203.0.113.{last},tcp,443" for last in range(5))]
    (tmp_path / "findings.csv").write_text("\n".join(rows) + "\n", "utf-8")
    words = ("--file", tmp_path / "findings.csv", "--lines-checked", "--reason", "our CERT")
    assert world.runs("submit", *words)["sent"] == 5
    assert world.runs("submit", *words)["was_sent"]

    day = wall_clock() // DAY_MS
    seen = Met(number=1, lines_least=5, met=[1], at_least=0, epoch=day - 1, watched=Behind.MORE)
    put_met(open_home(world.provider), seen)
    assert world.runs("feedback")["confirmed"] == 1
    with world.hub.casebook() as casebook:
        (found,) = casebook.hub.batches.newest(Deed.SUBMISSION, 0, day)
        (told,) = casebook.hub.batches.newest(Deed.SIGHTINGS, 0, day)
    assert (found.statements, told.statements, found.epoch, told.epoch) == (5, 3, day - 1, day - 1)
    assert [each["sighting"] for each in json.loads(told.body)["sightings"]] == [
        "not-seen", "confirmed", "not-seen",
    ]  # fmt: skip

    publish(world.hub)
    again = world.runs("pull")
    assert (again["number"], again["is_new"], again["acknowledged"]) == (2, True, True)
    assert world.runs("verify")["chain"] == 2
    assert world.runs("status")["waiting"] == []


def test_a_suspended_member_gets_and_gives_nothing(world: World) -> None:
    """From the next request on, in one line that says why; the list in use stays."""
    world.runs("pull")
    with world.hub.casebook() as casebook:
        member = casebook.hub.members.get("isp-a")
        casebook.hub.members.put(replace(member, state=MemberState.SUSPENDED))

    assert world.fails("pull") == 77
    assert world.runs("verify")["listings"] == 3


def test_a_hub_that_was_lost_takes_its_list_back_from_a_members_home(
    world: World, tmp_path: Path
) -> None:
    """As the home is, folders and names and all; and nothing else is made in its place."""
    world.runs("pull")
    assert hinomi("hub", "backup", tmp_path / "hub.tar", home=world.hub.folder).code == 0
    made = publish(world.hub)
    assert (made.number, world.runs("pull")["number"]) == (2, 2)
    found = hinomi("hub", "verify", home=world.hub.folder)
    told = (found.code, found.err)
    held = world.provider / "hub"
    new = tmp_path / "new"
    assert hinomi("hub", "restore", tmp_path / "hub.tar", home=new).code == 0

    def new_hub(*words: object) -> tuple[int, str]:
        said = hinomi("hub", *words, home=new)
        return said.code, said.err

    # The heads alone do not do, but they prove that there was a second list.
    code, said = new_hub("snapshot", "take", held / "heads")
    assert (code, "the list of snapshot 2 is missing" in said) == (75, True)
    code, said = new_hub("resume", "--newest", 1)
    assert (code, "take up those to 2" in said) == (75, True)
    code, said = new_hub("snapshot", "take", held / "lists")
    assert (code, "without its signed head" in said) == (65, True)
    assert new_hub("snapshot", "take", held) == (0, "")
    # The first list was put there by these tests, past the journal: nothing else is found.
    assert new_hub("verify") == told
    assert new_hub("resume", "--newest", 2) == (0, "")
    with open_home(new).casebook() as again, world.hub.casebook() as before:
        one, other = again.hub.snapshots.get(2), before.hub.snapshots.get(2)
    assert (one.head, one.json) == (other.head, other.json)
