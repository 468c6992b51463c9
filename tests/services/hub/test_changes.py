"""What may be changed of a member, and what somebody else has to see first."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from admitted import a_member, attested
from enrolled import Entrance, second_person
from hinomi.errors import Conflict, NotPermitted, UsageError
from hinomi.model.member import MemberKind, MemberState, Outlet, Use
from hinomi.services.deciding import approve_request
from hinomi.services.hub import members
from hinomi.services.hub.changes import (
    Changed,
    changed,
    difference,
    shown_change,
    takes_another_person,
)
from hinomi.services.mandates import TOKEN_VARIABLE

BEFORE = a_member("isp-a")


@pytest.fixture(name="entrance")
def an_entrance(tmp_path: Path) -> Entrance:
    """Give a hub."""
    return Entrance.build(tmp_path / "place")


def become(folder: Path, said: Changed) -> Any:
    """Change a member that no table has."""
    with Entrance.build(folder / "place").house.home().casebook() as casebook:
        return changed(casebook, BEFORE, said)


def test_what_is_not_said_stays(tmp_path: Path) -> None:
    """And what is said takes the place of what was, once each."""
    assert become(tmp_path, Changed()) == BEFORE
    uses = (Use.RESEARCH, Use.RESEARCH)
    after = become(tmp_path / "..", Changed(uses=uses, contacts=(" a@isp-a.example",), page=""))

    assert difference(BEFORE, after) == ("contacts", "uses", "page")
    assert (after.contacts, after.uses, after.page) == (("a@isp-a.example",), (Use.RESEARCH,), "")


@pytest.mark.parametrize(
    "said",
    [
        Changed(organisation=" "),
        Changed(contacts=("a\u2028b",)),
        Changed(page="ftp://isp.example"),
        Changed(kind=MemberKind.MAKER),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, said: Changed) -> None:
    """Or what let it in."""
    with pytest.raises((UsageError, Conflict)):
        become(tmp_path, said)


@pytest.mark.parametrize("state", MemberState)
def test_a_change_of_whoever_takes_part_is_for_two(state: MemberState) -> None:
    """Others have to be let in first, which is for two; what changes nothing is for one."""
    member = replace(BEFORE, state=state)

    assert takes_another_person(member, ("contacts",)) is (state is MemberState.ADMITTED)
    assert not takes_another_person(member, ())


def test_whoever_approves_sees_both(tmp_path: Path) -> None:
    """What was and what shall be, of what differs alone; attestations end with the organisation."""
    after = become(tmp_path, Changed(organisation="Somebody Else"))
    shown: Any = shown_change(BEFORE, after)

    assert shown["act"] == "change member"
    assert shown["after"] == {"organisation": "Somebody Else", "attestations": ()}
    assert shown["before"]["organisation"] == "Provider isp-a"
    assert len(shown["before"]["attestations"]) == 2


def test_what_let_a_member_in_stays_while_it_takes_part(entrance: Entrance) -> None:
    """Its kind changes after it has left; everything else may be corrected at any time."""
    house = entrance.house
    entrance.joins("isp-a")
    with pytest.raises(Conflict, match="its kind was part of what let it in"):
        members.change(house.home(), "isp-a", Changed(kind=MemberKind.MINISTRY))
    said = Changed(organisation="ISP A KK", uses=(Use.DETECT, Use.DETECT), reason="letter 3")
    changed = members.change(house.home(), "isp-a", said).member
    assert (changed.organisation, changed.uses) == ("ISP A KK", (Use.DETECT,))
    members.leave(house.home(), "isp-a", "x")

    kind = MemberKind.RECEIVING_ISP
    assert members.change(house.home(), "isp-a", Changed(kind=kind)).member.kind is kind


@pytest.mark.parametrize(
    "said",
    [
        Changed(organisation="Somebody Else", reason="letter 3"),
        Changed(page="https://else.example/flow", reason="letter 3"),
        Changed(uses=(Use.BLOCK_CONSENTED,), reason="letter 3"),
        Changed(contacts=("noc@else.example",), reason="letter 3"),
    ],
    ids=["organisation", "page", "uses", "contacts"],
)
def test_whoever_takes_part_is_made_another_by_two_people(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch, said: Changed
) -> None:
    """Organisation, page, uses and contacts let it in; one person cannot swap them alone."""
    home = entrance.house.home()
    entrance.joins("isp-a")
    before = members.known(home, "isp-a").member
    token = second_person(entrance, monkeypatch)
    with pytest.raises(UsageError, match="the reason is blank"):
        members.change(home, "isp-a", replace(said, reason=""))

    first = members.change(home, "isp-a", said)
    assert (first.is_done, members.known(home, "isp-a").member) == (False, before)
    assert first.request is not None
    assert first.request.what is not None
    (field,) = set(first.request.what["after"]) - {"attestations"}
    assert first.request.what["before"][field] != first.request.what["after"][field]
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    approve_request(home, first.request.id)
    monkeypatch.delenv(TOKEN_VARIABLE)

    assert members.change(home, "isp-a", said).is_done
    told: dict[str, Any] = [each.parse() for each in home.journal().bodies(0)][-1]
    assert (told["reason"], told["approved_by"]) == ("letter 3", ["olga"])
    assert field in told["changed"]
    assert "else.example" not in str(told)


def test_an_approved_change_is_of_the_member_as_it_was(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was attested, or changed, meanwhile is asked about anew."""
    home = entrance.house.home()
    entrance.joins("isp-a")
    token = second_person(entrance, monkeypatch)
    said = Changed(organisation="Somebody Else", reason="letter 3")
    first = members.change(home, "isp-a", said)
    assert first.request is not None
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    approve_request(home, first.request.id)
    monkeypatch.delenv(TOKEN_VARIABLE)
    with home.casebook() as casebook:
        as_it_is = casebook.hub.members.get("isp-a")
        more = (*as_it_is.attestations, *attested(entrance.day, 30))
        casebook.hub.members.put(replace(as_it_is, attestations=more), as_it_is)

    again = members.change(home, "isp-a", said)
    assert (again.is_done, again.request != first.request) == (False, True)


