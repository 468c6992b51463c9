"""Reviewers who share a home decide at the same time: no word that was taken is lost."""

from collections.abc import Callable
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final

import pytest

from casebooks import PostgresqlPlace
from casesteps import NOW_MS, opened, service
from docket import stated
from hinomi.errors import Conflict, Unavailable
from hinomi.model.case import Case, CaseState, Finding, Step
from hinomi.model.evidence import Method
from hinomi.services.cases import look_again
from hinomi.services.casework import decide, note
from hinomi.services.home import Home
from household import Household
from processes import Acknowledged, at_once

PEOPLE: Final = 8
ROUNDS: Final = 4

Opens = Callable[[], Home]


@pytest.fixture(params=["sqlite", "postgresql"], name="house")
def a_home(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Household:
    """Make a home with two cases whose case book is in a file, or in a database."""
    house = Household(tmp_path / "home", monkeypatch, clock=lambda: NOW_MS, made_up=True)
    if request.param == "postgresql":
        place: PostgresqlPlace = request.getfixturevalue("shared_place")
        house.share_book(place.conninfo)
    with house.home().casebook() as book:
        for port in (80, 443):
            about = opened(book, service("203.0.113.9", port)).service
            book.evidence.add([stated(house, Method.HONEYPOT, service=about)], NOW_MS)
    return house


def review(opens: Opens, person: int) -> Acknowledged:
    """Decide on both cases in turn, on what is there at that moment; leave a note; look again."""
    done = []
    for turn in range(ROUNDS):
        number, words = 1 + (person + turn) % 2, f"{person}: {turn}"
        try:
            decide(opens(), number, Finding.UNSURE, words)
        except (Conflict, Unavailable):
            pass
        else:
            done.append(words)
        try:
            note(opens(), number, f"note {words}")
            done.append(f"note {words}")
            look_again(opens(), [1, 2])
        except Unavailable:
            continue
    return done


def test_nothing_that_was_taken_is_lost(house: Household) -> None:
    """
    Each verdict and note that a person was told is in the book, and none that was refused.

    The journal has more: what is tried is written there before it counts.
    """
    begun = len(house.entries())

    told = sorted(chain(*at_once(partial(review, house.home), PEOPLE)))

    with house.home().casebook() as book:
        cases = [book.cases.get(number) for number in (1, 2)]
        verdicts = [each for case in cases for each in book.cases.verdicts(case.id)]
        notes = [each.words for case in cases for each in book.cases.notes(case.id)]
        histories = {case: book.cases.history(case.id) for case in cases}
    assert sorted([*(each.reason for each in verdicts), *notes]) == told
    assert len(verdicts) >= PEOPLE
    for case, history in histories.items():
        require_whole(case, [each.version for each in history], [each.step for each in history])
    tried = [each for each in house.entries()[begun:] if each.get("act") == "decide"]
    assert len(tried) >= len(verdicts)
    assert {each["reason"] for each in tried} >= {each.reason for each in verdicts}


def require_whole(case: Case, versions: list[int], steps: list[Step]) -> None:
    """Look for gaps in a history: taken once, by the first decision, with its verdict."""
    assert versions == [*range(1, case.version + 1)]
    assert steps[0] is Step.OPEN
    assert steps.count(Step.TAKE) == 1
    assert case.state is CaseState.UNDER_REVIEW
