"""Acts on members: who takes part, by four eyes in and by one person's act out."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from admitted import attested
from enrolled import Entrance, second_person
from hinomi.errors import Conflict, MalformedDocument, NotFound, NotPermitted, UsageError
from hinomi.govern.note import Verifier
from hinomi.model.member import MemberKind, MemberState
from hinomi.services.deciding import approve_request
from hinomi.services.hub import members
from hinomi.services.hub.changes import Changed
from hinomi.services.hub.scrutiny import require_own_key
from hinomi.services.mandates import TOKEN_VARIABLE
from hinomi.share.enrolment import read_request


@pytest.fixture(name="entrance")
def an_entrance(tmp_path: Path) -> Entrance:
    """Give a hub."""
    return Entrance.build(tmp_path / "place")


def acts_of(entrance: Entrance) -> list[str]:
    """Name what the journal has of members, in order."""
    bodies = entrance.house.home().journal().bodies(0)
    told = [each.parse() for each in bodies]
    return [
        f"{each['act']} {each.get('member')}" + (" refused" if "refused" in each else "")
        for each in told
        if each.get("operation") == "hub member"
    ]


def test_a_member_goes_from_applied_to_left(entrance: Entrance) -> None:
    """Each act stands in the journal, with the member's name."""
    house = entrance.house
    request = entrance.request(entrance.node("isp-a"), "isp-a")
    entrance.enters("isp-a", request)
    assert members.known(house.home(), "isp-a").member.state is MemberState.APPLIED
    admitted = members.admit(house.home(), "isp-a", "minutes 12")
    assert (admitted.is_done, admitted.request.four_eyes) == (True, False)
    assert members.suspend(house.home(), "isp-a", "letter 7").state is MemberState.SUSPENDED
    assert members.reinstate(house.home(), "isp-a", "letter 8").is_done
    assert members.leave(house.home(), "isp-a", "merged").state is MemberState.LEFT
    assert members.admit(house.home(), "isp-a", "is back").is_done

    assert acts_of(entrance) == [
        f"{act} isp-a"
        for act in ("add", "attest", "admit", "suspend", "reinstate", "leave", "admit")
    ]