def test_attestations_do_not_become_another_organisations(entrance: Entrance) -> None:
    """No listing goes to it until somebody attests it; another spelling is no other."""
    home = entrance.house.home()
    member = entrance.joins("isp-a")
    said = Changed(organisation="\uff29\uff33\uff30-A", reason="their own spelling")
    assert members.change(home, "isp-a", said).member.attestations
    assert member.knocks(Outlet.SNAPSHOT).member.name == "isp-a"

    said = Changed(organisation="Somebody Else", reason="they were bought")
    assert members.change(home, "isp-a", said).member.attestations == ()
    assert "no attestation of trust holds today" in members.known(home, "isp-a").gaps
    with pytest.raises(NotPermitted, match="no attestation of trust holds today"):
        member.knocks(Outlet.SNAPSHOT)
    members.attest(home, "isp-a", attested(entrance.day), "minutes 14")
    assert member.knocks(Outlet.SNAPSHOT).member.organisation == "Somebody Else"


def test_wide_blanks_are_blanks(entrance: Entrance) -> None:
    """As people type them in Japanese."""
    home = entrance.house.home()
    entrance.joins("isp-a")
    kind = MemberKind.DETECTING_ISP
    added = members.add(home, "isp-b", "日本ネット\u3000株式会社", kind, Changed())
    assert added.organisation == "日本ネット 株式会社"
    with pytest.raises(Conflict, match="isp-b has the same organisation"):
        members.add(home, "isp-c", "日本ネット\u3231", kind, Changed())
    members.suspend(home, "isp-a", "届出\u3000第七号")

    assert [each.parse() for each in home.journal().bodies(0)][-1]["reason"] == "届出 第七号"
