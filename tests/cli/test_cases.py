"""``hinomi case``: roles, versions, exit codes, and what is said."""

import pytest

from docket import OTHER, SERVER, At, acts, case_of, run, seen, service, stated, tell
from hinomi.model.case import CaseState
from hinomi.model.evidence import Claim, Method
from household import Household
from terminal import Said, hinomi

REASON = ("--reason", "its samples report there")
CC = ("--finding", "cc", "--class", "dedicated", *REASON)


def by(house: Household, name: str | None, *words: object) -> Said:
    """Let somebody run a command on a home."""
    house.act_as(name)
    return hinomi(*words, home=house.folder)


def require_line(said: Said, code: int, *words: str) -> None:
    """Fail unless a command ended with *code* and one clear line."""
    assert (said.code, said.out) == (code, "")
    (line,) = said.err.strip().splitlines()
    for word in words:
        assert word in line


def test_the_whole_way_on_the_command_line(at: At) -> None:
    """Analyst, reviewer and a third person; each is told what comes next."""
    house = at(CaseState.CANDIDATE)

    first = by(house, "anna", "case", "decide", 1, *CC)
    second = by(house, "rita", "case", "decide", 1, *CC)
    third = by(house, "olga", "case", "approve", 1)

    assert [each.code for each in (first, second, third)] == [0, 0, 0]
    assert first.out == "Case 1 is corroborated, dedicated.\n"
    assert second.out == (
        "Case 1 is listable, dedicated.\n"
        "Request 1: another person approves with `hinomi case approve 1`.\n"
    )
    assert third.out == f"Case 1 is listed: {SERVER} tcp/443.\n"
    withdrawn = by(house, "rita", "case", "withdraw", 1, *REASON)
    assert withdrawn.out == "Case 1 is withdrawn.\n"


def test_a_verdict_as_a_document(at: At) -> None:
    """Step, what is missing with its numbers, and the request."""
    house = at(CaseState.CANDIDATE)

    told = by(house, "alan", "case", "decide", 1, *CC, "--json").document
    again = by(house, "alan", "case", "decide", 1, *CC, "--json").document

    assert (told["step"], told["state"], told["missing"], told["request"]) == (
        "corroborate", "corroborated", [], None,
    )  # fmt: skip
    assert (again["step"], [each["code"] for each in again["missing"]]) == (
        "weigh",
        ["same-person"],
    )
    assert again["was_seed"] is False


def test_what_is_missing_is_said(at: At) -> None:
    """Line by line, where the case stays."""
    house = at()
    run(house.home(), seen(house))

    said = by(house, "anna", "case", "decide", 1, *CC)

    assert said.code == 0
    assert said.out.splitlines()[0] == "Case 1 stays under-review. Missing:"
    assert "Independent methods that found it and still hold: 1; needed: 2." in said.out


ROLES: dict[tuple[object, ...], set[str]] = {
    ("case", "list"): {"anna", "alan", "rita", "olga", "aude"},
    ("case", "show", 1): {"anna", "alan", "rita", "olga", "aude"},
    ("case", "note", 1, "seen"): {"anna", "alan", "rita"},
    ("case", "decide", 1, *CC): {"anna", "alan", "rita"},
    ("case", "reject", 1, *REASON): {"anna", "alan", "rita"},
    ("case", "approve", 1): {"alan", "rita", "olga"},
    ("case", "withdraw", 1, *REASON): {"alan", "rita", "olga"},
    ("case", "reveal", 1, *REASON): {"anna", "alan", "oda"},
    ("case", "recheck"): {"anna", "alan", "oda"},
}


@pytest.mark.parametrize("words", ROLES, ids=lambda words: words[1])
def test_each_command_is_for_its_roles(at: At, words: tuple[object, ...]) -> None:
    """Whoever has none of them is refused (77) before anything is read, and that is journalled."""
    house = at(CaseState.CANDIDATE)
    for name in {"anna", "alan", "rita", "olga", "aude", "oda"} - ROLES[words]:
        begun = len(house.entries())
        require_line(by(house, name, *words), 77, f"{name} may not do")
        assert [word for _, word in acts(house, since=begun)] == ["refused"]

    allowed = min(ROLES[words])
    assert by(house, allowed, *words).code != 77
    require_line(by(house, "nobody", *words), 77, "this token is nobody's")


@pytest.mark.parametrize(
    "words",
    [
        ("case", "show", 99),
        ("case", "note", 99, "seen"),
        ("case", "decide", 99, *CC),
        ("case", "reject", 99, *REASON),
        ("case", "approve", 99),
        ("case", "withdraw", 99, *REASON),
        ("case", "reveal", 99, *REASON),
        ("case", "recheck", 99),
    ],
    ids=lambda words: words[1],
)
def test_an_unknown_case_exits_66(at: At, words: tuple[object, ...]) -> None:
    """In one line, whatever was asked of it."""
    require_line(by(at(CaseState.LISTED), None, *words), 66, "99")


@pytest.mark.parametrize(
    "words",
    [
        ("case", "decide", 1, "--finding", "cc", "--reason", " "),
        ("case", "reject", 1, "--reason", ""),
        ("case", "withdraw", 1, "--reason", ""),
        ("case", "note", 1, " "),
        ("case", "decide", 1, *CC, "--lift", "crowd"),
        ("case", "decide", 1, "--finding", "maybe", *REASON),
        ("case", "decide", 1, "--finding", "cc", "--class", "unknown", *REASON),
        ("case", "decide", 1, "--finding", "cc"),
        ("case", "decide", 0, *CC),
        ("case", "show", "one"),
        ("case", "list", "--top", 0),
        ("case", "list", "--state", "open"),
    ],
)
def test_what_cannot_be_meant_exits_64(at: At, words: tuple[object, ...]) -> None:
    """Blank reasons, codes that are no hold of the case, words that are none."""
    house = at(CaseState.CANDIDATE)
    before = case_of(house.home())

    said = by(house, None, *words)

    assert (said.code, said.out) == (64, "")
    assert said.err
    assert "Traceback" not in said.err
    assert case_of(house.home()) == before


