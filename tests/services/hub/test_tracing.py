"""A copy that turned up leads to the member it was made for, by its envelope or its mark alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundedhubs import MEMBERS, FoundedHub
from hinomi.errors import NotFound, UsageError
from hinomi.govern.note import BadNote
from hinomi.model.member import MemberState
from hinomi.services.hub import members
from hinomi.services.hub.founding import envelope_signer, identity_key, list_signer
from hinomi.services.hub.tracing import trace_copy
from hinomi.share.envelope import Envelope, mark_of, sign_envelope
from hubs import server

SERVERS = [server(each) for each in range(1, 8)]


@pytest.fixture(name="hub", scope="module")
def a_hub(tmp_path_factory: pytest.TempPathFactory) -> FoundedHub:
    """Give a hub that published three lists."""
    hub = FoundedHub.with_members(tmp_path_factory.mktemp("place") / "hub")
    hub.runs(SERVERS, SERVERS, SERVERS)
    return hub


def envelope(hub: FoundedHub, member: str, number: int) -> str:
    """Make an envelope as the hub gives it."""
    home = hub.home()
    made = Envelope(
        hub=list_signer(home).name,
        number=number,
        digest="0" * 64,
        member=member,
        mark=mark_of(identity_key(home), member, number),
    )
    return sign_envelope(made, envelope_signer(home))


def acts(hub: FoundedHub) -> list[dict[str, Any]]:
    """Give what the journal has of tracing."""
    bodies = (each.parse() for each in hub.home().journal().bodies(0))
    return [each for each in bodies if each.get("operation") == "hub trace"]


@given(member=st.sampled_from(MEMBERS), number=st.integers(1, 3))
def test_every_mark_leads_to_its_copy(hub: FoundedHub, member: str, number: int) -> None:
    """Of each member and each number, as it was found: in capitals, with blanks around it."""
    mark = mark_of(identity_key(hub.home()), member, number)

    traced = trace_copy(hub.home(), f" {mark.upper()}\n")

    assert (traced.member, traced.number, traced.is_signed) == (member, number, False)


def test_an_envelope_leads_there_too(hub: FoundedHub, tmp_path: Path) -> None:
    """With the hub's signature on it."""
    path = tmp_path / "found.note"
    path.write_text(envelope(hub, "isp-b", 2), "utf-8")

    traced = trace_copy(hub.home(), str(path))

    assert (traced.member, traced.number, traced.is_signed) == ("isp-b", 2, True)


def test_question_and_answer_stand_in_the_journal(hub: FoundedHub) -> None:
    """The question before anything is looked up; also where nothing was found."""
    before = len(acts(hub))
    mark = mark_of(identity_key(hub.home()), "isp-c", 3)
    trace_copy(hub.home(), mark)
    with pytest.raises(NotFound, match="no copy of snapshots 1 to 3 bears this mark"):
        trace_copy(hub.home(), "0" * 32)

    told = [
        {name: each[name] for name in ("act", "mark", "found", "member", "number") if name in each}
        for each in acts(hub)[before:]
    ]
    assert told == [
        {"act": "trace", "mark": mark},
        {"act": "traced", "mark": mark, "found": True, "member": "isp-c", "number": 3},
        {"act": "trace", "mark": "0" * 32},
        {"act": "traced", "mark": "0" * 32, "found": False},
    ]


def test_whoever_has_left_is_found_as_well(tmp_path: Path) -> None:
    """Its name stays; so does a list's number when the list itself is forgotten."""
    hub = FoundedHub.with_members(tmp_path / "hub")
    hub.runs(SERVERS)
    mark = mark_of(identity_key(hub.home()), "isp-a", 1)
    members.leave(hub.home(), "isp-a", "merged")
    with hub.home().casebook() as casebook:
        other = casebook.hub.members.get("isp-b")
        casebook.hub.members.put(replace(other, state=MemberState.SUSPENDED), other)

    assert trace_copy(hub.home(), mark).state is MemberState.LEFT
    mark = mark_of(identity_key(hub.home()), "isp-b", 1)
    assert trace_copy(hub.home(), mark).state is MemberState.SUSPENDED


def test_what_is_no_envelope_of_this_hub_is_refused(hub: FoundedHub, tmp_path: Path) -> None:
    """One that somebody changed, another text, no file, nothing said."""
    changed = tmp_path / "changed.note"
    changed.write_text(envelope(hub, "isp-b", 2).replace("isp-b", "isp-a"), "utf-8")
    other = tmp_path / "other.note"
    other.write_text("hello\n", "utf-8")

    for path in (changed, other):
        with pytest.raises(BadNote, match="give that alone"):
            trace_copy(hub.home(), str(path))
    with pytest.raises(NotFound):
        trace_copy(hub.home(), str(tmp_path / "none"))
    with pytest.raises(UsageError):
        trace_copy(hub.home(), " ")
