"""
From listable to listed, and back: two people let a server out, one may take it back.

The reviewer who cleared a case asks; somebody else approves. In between everything is weighed
once more: what was listable yesterday may not be any more.
"""

from dataclasses import dataclass, replace
from typing import Final

from hinomi.errors import Conflict, NotFound, NotPermitted
from hinomi.govern import approvals as rules
from hinomi.govern.approvals import Request, State
from hinomi.govern.roles import Kind
from hinomi.model.address import Address
from hinomi.model.case import Case, CaseState, Finding, Step, Verdict
from hinomi.model.context import DAY_MS
from hinomi.model.listing import Listing, epoch_of
from hinomi.services import approvals
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.services.outcomes import note_outcomes
from hinomi.services.own import plain_address
from hinomi.services.people import acting, people_in_force
from hinomi.services.population import latest_flow, population_in
from hinomi.services.settling import deciders_of, lease, standing_of, weighed
from hinomi.services.unmasking import reveal
from hinomi.services.weighing import Assessment, Assessor
from hinomi.services.wording import said_words
from hinomi.store.casebook import CaseBook
from hinomi.verify.decide import Standing, missing_to_clear

FRESH_DAYS: Final = 2
"""Contacted so many days ago at most, a server is contacted when it is listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What came of an approval."""

    case: Case
    listing: Listing | None  # None: it was there to measure its reviewers.


def ask_publication(home: Home, case: Case, reason: str) -> int:
    """
    Ask for the publication of a listable case, unless that was asked for already.

    Returns:
        The number of the request.

    Raises:
        NotPermitted: If the acting person may not ask for it.
    """
    found = _request(home, case)
    if found is None:
        found = approvals.ask(home, Kind.PUBLICATION, _what(case), reason)
    return found.id


def approve(home: Home, case_id: int) -> Listed:
    """
    Approve the publication of a case as another person than the one who asked, and list it.

    Raises:
        NotFound: If there is no such case, or nobody asked for its publication.
        NotPermitted: If the acting person may not approve it, nobody else was needed, something
            holds it by now, or an own service has no leave to be named.
        Conflict: If it is not listable (any more).
    """
    mandate = home.mandate(Operation.APPROVE)
    with home.casebook() as casebook:
        case = casebook.cases.get(case_id)
        if case.state is not CaseState.LISTABLE:
            raise Conflict(f"case {case_id} is {case.state}: only what is listable is approved")
        asked = _request(home, case)
        if asked is None:
            raise NotFound(
                f"nobody asked for the publication of case {case_id}, or too long ago: a reviewer "
                f"does with `hinomi case decide {case_id} --finding cc`"
            )
        assessor = Assessor(home, casebook)
        deciders = deciders_of(casebook, case)
        assessment = assessor.assess(case.service, case.service_class, deciders)
        standing = standing_of(casebook, case, assessment)
        _require_clear(standing, assessor)
        seed = casebook.runs.seed(case)
        address = case.service.address
        _approve(home, asked)
        if case.service.own and seed is None:
            address = plain_address(home, casebook, case)
        approvals.take(home, asked.id)
        facts: dict[str, object] = {
            "case": case_id,
            "episode": case.episode,
            "version": case.version,
            "request": asked.id,
            "person": acting(home, people_in_force(home).people).id,
            "register": home.register.version,
        }
        entry = record(home.journal(), Operation.APPROVE, mandate, {"act": "list", **facts})
        if seed is not None:
            return _close_seed(home, casebook, case, assessment, entry)
        return _list(assessor, case, assessment, (address, entry))


