"""A case as whoever decides on it reads it, and the list of cases."""

import pytest

from docket import (
    OTHER,
    At,
    acts,
    bodies,
    end,
    require_no_address,
    run,
    seen,
    service,
    stated,
    tell,
)
from hinomi.errors import NotFound, NotPermitted
from hinomi.govern.matrix import Purpose
from hinomi.model.case import CaseState, Finding, Step
from hinomi.model.evidence import Claim, Method
from hinomi.services.casefile import case_file, list_cases
from hinomi.services.casework import decide, note
from household import DAY_MS


def test_a_file_has_everything_that_is_known_and_decided(at: At) -> None:
    """Evidence, verdicts, notes and history, weighed as of now; the read is journalled."""
    house = at(CaseState.CORROBORATED)
    note(house.act_as("anna"), 1, "asked the provider")
    home, begun = house.act_as("aude"), len(house.entries())

    found = case_file(home, 1)

    assert [each.method for each in found.assessment.evidence] == [
        Method.HONEYPOT, Method.MALWARE, Method.FLOW,
    ]  # fmt: skip
    assert [each.by for each in found.verdicts] == ["anna"]
    assert [each.words for each in found.notes] == ["asked the provider"]
    assert [each.step for each in found.history] == [Step.OPEN, Step.TAKE, Step.CORROBORATE]
    assert (found.missing, found.credibility) == ((), 1)
    assert acts(house, since=begun) == [("case show", "show")]
    assert bodies(house, since=begun)[0]["case"] == 1
    require_no_address(house)


def test_a_file_tells_how_it_is_now(at: At) -> None:
    """The case keeps what it came to when it last changed; reading it changes nothing."""
    house = at(CaseState.CANDIDATE)
    house.later(60 * DAY_MS)
    tell(house.home(), stated(house, Method.LIST, Claim.BENIGN))

    found = case_file(house.home(), 1)

    assert found.assessment.weighing.posterior < found.case.posterior
    assert found.case.version == 1
    assert [each.code for each in found.missing][-1] == "said-benign"
    assert found.credibility > 1


def test_a_file_tells_what_is_missing(at: At) -> None:
    """Before it could be listable, by whoever clears it."""
    house = at()
    run(house.home(), seen(house))

    found = case_file(house.home(), 1)

    assert [each.code for each in found.missing] == ["too-few-methods", "class"]
    assert found.credibility == 2


def test_an_unknown_case_is_not_found(at: At) -> None:
    """And no read of it is journalled."""
    house = at(CaseState.CANDIDATE)
    home, begun = house.home(), len(house.entries())

    with pytest.raises(NotFound, match="hinomi case list"):
        case_file(home, 99)

    assert len(house.entries()) == begun


def test_those_that_wait_for_a_person_come_first(at: At) -> None:
    """Then the most probable; pages and states choose among them, and all are counted."""
    house = at()
    texts = [f"203.0.113.{number}" for number in range(1, 6)]
    waiting = service(texts[0])
    tell(house.home(), stated(house, Method.MALWARE, service=waiting))
    strengths = (0.7, 0.9, 0.8, 0.75, 0.65)
    run(
        house.home(),
        *(seen(house, sure, of=service(text)) for text, sure in zip(texts, strengths, strict=True)),
    )
    decide(house.act_as("anna"), 5, Finding.NOT_CC, "a cloud")
    home, begun = house.act_as("anna"), len(house.entries())

    cases, counts = list_cases(home)
    urgent, _ = list_cases(home, only_urgent=True)
    rejected, all_counts = list_cases(home, [CaseState.REJECTED])
    page, _ = list_cases(home, most=2, skip=1)

    assert cases[0].service == waiting
    assert [each.is_urgent for each in cases] == [True, False, False, False, False]
    posteriors = [each.posterior for each in cases[1:]]
    assert posteriors == sorted(posteriors, reverse=True)
    assert urgent == cases[:1]
    assert [each.id for each in rejected] == [5]
    assert page == cases[1:3]
    assert counts == all_counts == {CaseState.CANDIDATE: 4, CaseState.REJECTED: 1}
    assert [each["cases"] for each in bodies(house, since=begun)] == [5, 1, 1, 2]
    require_no_address(house, *texts)


def test_without_its_purpose_nothing_is_shown(at: At) -> None:
    """Neither one case nor the list."""
    house = at(CaseState.CANDIDATE)
    run(house.home(), seen(house, of=service(OTHER)))
    end(house, Purpose.DETECT_CC)
    home, begun = house.home(), len(house.entries())

    with pytest.raises(NotPermitted):
        case_file(home, 1)
    with pytest.raises(NotPermitted):
        list_cases(home)

    assert acts(house, since=begun) == [("refused", None)] * 2
