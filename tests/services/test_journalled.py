"""Whoever writes the file of a request by hand gains nothing: the journal has to say the same."""

import shutil
from pathlib import Path

import pytest

from hinomi.errors import NotPermitted
from hinomi.govern.approvals import Decision, State
from hinomi.govern.roles import Kind
from hinomi.services.approvals import approve, request, request_of, require_approved
from hinomi.services.home import REQUESTS
from hinomi.services.journalled import require_journalled
from household import DAY_MS, Household, approved, forge, staffed

KIND = Kind.REIDENTIFY
WHAT = {"service": "own:00ff", "purpose": "publication"}
VALID_MS = DAY_MS


@pytest.fixture(name="house")
def household(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Household:
    """Give a home with people of every role that matters."""
    return staffed(tmp_path / "home", monkeypatch)


def test_what_the_journal_says_too_passes(house: Household) -> None:
    """As long as it may be used."""
    number = approved(house, KIND, WHAT)

    require_journalled(house.home(), request_of(house.home(), number))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"needed": 0}, "does not say that it was asked so"),
        ({"approved": ()}, "fewer than 1 other"),
        (
            {"approved": (Decision(by="otto", at_ms=1_800_000_000_000, entry=6),)},
            "does not say that otto approved",
        ),
        (
            {"approved": (Decision(by="olga", at_ms=1_800_000_000_000, entry=6),)},
            "does not say that olga approved",
        ),
        (
            {"approved": (Decision(by="anna", at_ms=1_800_000_000_000, entry=6),)},
            "fewer than 1 other",
        ),
    ],
)
def test_an_approval_that_the_journal_lacks_gives_no_leave(
    house: Household, changed: dict[str, object], said: str
) -> None:
    """Whoever writes the file of a request by hand gains nothing."""
    number = request(house.act_as("anna"), KIND, WHAT, "x")
    forge(house, number, state=State.APPROVED, **changed)

    with pytest.raises(NotPermitted, match=said):
        require_approved(house.home(), KIND, WHAT)


def test_an_old_file_put_back_gives_no_second_leave(house: Household) -> None:
    """The journal knows that it was used."""
    number = approved(house, KIND, WHAT)
    path = house.folder / REQUESTS / f"{number:04}.json"
    shutil.copy(path, house.folder / "kept")
    require_approved(house.home(), KIND, WHAT)
    shutil.copy(house.folder / "kept", path)

    with pytest.raises(NotPermitted, match="says that it was used"):
        require_approved(house.home(), KIND, WHAT)


def test_a_time_written_by_hand_prolongs_nothing(house: Household) -> None:
    """It runs from the journal's entry of the approval."""
    number = approved(house, KIND, WHAT)
    forge(house, number, ends_ms=2**53)
    house.later(VALID_MS)

    with pytest.raises(NotPermitted, match="its approval ended"):
        require_approved(house.home(), KIND, WHAT)


def test_the_approval_of_a_refused_try_does_not_count(house: Household) -> None:
    """An entry that says refused is none that says approved."""
    number = request(house.act_as("anna"), KIND, WHAT, "x")
    with pytest.raises(NotPermitted):
        approve(house.act_as("rita"), number)
    entry = len(house.entries()) - 1
    tried = Decision(by="rita", at_ms=1_800_000_000_000, entry=entry)
    house.act_as("anna")
    forge(house, number, state=State.APPROVED, approved=(tried,))

    with pytest.raises(NotPermitted, match="does not say that rita approved"):
        require_approved(house.home(), KIND, WHAT)
