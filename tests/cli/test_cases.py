"""``hinomi case``: what it prints, how it ends, and who it lets."""

from pathlib import Path

import pytest

from docket import STAGES, lead, manned
from hinomi.clock import wall_clock
from hinomi.model.case import CaseState
from household import Household
from terminal import Said, hinomi


@pytest.fixture(scope="module", name="made")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[CaseState, Household]:
    """Make one home for each stage of a case, by the clock that commands go by."""
    found: dict[CaseState, Household] = {}
    with pytest.MonkeyPatch.context() as patch:
        house = manned(tmp_path_factory.mktemp("cases") / "first", patch, wall_clock)
        for stage in STAGES:
            lead(house, stage)
            found[stage] = house
            house = house.copy(tmp_path_factory.mktemp("cases") / str(stage), patch)
    return found


class Desk:
    """One home, and whoever sits before it."""

    def __init__(self, house: Household) -> None:
        self.house = house

    def says(self, who: str, *words: object) -> Said:
        """Run a command as *who*."""
        self.house.act_as(who)
        return hinomi(*words, home=self.house.folder)


@pytest.fixture(name="desk")
def a_desk(
    request: pytest.FixtureRequest,
    made: dict[CaseState, Household],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    """Give a home of one's own whose case is at the stage that the test names."""
    return Desk(made[request.param].copy(tmp_path / "home", monkeypatch))


def at(stage: CaseState) -> pytest.MarkDecorator:
    """Let a test begin with a case at *stage*."""
    return pytest.mark.parametrize("desk", [stage], indirect=True)


@at(CaseState.CANDIDATE)
def test_cases_are_listed_with_how_many_there_are(desk: Desk) -> None:
    """A document for scripts, a table for people; those that wait are marked."""
    document = desk.says("anna", "case", "list", "--json").document
    text = desk.says("anna", "case", "list").out

    (case,) = document["cases"]
    assert (case["case"], case["state"], case["urgent"], case["version"]) == (
        1,
        "candidate",
        True,
        1,
    )
    assert document["states"] == {"candidate": 1}
    assert "203.0.113.9" in text
    assert "1 candidate" in text


@at(CaseState.CANDIDATE)
def test_only_what_is_asked_for_is_listed(desk: Desk) -> None:
    """By state, by waiting; a state without cases lists none and says what there is."""
    assert len(desk.says("anna", "case", "list", "--urgent", "--json").document["cases"]) == 1
    said = desk.says("anna", "case", "list", "--state", "listed")

    assert said.code == 0
    assert "203.0.113.9" not in said.out
    assert "1 candidate" in said.out


@at(CaseState.CANDIDATE)
def test_an_unknown_case_is_not_found(desk: Desk) -> None:
    """Every command says so in one line, exit 66."""
    reason = ("--reason", "x")
    for words in (("show", 9), ("decide", 9, "--finding", "cc", *reason), ("note", 9, "seen")):
        said = desk.says("anna", "case", *words)

        assert said.code == 66
        assert said.err.count("\n") == 1


@at(CaseState.CANDIDATE)
def test_a_case_goes_its_way_by_three_people(desk: Desk) -> None:
    """Analyst, reviewer, privacy officer; and the listing has five facts."""
    reason = ("--reason", "its samples report there")
    first = desk.says("anna", "case", "decide", 1, "--finding", "cc", "--class", "dedicated",
                      *reason, "--json")  # fmt: skip
    assert (first.code, first.document["state"]) == (0, "corroborated")

    again = desk.says("anna", "case", "decide", 1, "--finding", "cc", *reason, "--json")
    assert "same-person" in [each["code"] for each in again.document["missing"]]

    second = desk.says("rita", "case", "decide", 1, "--finding", "cc", *reason, "--json")
    assert second.document["state"] == "listable"
    assert second.document["request"] is not None

    assert desk.says("rita", "case", "approve", 1).code == 77
    third = desk.says("olga", "case", "approve", 1, "--json")
    assert (third.code, third.document["state"], third.document["listed"]) == (0, "listed", True)

    (listing,) = desk.says("anna", "listings", "export", "--format", "json").document["listings"]
    assert list(listing) == ["address", "protocol", "port", "class", "valid_until_epoch"]


@at(CaseState.CANDIDATE)
def test_whoever_looked_at_an_older_version_looks_again(desk: Desk) -> None:
    """Exit 75, and nothing is written down."""
    desk.says("anna", "case", "decide", 1, "--finding", "unsure", "--reason", "hm")

    said = desk.says(
        "alan", "case", "decide", 1, "--finding", "cc", "--reason", "x", "--version", 1
    )

    assert said.code == 75
    assert "look again" in said.err
    shown = desk.says("anna", "case", "show", 1, "--json").document
    assert [each["by"] for each in shown["verdicts"]] == ["anna"]


@at(CaseState.CANDIDATE)
def test_a_verdict_takes_a_reason(desk: Desk) -> None:
    """Without one, or with a blank one, exit 64."""
    for reason in ((), ("--reason", "  ")):
        assert desk.says("anna", "case", "decide", 1, "--finding", "cc", *reason).code == 64


@at(CaseState.CANDIDATE)
def test_the_auditor_reads_and_decides_nothing(desk: Desk) -> None:
    """Roles are asked at the door of each command."""
    assert desk.says("aude", "case", "show", 1).code == 0
    for words in (
        ("decide", 1, "--finding", "cc", "--reason", "x"),
        ("reject", 1, "--reason", "x"),
        ("note", 1, "x"),
        ("approve", 1),
        ("withdraw", 1, "--reason", "x"),
        ("recheck",),
    ):
        said = desk.says("aude", "case", *words)

        assert said.code == 77
        assert "aude may not" in said.err


@at(CaseState.CANDIDATE)
def test_a_rejected_case_is_closed(desk: Desk) -> None:
    """Its evidence and history stay; nothing is decided on it any more."""
    assert desk.says("anna", "case", "reject", 1, "--reason", "the vendor's cloud").code == 0

    again = desk.says("anna", "case", "decide", 1, "--finding", "cc", "--reason", "x")

    assert again.code == 75
    shown = desk.says("anna", "case", "show", 1, "--json").document
    assert shown["state"] == "rejected"
    assert len(shown["evidence"]) == 3


@at(CaseState.CANDIDATE)
def test_notes_are_kept_with_who_left_them(desk: Desk) -> None:
    """They change no version."""
    assert desk.says("anna", "case", "note", 1, "ask the hosting company").code == 0

    shown = desk.says("rita", "case", "show", 1, "--json").document
    assert [(each["by"], each["words"]) for each in shown["notes"]] == [
        ("anna", "ask the hosting company")
    ]
    assert shown["version"] == 1


@at(CaseState.LISTED)
def test_a_reviewer_withdraws_a_listing_at_once(desk: Desk) -> None:
    """It is gone from what is shown and exported."""
    assert desk.says("anna", "case", "withdraw", 1, "--reason", "a mistake").code == 77
    assert desk.says("rita", "case", "withdraw", 1, "--reason", "a mistake").code == 0

    assert desk.says("anna", "listings", "show", "--json").document == {"listings": []}
    said = desk.says("rita", "case", "withdraw", 1, "--reason", "a mistake")
    assert (said.code, "not listed" in said.err) == (75, True)


@at(CaseState.CANDIDATE)
def test_a_server_elsewhere_has_nothing_to_reveal(desk: Desk) -> None:
    """The door of own services is for these alone."""
    said = desk.says("anna", "case", "reveal", 1, "--reason", "to list it")

    assert said.code == 75
    assert "elsewhere" in said.err


@at(CaseState.CORROBORATED)
def test_a_recheck_says_what_changed(desk: Desk) -> None:
    """A second one on the same day changes nothing."""
    desk.says("anna", "case", "recheck")

    said = desk.says("anna", "case", "recheck", "--json")

    assert (said.code, said.document) == (0, {"changed": []})
    assert desk.says("anna", "case", "recheck", 7).code == 66
