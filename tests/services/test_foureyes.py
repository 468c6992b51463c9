"""Research takes two people beside who asks."""

from pathlib import Path

import pytest

from hinomi.errors import NotPermitted
from hinomi.services.foureyes import Leave, four_eyes, require_two
from hinomi.services.home import open_home
from terminal import make_home


def test_what_nobody_asked_for_is_refused(tmp_path: Path) -> None:
    """In one line."""
    home = open_home(make_home(tmp_path / "home"))

    with pytest.raises(NotPermitted) as told:
        four_eyes().require_approved(home, {"act": "research run"})
    assert "\n" not in str(told.value)


def test_a_home_of_one_person_gives_no_leave_of_two(tmp_path: Path) -> None:
    """What one alone asked for is noted as such, and is not enough."""
    home = open_home(make_home(tmp_path / "home"))
    eyes, what = four_eyes(), {"act": "research run"}

    assert eyes.request(home, what, "why").startswith("approval ")
    with pytest.raises(NotPermitted):
        require_two(eyes.require_approved(home, what))


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