def test_letting_in_takes_another_person(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first call asks, once; when another has approved, the same call does it."""
    house = entrance.house
    entrance.enters("isp-a", entrance.request(entrance.node("isp-a"), "isp-a"))
    token = second_person(entrance, monkeypatch)

    first = members.admit(house.home(), "isp-a", "minutes 12")
    again = members.admit(house.home(), "isp-a", "minutes 12")
    assert (first.is_done, again.is_done, again.request.id) == (False, False, first.request.id)
    assert first.request.what is not None
    assert first.request.what["name"] == "isp-a"
    with pytest.raises(NotPermitted, match="another person"):
        approve_request(house.home(), first.request.id)
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    approve_request(house.home(), first.request.id)
    monkeypatch.delenv(TOKEN_VARIABLE)

    assert members.admit(house.home(), "isp-a", "minutes 12").is_done


def test_an_approval_is_of_the_member_as_it_was_shown(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who changes it meanwhile asks anew; and a suspension is one person's act."""
    house = entrance.house
    entrance.enters("isp-a", entrance.request(entrance.node("isp-a"), "isp-a"))
    token = second_person(entrance, monkeypatch)
    asked = members.admit(house.home(), "isp-a", "minutes 12")
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    approve_request(house.home(), asked.request.id)
    monkeypatch.delenv(TOKEN_VARIABLE)
    members.change(house.home(), "isp-a", Changed(page="https://other.example"))

    anew = members.admit(house.home(), "isp-a", "minutes 12")
    assert (anew.is_done, anew.request.id) == (False, asked.request.id + 1)
    members.change(house.home(), "isp-a", Changed(page="https://isp-a.example/flow"))
    assert members.admit(house.home(), "isp-a", "minutes 12").is_done
    assert members.suspend(house.home(), "isp-a", "letter 7").state is MemberState.SUSPENDED


def test_nobody_is_let_in_with_something_missing(entrance: Entrance) -> None:
    """All that is missing is told at once; nothing is asked for."""
    house = entrance.house
    members.add(house.home(), "isp-a", "ISP A", MemberKind.RECEIVING_ISP, Changed())

    with pytest.raises(Conflict, match=r"trust.*information-management.*reached.*key.*use.*page"):
        members.admit(house.home(), "isp-a", "x")
    with pytest.raises(Conflict, match="there is nothing to suspend"):
        members.suspend(house.home(), "isp-a", "x")
    with pytest.raises(Conflict, match="cannot be let in by 'reinstate'"):
        members.reinstate(house.home(), "isp-a", "x")
    assert members.known(house.home(), "isp-a").member.state is MemberState.APPLIED


def test_an_attestation_that_ended_lets_nobody_in(entrance: Entrance) -> None:
    """Also where it held on the day it was entered."""
    house = entrance.house
    entrance.enters("isp-a", entrance.request(entrance.node("isp-a"), "isp-a"))
    house.epoch += 366

    with pytest.raises(Conflict, match="no attestation of trust holds today"):
        members.admit(house.home(), "isp-a", "x")
    members.attest(house.home(), "isp-a", attested(entrance.day))
    assert members.admit(house.home(), "isp-a", "x").is_done


def test_a_suspended_member_is_not_admitted_but_reinstated(entrance: Entrance) -> None:
    """The words say what happened; suspending twice is told."""
    house = entrance.house
    entrance.joins("isp-a")
    with pytest.raises(Conflict, match="isp-a is admitted"):
        members.admit(house.home(), "isp-a", "x")
    members.suspend(house.home(), "isp-a", "letter 7")

    with pytest.raises(Conflict, match="isp-a is suspended"):
        members.admit(house.home(), "isp-a", "x")
    with pytest.raises(Conflict, match="nothing to suspend"):
        members.suspend(house.home(), "isp-a", "x")


def test_a_suspension_is_never_overwritten_by_a_change_that_began_before(
    entrance: Entrance,
) -> None:
    """Who decided on what is no longer so is told to look again."""
    house = entrance.house
    entrance.joins("isp-a")
    with house.home().casebook() as casebook:
        before = casebook.hub.members.get("isp-a")
        members.suspend(house.home(), "isp-a", "letter 7")

        with pytest.raises(Conflict, match="somebody else changed isp-a meanwhile"):
            casebook.hub.members.put(replace(before, page="https://other.example"), before)
        with pytest.raises(Conflict, match="isp-a is suspended by now"):
            casebook.hub.members.set_state(
                "isp-a", MemberState.SUSPENDED, among=(MemberState.ADMITTED,)
            )
    assert members.known(house.home(), "isp-a").member.state is MemberState.SUSPENDED


def test_leaving_ends_every_certificate(entrance: Entrance) -> None:
    """Also if the member comes back one day."""
    house = entrance.house
    entrance.joins("isp-a")
    members.leave(house.home(), "isp-a", "merged")

    found = members.known(house.home(), "isp-a")
    assert [each.is_revoked for each in found.credentials] == [True]
    with pytest.raises(Conflict, match="nothing to leave"):
        members.leave(house.home(), "isp-a", "again")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ISP A", Changed()),
        ("isp-a", Changed(contacts=("two\nlines",))),
        ("isp-a", Changed(contacts=(" ",))),
        ("isp-a", Changed(page="ftp://isp.example")),
        ("isp-a", Changed(organisation="x" * 301)),
    ],
)
def test_what_cannot_be_meant_is_refused(entrance: Entrance, name: str, said: Changed) -> None:
    """Nothing is entered, and nothing journalled."""
    with pytest.raises(UsageError):
        members.add(entrance.house.home(), name, "ISP A", MemberKind.DETECTING_ISP, said)

    assert members.all_known(entrance.house.home()) == ()
    assert acts_of(entrance) == []


def test_each_member_is_entered_once_and_signs_by_a_key_of_its_own(entrance: Entrance) -> None:
    """A request in another name, or with another's key, is refused."""
    house = entrance.house
    request = entrance.request(entrance.node("isp-a"), "isp-a")
    entrance.enters("isp-a", request)
    read = read_request(request)

    with pytest.raises(Conflict, match="a member is called isp-a"):
        members.add(house.home(), "isp-a", "X", MemberKind.DETECTING_ISP, Changed())
    with pytest.raises(Conflict, match="the request is of isp-a"):
        members.add(house.home(), "b", "X", MemberKind.DETECTING_ISP, Changed(request=read))
    members.add(house.home(), "isp-b", "ISP B", MemberKind.DETECTING_ISP, Changed())
    with house.home().casebook() as casebook:
        known = casebook.hub.members.get("isp-b")
        casebook.hub.members.put(replace(known, signing_key=read.signing_key))
        with pytest.raises(Conflict, match="another member signs by this key"):
            require_own_key(casebook, casebook.hub.members.get("isp-a"), read)


def test_another_signing_key_has_to_be_meant(entrance: Entrance) -> None:
    """It changes whose word counts."""
    house = entrance.house
    node = entrance.node("isp-a")
    entrance.enters("isp-a", entrance.request(node, "isp-a"))
    other = read_request(entrance.request(node, "isp-a", new_keys=True))

    with pytest.raises(Conflict, match="signs by another key"):
        members.change(house.home(), "isp-a", Changed(request=other))
    with pytest.raises(UsageError, match="the reason for another key"):
        members.change(house.home(), "isp-a", Changed(request=other, replaces_key=True))
    said = Changed(request=other, replaces_key=True, reason="lost")
    changed = members.change(house.home(), "isp-a", said)
    assert (changed.request, changed.member.signing_key) == (None, other.signing_key)


