"""How a case looks, as a document and as text."""

from pathlib import Path

import pytest

from docket import lead, manned, stated, tell
from hinomi.cli.casetext import case_document, event_document, file_document, print_file
from hinomi.clock import wall_clock
from hinomi.model.case import CaseState
from hinomi.model.evidence import Claim, Method
from hinomi.services.casefile import CaseFile, case_file


@pytest.fixture(scope="module", name="read")
def a_case_that_was_read(tmp_path_factory: pytest.TempPathFactory) -> CaseFile:
    """Give a corroborated case with a trait, a hold and a verdict."""
    with pytest.MonkeyPatch.context() as patch:
        folder: Path = tmp_path_factory.mktemp("text") / "home"
        house = manned(folder, patch, wall_clock)
        lead(house, CaseState.CANDIDATE)
        lead(house, CaseState.CORROBORATED)
        tell(house.home(), stated(house, Method.ANALYST, Claim.SHARED))
        return case_file(house.act_as("rita"), 1)


def test_a_document_tells_everything_by_name(read: CaseFile) -> None:
    """What scripts rely on: service, state, version, evidence, holds, verdicts, history."""
    told = file_document(read)

    assert (told["case"], told["address"], told["protocol"], told["port"]) == (
        1,
        "203.0.113.9",
        "tcp",
        443,
    )
    assert {"state", "version", "posterior_now", "missing", "holds_now"} <= told.keys()
    evidence = told["evidence"]
    assert isinstance(evidence, list)
    assert {each["method"] for each in evidence} == {
        "flow",
        "honeypot",
        "malware-analysis",
        "analyst",
    }
    assert all({"grade", "reliability", "weight", "day"} <= each.keys() for each in evidence)


def test_every_reason_is_told_in_both_languages(read: CaseFile) -> None:
    """What is missing, what holds, and why each step was taken."""
    told = file_document(read)
    reasons = [*told["missing"], *told["holds_now"]]  # type: ignore[misc]  # Lists of documents.
    reasons += [why for each in read.history for why in event_document(each)["reasons"]]  # type: ignore[attr-defined]

    assert len(reasons) > 3
    assert all(each["text"] and each["text_ja"] for each in reasons)
    assert all(each["text"] != each["text_ja"] for each in reasons)


def test_a_list_tells_less_than_a_file(read: CaseFile) -> None:
    """Evidence and verdicts stand in the file alone."""
    assert "evidence" not in case_document(read.case)
    assert case_document(read.case).items() <= file_document(read).items()


def test_people_read_what_is_missing_and_who_said_what(
    read: CaseFile, capsys: pytest.CaptureFixture[str]
) -> None:
    """In lines: what it comes to, who met it, holds with who lifts them, verdicts, steps."""
    print_file(read)

    text = " ".join(capsys.readouterr().out.split())  # However it is folded.
    assert "Case 1: 203.0.113.9 tcp/443" in text
    assert "15 lines spoke with it, 12" in text
    assert "Missing before it can be listed:" in text
    assert "Lifted by:" in text
    assert "anna on" in text
    assert "corroborate" in text
