"""What an answer says of those who spoke before it."""

from typing import Any

import pytest

from docket import At, case_of, found, service, stated, tell
from hinomi.model.case import CaseState, Finding, ServiceClass, Verdict
from hinomi.model.evidence import Claim, Method
from hinomi.services.cases import keep
from hinomi.services.outcomes import note_outcomes
from hinomi.services.weighing import Assessor
from household import Household


def noted(
    house: Household, finding: Finding = Finding.CC, **changed: Any
) -> dict[str, tuple[int, int]]:
    """Let case 1 be answered; give how often each source was right and wrong."""
    home = house.home()
    case = case_of(home)
    usual: dict[str, Any] = {
        "by": "rita",
        "at_ms": home.clock(),
        "service_class": ServiceClass.DEDICATED,
        "reason": "seen",
        "episode": 1,
        "posterior": 0.9,
    }
    said = Verdict(**{**usual, "finding": finding, **changed})
    with home.casebook() as casebook:
        assessor = Assessor(home, casebook)
        assessment = assessor.assess(case.service, said.service_class)
        note_outcomes(assessor, case, said, assessment)
        told = casebook.evidence.outcomes()
    return {name: (right, wrong) for name, (_, right, wrong) in told.items()}


def contradicted(at: At) -> Household:
    """Give a home in which two methods more say that `SERVER` is no C&C server."""
    house = at(CaseState.CANDIDATE)
    contrary = [(Method.LIST, "clouds"), (Method.SIGHTING, "neighbour")]
    tell(house.home(), *(stated(house, how, Claim.BENIGN, source=name) for how, name in contrary))
    return house


def test_who_agrees_with_two_others_was_right(at: At) -> None:
    """Each is borne out by the other two methods, and detection is calibrated elsewhere."""
    assert noted(at(CaseState.CANDIDATE)) == {"honeypot": (1, 0), "malware-analysis": (1, 0)}


def test_who_made_the_answer_is_not_borne_out_by_it(at: At) -> None:
    """Of two methods each leans on the other: an answer that rests on both tells of neither."""
    house = at()
    home = house.home()
    tell(home, stated(house), stated(house, Method.MALWARE))
    keep(home, found(home, worth=(service(),)))

    assert noted(house) == {}


@pytest.mark.parametrize(
    "kind", [ServiceClass.UNKNOWN, ServiceClass.COMPROMISED, ServiceClass.DEDICATED]
)
def test_who_is_contradicted_by_two_others_was_wrong(at: At, kind: ServiceClass) -> None:
    """Those who said so with the answer are right only if two others than they said so."""
    assert noted(contradicted(at), Finding.NOT_CC, service_class=kind) == {
        "honeypot": (0, 1),
        "malware-analysis": (0, 1),
    }


@pytest.mark.parametrize("kind", [ServiceClass.SINKHOLE, ServiceClass.LOADER])
def test_another_kind_of_server_is_no_cc(at: At, kind: ServiceClass) -> None:
    """Whoever called a sinkhole a C&C server was wrong."""
    assert noted(contradicted(at), Finding.CC, service_class=kind)["honeypot"] == (0, 1)


@pytest.mark.parametrize(
    ("finding", "kind"),
    [(Finding.CC, ServiceClass.SHARED), (Finding.NOT_CC, ServiceClass.SHARED)],
)
def test_a_shared_host_tells_of_nobody(at: At, finding: Finding, kind: ServiceClass) -> None:
    """Malware uses it, and listing it would be wrong: both sides have a point."""
    assert noted(contradicted(at), finding, service_class=kind) == {}


def test_a_doubt_answers_nothing(at: At) -> None:
    """Who is unsure has not said who is right."""
    assert noted(contradicted(at), Finding.UNSURE) == {}


def test_the_last_answer_of_an_episode_counts(at: At) -> None:
    """What was listed and is withdrawn was wrong after all."""
    house = contradicted(at)

    assert noted(house)["honeypot"] == (1, 0)
    assert noted(house, Finding.NOT_CC)["honeypot"] == (0, 1)
