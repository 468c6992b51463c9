"""
Cases from runs of detection: opened, looked at again, expired.

The same findings again change nothing. A run journals before it changes anything how many cases
it will touch, and afterwards what became of them.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hinomi.errors import Conflict, Unavailable
from hinomi.model.case import OPEN_STATES, Case, CaseEvent, CaseState, ServiceClass, Step, after
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import Claim, Method
from hinomi.model.service import Reason, Service
from hinomi.services.home import Home, require_one_period
from hinomi.services.mandates import Operation, record
from hinomi.services.moves import note_moves
from hinomi.services.paging import page
from hinomi.services.population import latest_flow
from hinomi.services.settling import AGED, RUN, Settled, settle, weighed
from hinomi.services.weighing import Assessment, Assessor
from hinomi.store.casebook import CaseBook
from hinomi.store.caseruns import Run
from hinomi.store.cases import Change
from hinomi.verify.decide import detected, list_codes, missing_evidence, reasons_of

if TYPE_CHECKING:  # It loads detection, which takes a second: not to show a case.
    from hinomi.services.findings import Finder


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What one run did to the cases."""

    opened: tuple[Case, ...]
    returned: tuple[Case, ...]  # New episodes of cases that were closed.
    settled: tuple[Settled, ...]
    new_statements: int  # Evidence that nobody had brought before.
    below: int  # Candidates that were not worth a case.

    @property
    def facts(self) -> dict[str, object]:
        """What the journal keeps of it."""
        steps = Counter(each.step.value for each in self.settled)
        return {
            "opened": len(self.opened),
            "returned": len(self.returned),
            "statements": self.new_statements,
            "below": self.below,
            "steps": dict(sorted(steps.items())),
        }


def keep(home: Home, found: "Finder") -> Kept:
    """
    Open, return and settle cases by what a run found; the same findings again change nothing.

    Raises:
        NotPermitted: If no mandate permits it.
        Unavailable: If somebody else holds the case book for too long, or the pseudonym key
            changed since the run began.
    """
    mandate = home.mandate(Operation.CASES)
    facts: dict[str, object] = {"act": "run", "register": home.register.version}
    journal = home.journal()
    told = {"worth": len(found.worth), "below": found.below, "findings": found.digest}
    record(journal, Operation.CASES, mandate, {**facts, "stage": "begins", **told})
    with home.casebook() as casebook:
        _require_period(home, casebook, found)
        kept = _keep(home, casebook, found)
        casebook.runs.put(
            Run(
                digest=found.digest,
                at_ms=home.clock(),
                until_day=found.until_day,
                candidates=len(found.worth),
                below=found.below,
                opened=len(kept.opened) + len(kept.returned),
            )
        )
    record(journal, Operation.CASES, mandate, {**facts, "stage": "done", **kept.facts})
    page(home, [*_urgent(kept.opened), *_urgent(kept.returned), *_paged(kept.settled)])
    return kept


def _require_period(home: Home, casebook: CaseBook, found: "Finder") -> None:
    """Return if what a run found is still under the key period of the case book."""
    require_one_period(home, casebook)
    if found.period != home.key_period:
        raise Unavailable(
            "the pseudonym key changed while records were read: own services have other "
            "pseudonyms now; run it again"
        )


def look_again(home: Home, numbers: Sequence[int] = ()) -> tuple[Settled, ...]:
    """
    Weigh open cases anew as of now, without reading flow information.

    Args:
        home: Where.
        numbers: Of the cases; empty: all open ones.

    Raises:
        NotFound: If there is no such case.
    """
    mandate = home.mandate(Operation.CASES)
    facts: dict[str, object] = {"act": "recheck", "register": home.register.version}
    with home.casebook() as casebook:
        cases = (
            casebook.cases.get_each(numbers) if numbers else casebook.cases.in_states(OPEN_STATES)
        )
        record(
            home.journal(),
            Operation.CASES,
            mandate,
            {**facts, "stage": "begins", "cases": len(cases)},
        )
        note_moves(home, casebook, cases)
        settled = tuple(settle(Assessor(home, casebook), cases))
    steps = Counter(each.step.value for each in settled)
    told = {**facts, "stage": "done", "steps": dict(sorted(steps.items()))}
    record(home.journal(), Operation.CASES, mandate, told)
    page(home, _paged(settled))
    return settled


