"""Research takes two people beside who asks."""

from pathlib import Path

import pytest

from hinomi.errors import NotPermitted
from hinomi.govern.roles import Role
from hinomi.services.approvals import approve
from hinomi.services.foureyes import Leave, four_eyes, require_two
from hinomi.services.home import open_home
from household import Household, staffed
from terminal import make_home


def test_what_nobody_asked_for_is_refused(tmp_path: Path) -> None:
    """In one line."""
    home = open_home(make_home(tmp_path / "home"))

    with pytest.raises(NotPermitted) as told:
        four_eyes().require_approved(home, {"act": "research run"})
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("others", [(), ("olga",)])
def test_where_two_others_will_never_approve_nobody_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: tuple[str, ...]
) -> None:
    """Else people would work for a leave that is refused once it is used."""
    house = Household(tmp_path / "home", monkeypatch)
    for name in others:
        house.add(name, Role.PRIVACY_OFFICER)

    with pytest.raises(NotPermitted, match="this home has fewer"):
        four_eyes().request(house.home(), {"act": "research run"}, "why")


def test_two_others_are_asked_and_give_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way that research takes through the approvals of a home."""
    house, what = staffed(tmp_path / "home", monkeypatch), {"act": "research run"}
    number = int(four_eyes().request(house.act_as("rolf"), what, "why").split()[-1])
    for name in ("olga", "rita"):
        approve(house.act_as(name), number)

    leave = require_two(four_eyes().require_approved(house.act_as("rolf"), what))

    assert leave.approved_by == ("olga", "rita")


def test_leave_names_who_gave_it() -> None:
    """For the journal."""
    assert Leave("17", ("ann", "bob")).render() == {
        "approval": "17",
        "approved_by": ["ann", "bob"],
    }


def test_two_people_are_two_people() -> None:
    """One alone, or the same one twice, is not enough."""
    assert require_two(Leave("17", ("ann", "bob"))).approved_by == ("ann", "bob")
    for names in ((), ("ann",), ("ann", "ann")):
        with pytest.raises(NotPermitted, match="2 people"):
            require_two(Leave("17", names))
