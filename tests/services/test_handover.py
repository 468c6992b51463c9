"""The handover is gathered from register, journal, requests and people as they are."""

from pathlib import Path

import pytest

from hinomi.govern.handover import LANGUAGES, Language
from hinomi.govern.roles import Kind, Role
from hinomi.services.approvals import ask
from hinomi.services.deciding import approve_request
from hinomi.services.handover import gather, handover_text
from hinomi.services.home import PEOPLE
from hinomi.services.parameters import Reasons, propose
from household import DAY_MS, Household

FDR = "suspects.fdr"
WHY = Reasons(considerations="Half as many wrong ones.")


@pytest.fixture(name="house")
def household(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Household:
    """Give a home with one change, one proposal and one emergency."""
    house = Household(tmp_path / "home", monkeypatch)
    house.add("anna", Role.ANALYST)
    house.add("rita", Role.REVIEWER)
    number = propose(house.act_as("anna"), FDR, "0.005", WHY).request
    approve_request(house.act_as("rita"), number)
    propose(house.act_as("anna"), "enrich.fdr", "0.02", WHY)
    propose(house.home(), "drill.rounds", "2", WHY, emergency="the machine is needed")
    return house


def test_it_tells_what_the_home_holds(house: Household) -> None:
    """Changes with both names, what waits with what it asks for, everybody's roles."""
    page = gather(house.home(), "en")

    assert [(each.name, each.before, each.after) for each in page.changes] == [
        (FDR, 0.01, 0.005),
        ("drill.rounds", 3, 2),
    ]
    assert (page.changes[0].person, page.changes[0].approved_by) == ("Anna (anna)", "Rita (rita)")
    assert page.changes[1].break_glass
    assert [each.what for each in page.open] == ["enrich.fdr: 0.05 -> 0.02"]
    assert [each.what for each in page.reviews] == ["drill.rounds: 3 -> 2"]
    assert [list(each.roles) for each in page.people][1:] == [["analyst"], ["reviewer"]]
    assert page.findings == []
    assert page.version == house.home().register.version


def test_other_requests_are_named_without_what_they_ask_for(house: Household) -> None:
    """The document goes further than those who may decide them."""
    ask(house.home(), Kind.REIDENTIFY, {"service": "own:00ff"}, "192.0.2.7 is flooded")

    page = gather(house.home(), "en")

    assert (page.open[-1].kind, page.open[-1].what) == ("re-identify", "")
    assert page.open[-1].reason == "[address] is flooded"
    assert "own:00ff" not in handover_text(house.home(), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_parameter_is_in_the_text(house: Household, language: Language) -> None:
    """With its considerations."""
    text = handover_text(house.home(), language)

    for name, each in house.home().register.parameters.items():
        assert f"### `{name}`" in text
        assert " ".join(each.considerations.split()) in text


def test_overdue_reviews_and_disorder_stand_at_the_top(house: Household) -> None:
    """They wait for whoever takes over; roles are called in the language of the page."""
    house.later(400 * DAY_MS)
    (house.folder / PEOPLE).write_text("rubbish", "utf-8")

    page = gather(house.home(), "ja")

    assert {FDR, "enrich.fdr"} <= set(page.due)
    (finding,) = page.findings
    assert "cannot be read" in finding
    assert page.people[1].roles == ["分析担当者"]
