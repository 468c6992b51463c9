"""One case as whoever decides on it reads it, and the list of cases; both journalled as reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from hinomi.model.case import Case, CaseEvent, CaseState, Verdict
from hinomi.model.service import Reason
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.services.settling import deciders_of, standing_of
from hinomi.services.weighing import Assessment, Assessor
from hinomi.store.casebook import CaseBook
from hinomi.store.cases import Note
from hinomi.verify.decide import missing_to_clear
from hinomi.verify.reliability import credibility


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """Everything that is known, thought and decided about one service."""

    case: Case
    assessment: Assessment  # As of now: the case tells what it came to when it last changed.
    missing: tuple[Reason, ...]  # Before it can be listable.
    verdicts: tuple[Verdict, ...]
    notes: tuple[Note, ...]
    history: tuple[CaseEvent, ...]
    credibility: int  # Digit of the Admiralty code of the whole.


def case_file(home: Home, case_id: int) -> CaseFile:
    """
    Give one case, weighed as of now.

    Raises:
        NotFound: If there is none of this number.
        NotPermitted: If no mandate permits it.
    """
    mandate = home.mandate(Operation.SHOW_CASES)
    with home.casebook() as casebook:
        casebook.cases.get(case_id)  # One that is not there is not shown.
        facts = {"act": "show", "case": case_id, "register": home.register.version}
        record(home.journal(), Operation.SHOW_CASES, mandate, facts)
        with casebook.snapshot():  # History, verdicts and state are of one moment.
            return _case_file(home, casebook, case_id)


def _case_file(home: Home, casebook: CaseBook, case_id: int) -> CaseFile:
    case = casebook.cases.get(case_id)
    assessor = Assessor(home, casebook)
    deciders = deciders_of(assessor.casebook, case)
    assessment = assessor.assess(case.service, case.service_class, deciders)
    standing = standing_of(casebook, case, assessment)
    return CaseFile(
        case=case,
        assessment=assessment,
        missing=missing_to_clear(standing, assessor.rules, case.service_class),
        verdicts=casebook.cases.verdicts(case_id),
        notes=casebook.cases.notes(case_id),
        history=casebook.cases.history(case_id),
        credibility=credibility(
            assessment.weighing.posterior,
            methods_for=assessment.weighing.methods,
            methods_against=assessment.weighing.methods_against,
            confirmed=assessor.rules.least_methods,
        ),
    )


def list_cases(
    home: Home,
    states: Sequence[CaseState] = (),
    *,
    only_urgent: bool = False,
    most: int = 50,
    skip: int = 0,
) -> tuple[tuple[Case, ...], dict[CaseState, int]]:
    """
    Give cases, those first that a person is waited for, and how many there are in each state.

    Raises:
        NotPermitted: If no mandate permits it.
    """
    mandate = home.mandate(Operation.SHOW_CASES)
    with home.casebook() as casebook, casebook.snapshot():
        found = casebook.cases.page(states, only_urgent=only_urgent, most=most, skip=skip)
        counts = casebook.cases.count()
    record(home.journal(), Operation.SHOW_CASES, mandate, {"act": "list", "cases": len(found)})
    return found, counts
