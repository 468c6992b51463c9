"""How a case looks."""

import json

import pytest

from docket import SERVER, At, run, stated, tell
from hinomi.cli.casetext import case_document, file_document, print_cases, print_file
from hinomi.model.case import CaseState
from hinomi.model.evidence import Claim, Method
from hinomi.services.casefile import case_file, list_cases
from hinomi.services.casework import note


def test_a_file_as_a_document_has_everything(at: At) -> None:
    """Evidence with its weight, grade and reliability, holds, verdicts, notes, history; as JSON."""
    house = at(CaseState.LISTABLE)
    tell(house.home(), stated(house, Method.LIST, Claim.BENIGN, source="clouds"))
    note(house.act_as("anna"), 1, "asked the provider")
    found = case_file(house.home(), 1)

    told = json.loads(json.dumps(file_document(found)))

    assert case_document(found.case).items() <= file_document(found).items()
    assert [(each["method"], each["grade"]) for each in told["evidence"]] == [
        ("honeypot", "B"), ("malware-analysis", "A"), ("flow", "F"), ("list", "B"),
    ]  # fmt: skip
    weights = {each["method"]: each["weight"] for each in told["evidence"]}
    assert weights["malware-analysis"] > 0 > weights["list"]
    assert told["posterior_now"] <= told["agreed"]
    assert [each["code"] for each in told["holds_now"]] == ["said-benign"]
    assert told["holds_now"][0]["lifted_by"] == "reviewer"
    assert [each["code"] for each in told["missing"]] == ["said-benign"]
    assert [each["by"] for each in told["verdicts"]] == ["anna", "rita"]
    assert [each["words"] for each in told["notes"]] == ["asked the provider"]
    assert [each["step"] for each in told["history"]] == ["open", "take", "corroborate", "clear"]
    assert [each["before"] for each in told["history"]][:2] == [None, "candidate"]
    for text in (each["reasons"] for each in told["history"]):
        assert all(reason["text"] and reason["text_ja"] for reason in text)


def test_a_file_as_text_is_read_by_a_person(at: At, capsys: pytest.CaptureFixture[str]) -> None:
    """What it is, what is missing, who said what; its Admiralty code beside each source."""
    house = at(CaseState.CORROBORATED)
    tell(house.home(), stated(house, Method.LIST, Claim.BENIGN, source="clouds"))
    note(house.act_as("anna"), 1, "asked the provider")

    print_file(case_file(house.home(), 1))

    out = capsys.readouterr().out
    assert out.startswith(
        f"Case 1: {SERVER} tcp/443\ncorroborated, dedicated, episode 1, version 3\n"
    )
    assert "Missing before it can be listed:" in out
    assert "said-benign: " in out
    assert "In the own network 15 lines spoke with it, 12 of them suspected" in out
    assert "anna on " in out
    assert "asked the provider" in out
    for word in ("honeypot", "malware-analysis", "clouds", "corroborate"):
        assert word in out


def test_what_flow_has_not_shown_is_said(at: At, capsys: pytest.CaptureFixture[str]) -> None:
    """A case of others' evidence alone."""
    house = at()
    run(house.home(), stated(house))

    print_file(case_file(house.home(), 1))

    assert "The own network's flow has not shown it." in capsys.readouterr().out


def test_the_list_shows_no_certainty(at: At, capsys: pytest.CaptureFixture[str]) -> None:
    """Two digits, who waits, and what holds; an empty list is a heading."""
    house = at(CaseState.CANDIDATE)
    cases, _ = list_cases(house.home())

    print_cases(cases)
    full = capsys.readouterr().out
    print_cases(())

    assert ">0.99" in full
    assert "1.00" not in full
    assert "yes" in full
    assert SERVER in full
    assert SERVER not in capsys.readouterr().out
