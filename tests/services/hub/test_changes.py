"""What may be changed of a member, and what somebody else has to see first."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from admitted import a_member
from enrolled import Entrance
from hinomi.errors import Conflict, UsageError
from hinomi.model.member import MemberKind, MemberState, Use
from hinomi.services.hub.changes import (
    Changed,
    changed,
    difference,
    shown_change,
    takes_another_person,
)

BEFORE = a_member("isp-a")


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