def _keep(home: Home, casebook: CaseBook, found: "Finder") -> Kept:
    now_ms = home.clock()
    new = casebook.evidence.add(found.evidence, now_ms)
    known = [casebook.cases.find(service) for service in found.worth]
    again = [each for each in known if each is not None and not each.state.is_open]
    new += note_moves(home, casebook, [*casebook.cases.in_states(OPEN_STATES), *again])
    assessor = Assessor(home, casebook)
    opened, returned = [], []
    for service, case in zip(found.worth, known, strict=True):
        with suppress(Conflict):  # Another run was faster: the case is there.
            if case is None:
                opened.append(open_case(assessor, service))
            elif not case.state.is_open and returns(assessor, case):
                returned.append(begin_again(assessor, case))
    fresh = {case.id for case in (*opened, *returned)}
    others = [each for each in casebook.cases.in_states(OPEN_STATES) if each.id not in fresh]
    return Kept(
        opened=tuple(opened),
        returned=tuple(returned),
        settled=tuple(settle(assessor, others)),
        new_statements=new,
        below=found.below,
    )


def open_case(assessor: Assessor, service: Service) -> Case:
    """
    Open the case of a service.

    Raises:
        Conflict: If it has one already.
    """
    return assessor.casebook.cases.open(first_change(assessor, service))


def first_change(assessor: Assessor, service: Service) -> Change:
    """Tell the opening of the case of a service as a change."""
    home = assessor.home
    now_ms = home.clock()
    assessment = assessor.assess(service)
    state = after(None, Step.OPEN)
    assert state is not None  # noqa: S101 - the table has it.
    case = Case(
        id=0,
        service=service,
        state=state,
        service_class=assessment.suggested,
        episode=1,
        version=1,
        opened_ms=now_ms,
        changed_ms=now_ms,
        posterior=round(assessment.weighing.posterior, 4),
        methods=assessment.weighing.methods,
        holds=list_codes(assessment.holds),
        is_urgent=not missing_evidence(assessment.weighing, assessor.rules),
    )
    event = CaseEvent(
        version=1,
        episode=1,
        at_ms=now_ms,
        step=Step.OPEN,
        before=None,
        after=state,
        by=RUN,
        register=home.register.version,
        entry=-1,
        posterior=case.posterior,
        reasons=(*_detected(assessment), *reasons_of(assessment.weighing, assessment.holds)),
    )
    return Change(after=case, event=event)


def returns(assessor: Assessor, case: Case) -> bool:
    """
    Tell whether a service that was found again begins a new episode.

    One that expired does when it was found again, later than before it expired. One that people
    rejected or withdrew does only when a method that is not the own flow found it since, and the
    evidence suffices: the same vendor cloud is not to come back with every run. A list that held
    it before finds nothing by holding it still. One whose case was there to measure its reviewers
    was never judged itself: it does as soon as it is found.
    """
    assessment = assessor.assess(case.service)
    if assessor.casebook.runs.seed(case) is not None:
        return assessment.last_day > 0 and _is_present(assessment, assessor)
    since_day = case.changed_ms // DAY_MS
    if case.state is CaseState.EXPIRED:
        is_new = assessment.last_day > _last_day_of(assessor, case)
        return is_new and _is_present(assessment, assessor)
    later = [each for each in assessment.of_holder if each.observed_day > since_day]
    others = [each for each in later if each.claim is Claim.CC and each.method is not Method.FLOW]
    others = [
        each for each in others if int(each.facts.get("since_day", since_day + 1)) > since_day
    ]
    return bool(others) and not missing_evidence(assessment.weighing, assessor.rules)


def _last_day_of(assessor: Assessor, case: Case) -> int:
    """Give the day on which the episode that expired was found last: seen then, it is not back."""
    history = assessor.casebook.cases.history(case.id)
    expired = [each for each in history if each.step is Step.EXPIRE][-1]
    aged = (each.values for each in expired.reasons if each.code == AGED)
    return int(next(aged, {}).get("last_day", expired.at_ms // DAY_MS))


def _is_present(assessment: Assessment, assessor: Assessor) -> bool:
    age_days = assessor.watched_days(assessor.day - assessment.last_day)
    return age_days <= assessment.days_held


def begin_again(assessor: Assessor, case: Case) -> Case:
    """
    Begin another episode of a closed case.

    Raises:
        Conflict: If somebody else was faster.
    """
    assessment = assessor.assess(case.service)
    home = assessor.home
    change = weighed(case, assessment, home, Step.RETURN)
    episode = case.episode + 1
    again = replace(
        change.after,
        episode=episode,
        opened_ms=home.clock(),
        service_class=ServiceClass.UNKNOWN,
        is_urgent=not missing_evidence(assessment.weighing, assessor.rules),
    )
    reasons = (*_detected(assessment), *change.event.reasons)
    event = replace(change.event, episode=episode, reasons=reasons)
    return assessor.casebook.cases.change(replace(change, after=again, event=event))


def _detected(assessment: Assessment) -> tuple[Reason, ...]:
    flow = latest_flow(assessment.evidence)
    return () if flow is None else (detected(flow),)


def _urgent(cases: Sequence[Case]) -> list[Case]:
    return [each for each in cases if each.is_urgent]


def _paged(settled: Sequence[Settled]) -> list[Case]:
    return [each.case for each in settled if each.is_paged]