def withdraw(home: Home, case_id: int, reason: str, *, gone: bool = False) -> Case:
    """
    Take a listed case off the list, at once; one reviewer may.

    Letting out takes two people, since a mistake hurts an innocent server. Taking back takes one,
    for the same reason.

    Args:
        home: Where.
        case_id: Which.
        reason: Why, in the acting person's words.
        gone: It was a C&C server and is none any more: no mistake, and no answer that says so.

    Raises:
        NotFound: If there is no such case.
        Conflict: If it is not listed.
        NotPermitted: If the acting person is no reviewer.
        UsageError: If the reason is blank.
    """
    said = said_words(reason, "the reason")
    mandate = home.mandate(Operation.WITHDRAW)
    actor = acting(home, people_in_force(home).people)
    with home.casebook() as casebook:
        case = casebook.cases.get(case_id)
        if case.state is not CaseState.LISTED:
            raise Conflict(f"case {case_id} is {case.state}, not listed: nothing to withdraw")
        assessor = Assessor(home, casebook)
        deciders = deciders_of(casebook, case)
        assessment = assessor.assess(case.service, case.service_class, deciders)
        facts: dict[str, object] = {
            "act": "withdraw",
            "case": case_id,
            "episode": case.episode,
            "version": case.version,
            "person": actor.id,
            "reason": said,
            "register": home.register.version,
        }
        entry = record(home.journal(), Operation.WITHDRAW, mandate, facts)
        change = weighed(case, assessment, home, Step.WITHDRAW, entry)
        verdict = Verdict(
            by=actor.id,
            at_ms=home.clock(),
            finding=Finding.CC if gone else Finding.NOT_CC,
            service_class=case.service_class,
            reason=said,
            episode=case.episode,
            posterior=change.after.posterior,
        )
        done = casebook.cases.change(
            replace(
                change,
                after=replace(change.after, is_urgent=False),
                event=replace(change.event, by=actor.id),
                verdict=verdict,
            )
        )
        note_outcomes(assessor, done, verdict, assessment)
    return done


def _list(
    assessor: Assessor,
    case: Case,
    assessment: Assessment,
    given: tuple[Address, int],
) -> Listed:
    home, casebook = assessor.home, assessor.casebook
    address, entry = given
    listing = Listing(
        address, case.service.proto, case.service.port, case.service_class, lease(home)
    )
    change = weighed(case, assessment, home, Step.LIST, entry)
    actor = acting(home, people_in_force(home).people)
    done = casebook.cases.change(
        replace(
            change,
            after=replace(change.after, is_urgent=False),
            event=replace(change.event, by=actor.id),
            listing=listing,
            since_epoch=epoch_of(home.clock(), home.register.integer("share.epoch_days")),
            was_contacted=_is_contacted(home, assessment),
        )
    )
    cleared = [
        each
        for each in casebook.cases.verdicts(case.id)
        if each.episode == case.episode and each.finding is Finding.CC
    ]
    note_outcomes(assessor, done, cleared[-1], assessment)
    return Listed(case=done, listing=listing)


def _close_seed(
    home: Home, casebook: CaseBook, case: Case, assessment: Assessment, entry: int
) -> Listed:
    """End a case that was there to measure its reviewers, in place of listing it."""
    change = weighed(case, assessment, home, Step.REJECT, entry)
    done = casebook.cases.change(replace(change, after=replace(change.after, is_urgent=False)))
    reveal(home, casebook, done)
    return Listed(case=done, listing=None)


def _require_clear(standing: Standing, assessor: Assessor) -> None:
    missing = missing_to_clear(standing, assessor.rules, standing.case.service_class)
    if missing:
        raise NotPermitted(f"case {standing.case.id} is not to be listed: {missing[0].text}")


def _is_contacted(home: Home, assessment: Assessment) -> bool:
    """Tell whether suspects were among the clients of a server in the last days."""
    flow = latest_flow(assessment.evidence)
    population = population_in(flow)
    if flow is None or population is None or population.suspects == 0:
        return False
    return home.clock() // DAY_MS - flow.observed_day <= FRESH_DAYS


def _approve(home: Home, asked: Request) -> None:
    """Approve a request, unless that was done; one that needed nobody else is refused."""
    if asked.state_at(home.clock()) is State.OPEN:
        approvals.approve(home, asked.id)
    elif not asked.four_eyes:
        raise NotPermitted(
            "a publication takes two people, and nobody else here may approve it: give somebody "
            "the role reviewer or privacy-officer with `hinomi people add`"
        )


def _request(home: Home, case: Case) -> Request | None:
    """Find the request for the publication of a case that is open or approved."""
    found = [
        each
        for each in approvals.all_requests(home)
        if rules.fits(each, Kind.PUBLICATION, _what(case))
        and each.state_at(home.clock()) in {State.OPEN, State.APPROVED}
    ]
    return found[-1] if found else None


def _what(case: Case) -> dict[str, object]:
    return {"case": case.id, "episode": case.episode, "class": case.service_class.value}