def test_a_case_that_has_changed_since_exits_75(at: At) -> None:
    """Whoever names the version they looked at decides on that or on nothing."""
    house = at(CaseState.CORROBORATED)
    version = case_of(house.home()).version

    require_line(by(house, "rita", "case", "decide", 1, *CC, "--version", 1), 75, "look again")
    require_line(by(house, "rita", "case", "reject", 1, *REASON, "--version", 1), 75)

    assert by(house, "rita", "case", "decide", 1, *CC, "--version", version).code == 0


def test_a_closed_case_exits_75(at: At) -> None:
    """It refuses every verdict; what is not listed is not withdrawn, nor approved."""
    house = at(CaseState.CANDIDATE)
    assert by(house, "rita", "case", "reject", 1, *REASON).out == "Case 1 is rejected, unknown.\n"

    for words in (
        ("case", "decide", 1, *CC),
        ("case", "reject", 1, *REASON),
        ("case", "approve", 1),
        ("case", "withdraw", 1, *REASON),
    ):
        require_line(by(house, "rita", *words), 75, "case 1 is rejected")


def test_a_hold_that_nobody_lifts_exits_77(at: At) -> None:
    """So does one that an analyst would lift; a reviewer lifts what reviewers may."""
    house = at(CaseState.CORROBORATED)
    tell(
        house.home(),
        stated(house, Method.ANALYST, Claim.SINKHOLE, source="x"),
        stated(house, Method.LIST, Claim.BENIGN, source="x"),
    )

    require_line(by(house, "rita", "case", "decide", 1, *CC, "--lift", "said-sinkhole"), 77)
    require_line(by(house, "anna", "case", "decide", 1, *CC, "--lift", "said-benign"), 77, "anna")
    lifted = by(house, "rita", "case", "decide", 1, *CC, "--lift", "said-benign", "--json").document

    assert [each["code"] for each in lifted["missing"]] == ["said-sinkhole"]


def test_nobody_approves_alone(at: At) -> None:
    """Who asked is refused (77); without a request there is nothing to approve (66)."""
    house = at(CaseState.LISTABLE)

    require_line(by(house, "rita", "case", "approve", 1), 77, "another person")
    require_line(by(house, None, "case", "reveal", 1, *REASON), 75, "no secret")
    assert by(house, "olga", "case", "approve", 1, "--json").document["listed"] is True


def test_the_list_of_cases(at: At) -> None:
    """As a table with counts, and as a document; those that wait first."""
    house = at(CaseState.CANDIDATE)
    run(house.home(), seen(house, 0.7, of=service(OTHER)))

    told = by(house, "anna", "case", "list", "--json").document
    table = by(house, "anna", "case", "list").out
    urgent = by(house, "anna", "case", "list", "--urgent", "--json").document
    second = by(house, "anna", "case", "list", "--top", 1, "--skip", 1, "--json").document

    assert [each["case"] for each in told["cases"]] == [1, 2]
    assert told["states"] == {"candidate": 2}
    assert told["cases"][0] == told["cases"][0] | {
        "address": SERVER, "protocol": "tcp", "port": 443, "state": "candidate",
        "class": "unknown", "methods": 3, "holds": [], "urgent": True, "episode": 1, "version": 1,
    }  # fmt: skip
    assert [each["case"] for each in urgent["cases"]] == [1]
    assert [each["case"] for each in second["cases"]] == [2]
    assert f"{SERVER} tcp/443" in table
    assert table.endswith("2 candidate\n")


def test_a_home_without_cases_says_what_opens_them(at: At) -> None:
    """And an empty document stays a document."""
    house = at()

    assert (
        "There are no cases: `hinomi detect` opens them." in by(house, "anna", "case", "list").out
    )
    assert by(house, "anna", "case", "list", "--json").document == {"cases": [], "states": {}}


def test_a_server_that_is_gone_is_withdrawn_and_was_no_mistake(at: At) -> None:
    """Its verdict says that it was one, so that accuracy counts it as right."""
    house = at(CaseState.LISTED)
    assert by(house, "rita", "case", "withdraw", 1, "--gone", *REASON).code == 0

    shown = by(house, "anna", "case", "show", 1, "--json").document
    report = by(house, "anna", "accuracy", "--json").document

    assert (shown["state"], shown["verdicts"][-1]["finding"]) == ("withdrawn", "cc")
    assert report["precision"]["whole"]["right"] == 1


def test_notes_and_rechecks_are_told(at: At) -> None:
    """In words and as documents."""
    house = at(CaseState.CANDIDATE)

    assert by(house, "anna", "case", "note", 1, "asked").out == "Noted at case 1.\n"
    noted = by(house, "anna", "case", "note", 1, "asked", "--json").document
    assert noted == {"case": 1, "noted": True}
    assert by(house, "oda", "case", "recheck").out == "0 changed.\n"
    tell(house.home(), stated(house, Method.LIST, Claim.BENIGN))
    changed = by(house, "oda", "case", "recheck", 1, "--json").document["changed"]
    assert [(each["case"], each["step"]) for each in changed] == [(1, "weigh")]


def test_the_help_names_the_whole_way() -> None:
    """In the words of the model."""
    text = hinomi("case", "--help").out

    for state in CaseState:
        assert state in text
