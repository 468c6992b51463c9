"""Where nobody can approve, research is refused."""

from pathlib import Path

import pytest

from hinomi.errors import NotPermitted
from hinomi.services.foureyes import Leave, four_eyes, require_two
from hinomi.services.home import open_home
from terminal import make_home


def test_without_approvals_everything_is_refused(tmp_path: Path) -> None:
    """Neither asked for nor done, in one line that says what is free."""
    home = open_home(make_home(tmp_path / "home"))
    eyes = four_eyes()

    for act in (
        lambda: eyes.request(home, {"act": "research run"}, "why"),
        lambda: eyes.require_approved(home, {"act": "research run"}),
    ):
        with pytest.raises(NotPermitted, match="approval of two people") as told:
            act()
        assert "\n" not in str(told.value)


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
