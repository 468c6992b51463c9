"""Who says what of one server, and whom an answer bears out."""

from dataclasses import replace
from pathlib import Path

import pytest

from hinomi.model.evidence import Claim, Method
from hinomi.model.listed import ListKind
from hinomi.model.member import MemberState
from hinomi.model.statement import Sighting
from hinomi.services.hub.witnesses import Witness, borne_out, witnesses
from hubdesks import Desk
from hubs import server

ONE = server(1)
SERVERS = [server(number) for number in range(1, 7)]


def witness(source: str, word: str, method: Method = Method.SIGHTING, group: str = "") -> Witness:
    """Describe one."""
    return Witness(
        source=source, word=word, method=method, worth=0.9, group=group or source,
        is_member=method is Method.SIGHTING, day=20_000,
    )  # fmt: skip


def answered(*found: Witness, is_cc: bool, methods: int = 2) -> dict[str, bool]:
    """Let a person answer."""
    return borne_out(
        found, ONE, is_cc=is_cc, person="person:rita", day=20_000, verdict_methods=methods
    )


def test_everybody_who_says_anything_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Members first, with what they saw; others with their claims, of port or address."""
    desk = Desk.staffed(tmp_path / "hub", monkeypatch)
    desk.next_epoch(b=SERVERS, c=SERVERS, d=SERVERS)
    with desk.house.home().casebook() as casebook:
        for name in ("isp-c", "isp-d"):
            member = casebook.hub.members.get(name)
            casebook.hub.members.put(replace(member, state=MemberState.SUSPENDED))
    desk.house.epoch += 1
    desk.house.submits("isp-b", SERVERS)
    desk.house.sights("isp-a", 1, {ONE: Sighting.NOT_SEEN})
    desk.knows(ONE, claim=Claim.SINKHOLE)
    desk.lists(ListKind.KNOWN_CC, "feed", "198.51.100.1")
    found = witnesses(desk.hears(), ONE, 1)

    assert [(each.source, each.word, each.is_exact) for each in found] == [
        ("member:isp-a", "not-seen", True),
        ("member:isp-b", "states", True),
        ("feed", "cc", False),
        ("pots", "sinkhole", True),
    ]
    assert {each.day for each in found[:2]} == {desk.today - 1}


def test_nobody_is_right_because_they_were_believed() -> None:
    """A listing that rests on members bears none of them out; with a honeypot it does."""
    members = [witness(name, "states") for name in "abc"]

    assert answered(*members, is_cc=True) == {}
    pots = witness("pots", "cc", Method.HONEYPOT)
    assert answered(*members, pots, is_cc=True) == {"a": True, "b": True, "c": True, "pots": True}


def test_a_refusal_contradicts_all_who_said_so() -> None:
    """A person looked, and that stands without them; whoever said that it is wrong is right."""
    found = [witness("a", "states"), witness("b", "wrong"), witness("pots", "cc", Method.HONEYPOT)]

    assert answered(*found, is_cc=False, methods=1) == {"a": False, "b": True, "pots": False}


def test_what_is_no_verdict_is_neither_right_nor_wrong() -> None:
    """That lines meet it, do not, or that it is gone."""
    found = [witness("a", "confirmed"), witness("b", "not-seen"), witness("c", "gone")]

    assert answered(*found, is_cc=False, methods=1) == {}