def test_another_signing_key_of_a_member_that_takes_part_takes_another_person(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has it is that member; the line of the journal names both keys and the reason."""
    house = entrance.house
    member = entrance.joins("isp-a")
    token = second_person(entrance, monkeypatch)
    other = read_request(entrance.request(member.node, "isp-a", new_keys=True))
    before = members.known(house.home(), "isp-a").member
    said = Changed(request=other, replaces_key=True, reason="their letter 9")

    first = members.change(house.home(), "isp-a", said)
    again = members.change(house.home(), "isp-a", said)
    assert (first.is_done, again.is_done, again.request) == (False, False, first.request)
    assert members.known(house.home(), "isp-a").member == before
    assert first.request is not None
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    approve_request(house.home(), first.request.id)
    monkeypatch.delenv(TOKEN_VARIABLE)
    done = members.change(house.home(), "isp-a", said)
    assert (done.is_done, done.member.signing_key) == (True, other.signing_key)

    told = [each.parse() for each in house.home().journal().bodies(0)][-1]
    assert told["key_before"] == Verifier.parse(before.signing_key).key_id.hex()
    assert told["key_after"] == Verifier.parse(other.signing_key).key_id.hex()
    assert (told["reason"], told["approved_by"]) == ("their letter 9", ["olga"])
    entrance.certifies("isp-a", entrance.request(member.node, "isp-a"), "w.json")


def test_alone_another_signing_key_is_taken_at_once(entrance: Entrance) -> None:
    """The journal says that four eyes were impossible."""
    member = entrance.joins("isp-a")
    other = read_request(entrance.request(member.node, "isp-a", new_keys=True))
    home = entrance.house.home()

    assert members.change(
        home, "isp-a", Changed(request=other, replaces_key=True, reason="lost")
    ).is_done
    assert [each.parse() for each in home.journal().bodies(0)][-1]["four_eyes"] is False


def test_one_organisation_is_one_member(entrance: Entrance) -> None:
    """By its name, page or a contact, until it has left; also of one that is changed or returns."""
    house = entrance.house
    entrance.joins("isp-a")
    kind = MemberKind.DETECTING_ISP
    for name, said, shared in (
        (" isp-A ", Changed(), "organisation"),
        ("B", Changed(page="https://ISP-A.example/flow/"), "page"),
        ("B", Changed(contacts=("x", "NOC@isp-a.example")), "contacts"),
    ):
        with pytest.raises(Conflict, match=f"isp-a has the same {shared}"):
            members.add(house.home(), "isp-b", name, kind, said)
    members.add(house.home(), "isp-b", "B", kind, Changed())
    with pytest.raises(Conflict, match="isp-a has the same organisation"):
        members.change(house.home(), "isp-b", Changed(organisation="Isp-a"))
    members.leave(house.home(), "isp-a", "merged")
    members.change(house.home(), "isp-b", Changed(organisation="Isp-a"))

    with pytest.raises(Conflict, match="isp-b has the same organisation"):
        members.admit(house.home(), "isp-a", "is back")


def test_a_request_that_proves_nothing_is_refused(entrance: Entrance) -> None:
    """Before anything is entered by it."""
    house = entrance.house
    request = read_request(entrance.request(entrance.node("isp-a"), "isp-a"))
    said = Changed(request=msgspec.structs.replace(request, csr="x"))

    with pytest.raises(MalformedDocument, match="no certificate request"):
        members.add(house.home(), "isp-a", "ISP A", MemberKind.DETECTING_ISP, said)


def test_members_at_one_domain_are_told_of(entrance: Entrance) -> None:
    """It is no ground to refuse: one outsourcer may run the mail of many."""
    home = entrance.house.home()
    entrance.joins("isp-a")
    said = Changed(contacts=("b@isp-a.example",))
    members.add(home, "isp-b", "B", MemberKind.DETECTING_ISP, said)
    members.add(home, "isp-c", "C", MemberKind.DETECTING_ISP, Changed())

    (line,) = members.neighbours(home, "isp-b")
    assert line.startswith("isp-b and isp-a have a contact or their page at isp-a.example")
    assert members.neighbours(home, "isp-c") == ()


def test_an_attestation_names_somebody_a_document_and_days_in_order(entrance: Entrance) -> None:
    """Else it says nothing that could be checked."""
    house = entrance.house
    members.add(house.home(), "isp-a", "ISP A", MemberKind.DETECTING_ISP, Changed())
    (sound, _) = attested(date(2026, 1, 1))
    for wrong in (
        replace(sound, until=sound.since - timedelta(days=1)),
        replace(sound, attested_by=" "),
        replace(sound, document=""),
    ):
        with pytest.raises(UsageError):
            members.attest(house.home(), "isp-a", (wrong,))


def test_an_attestation_holds_for_so_long_as_registered(entrance: Entrance) -> None:
    """400 days, and so long ahead; its line of the journal has the document and the days."""
    house = entrance.house
    entrance.joins("isp-a")
    for wrong in (
        attested(entrance.day, 400),
        attested(entrance.day + timedelta(days=100), 300),
        attested(entrance.day - timedelta(days=100), 500),
    ):
        with pytest.raises(UsageError, match=r"400 days at most.*hub\.attestation_days_most"):
            members.attest(house.home(), "isp-a", wrong)
    members.attest(house.home(), "isp-a", attested(entrance.day, 399), "minutes 14")

    told: dict[str, Any] = [each.parse() for each in house.home().journal().bodies(0)][-1]
    assert [(each["document"], each["days"]) for each in told["attestations"]] == [
        ("minutes 12", 400)
    ] * 2


def test_whoever_takes_part_is_attested_by_two_people(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for first; it counts when another person has approved, who sees before and after."""
    home = entrance.house.home()
    entrance.joins("isp-a")
    before = members.known(home, "isp-a").member
    token = second_person(entrance, monkeypatch)
    anew = attested(entrance.day, 399)
    with pytest.raises(UsageError, match="the reason is blank"):
        members.attest(home, "isp-a", anew)

    first = members.attest(home, "isp-a", anew, "minutes 14")
    again = members.attest(home, "isp-a", anew, "minutes 14")
    assert first.request is not None
    assert again.request is not None
    assert (first.is_done, again.is_done, again.request.id) == (False, False, first.request.id)
    assert members.known(home, "isp-a").member == before
    shown: Any = first.request.what
    assert shown["act"] == "attest member"
    assert [len(shown[each]["attestations"]) for each in ("before", "after")] == [2, 4]
    with pytest.raises(NotPermitted, match="another person"):
        approve_request(home, first.request.id)
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    approve_request(home, first.request.id)
    monkeypatch.delenv(TOKEN_VARIABLE)
    done = members.attest(home, "isp-a", anew, "minutes 14")

    assert (done.is_done, done.member.attestations) == (True, (*before.attestations, *anew))
    told = [each.parse() for each in home.journal().bodies(0)][-1]
    assert (told["act"], told["reason"], told["approved_by"]) == ("attest", "minutes 14", ["olga"])


@pytest.mark.parametrize("state", [MemberState.APPLIED, MemberState.SUSPENDED, MemberState.LEFT])
def test_whoever_has_to_be_let_in_is_attested_by_one_person(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch, state: MemberState
) -> None:
    """Letting it in is for two, and they see what is attested."""
    home = entrance.house.home()
    entrance.enters("isp-a", entrance.request(entrance.node("isp-a"), "isp-a"))
    with home.casebook() as casebook:
        found = casebook.hub.members.get("isp-a")
        casebook.hub.members.put(replace(found, state=state), found)
    second_person(entrance, monkeypatch)

    became = members.attest(home, "isp-a", attested(entrance.day, 30))
    assert (became.is_done, became.request, len(became.member.attestations)) == (True, None, 4)


def test_members_are_for_hubs(entrance: Entrance) -> None:
    """A provider's home has none, and says so; the refusal of an act is journalled."""
    node = entrance.node("isp-a")

    for look in (members.all_known, lambda home: members.known(home, "x")):
        with pytest.raises(NotPermitted, match="this home is no hub"):
            look(node)
    with pytest.raises(NotPermitted, match="this home is no hub"):
        members.suspend(node, "isp-a", "x")


def test_whom_nobody_knows_is_not_found(entrance: Entrance) -> None:
    """With the command that shows all."""
    home = entrance.house.home()
    for act in (members.suspend, members.leave, members.admit, members.reinstate):
        with pytest.raises(NotFound, match="no member is called isp-z"):
            act(home, "isp-z", "x")
    with pytest.raises(UsageError, match="the reason"):
        members.suspend(home, "isp-z", " ")


def test_one_whose_kind_is_not_admitted_waits(entrance: Entrance) -> None:
    """It may be entered, and is let in once the register names its kind."""
    house = entrance.house
    entrance.enters("m", entrance.request(entrance.node("m"), "m"), MemberKind.MINISTRY)

    with pytest.raises(Conflict, match=r"does not admit the kind ministry \(hub.kinds\)"):
        members.admit(house.home(), "m", "x")
