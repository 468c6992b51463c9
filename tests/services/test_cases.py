"""Cases from runs: opened, looked at again, returned; the same findings again change nothing."""

import pytest

from docket import (
    OTHER,
    SERVER,
    At,
    acts,
    bodies,
    case_of,
    end,
    found,
    own_line,
    require_no_address,
    run,
    seen,
    service,
    stated,
    tell,
)
from hinomi.errors import Conflict, NotFound, NotPermitted, Unavailable
from hinomi.govern.matrix import Purpose
from hinomi.model.case import CaseState, Finding, ServiceClass, Step
from hinomi.model.evidence import Method
from hinomi.model.service import Service
from hinomi.services.cases import begin_again, keep, look_again, open_case, returns
from hinomi.services.casework import decide
from hinomi.services.findings import finder_for
from hinomi.services.publishing import withdraw
from hinomi.services.weighing import Assessor
from hinomi.verify.decide import DETECTED
from household import DAY_MS, Household


def test_what_is_worth_a_case_gets_one(at: At) -> None:
    """As a candidate, with what detection gave it and all that was known of it before."""
    house = at()
    tell(house.home(), stated(house, ago=1))

    kept = run(house.home(), seen(house))

    (case,) = kept.opened
    assert case == case_of(house.home())
    assert (case.state, case.episode, case.version) == (CaseState.CANDIDATE, 1, 1)
    assert (case.methods, case.is_urgent, kept.new_statements) == (2, True, 1)
    with house.home().casebook() as casebook:
        (opened,) = casebook.cases.history(1)
    assert (opened.step, opened.before, opened.by) == (Step.OPEN, None, "run")
    assert [each.code for each in opened.reasons] == [DETECTED, "flow-cc", "honeypot-cc"]


def test_the_journal_has_a_run_before_it_changes_anything(at: At) -> None:
    """How many it will touch, and then what became of them; a run that fails told the first."""
    house = at()
    begun = len(house.entries())

    run(house.home(), seen(house))

    first, last = bodies(house, since=begun)
    assert (first["operation"], first["act"], first["stage"], first["worth"]) == (
        "case", "run", "begins", 1,
    )  # fmt: skip
    assert (last["stage"], last["opened"], last["returned"]) == ("done", 1, 0)
    assert (last["statements"], last["steps"]) == (1, {})
    require_no_address(house)


def test_the_same_findings_again_change_nothing(at: At) -> None:
    """However often a run is repeated: cases, evidence, runs and verdicts are as they were."""
    house = at()
    mine = [seen(house), stated(house, service=service(OTHER))]
    first = keep(house.home(), found(house.home(), *mine))
    before = _everything(house)

    for _ in range(2):
        again = keep(house.home(), found(house.home(), *mine))
        assert (again.opened, again.returned, again.settled, again.new_statements) == (
            (), (), (), 0,
        )  # fmt: skip

    assert len(first.opened) == 2
    assert _everything(house) == before


def _everything(house: Household) -> list[object]:
    with house.home().casebook() as casebook:
        cases = casebook.cases.page()
        histories = [casebook.cases.history(each.id) for each in cases]
        return [cases, histories, casebook.evidence.count(), casebook.runs.all()]


def test_a_run_notes_what_it_left_out(at: At) -> None:
    """Candidates that were not worth a case are counted, with the last day that was seen."""
    house = at()
    finder = found(house.home(), seen(house, ago=2))
    finder.below = 7

    kept = keep(house.home(), finder)

    with house.home().casebook() as casebook:
        (noted,) = casebook.runs.all()
    assert kept.below == noted.below == 7
    assert (noted.candidates, noted.opened) == (1, 1)
    assert noted.until_day == house.clock() // DAY_MS - 2


def expired(at: At) -> Household:
    """Give a home whose case 1 has expired by silence."""
    house = at(CaseState.LISTED)
    house.later(95 * DAY_MS)
    look_again(house.home())
    assert case_of(house.home()).state is CaseState.EXPIRED
    return house


def test_what_expired_returns_when_it_is_found_again(at: At) -> None:
    """Another episode of the same case: a candidate that nobody decided on, of no class."""
    house = expired(at)
    house.later(DAY_MS)

    (case,) = run(house.home(), seen(house)).returned

    assert (case.id, case.state, case.episode) == (1, CaseState.CANDIDATE, 2)
    assert (case.service_class, case.opened_ms) == (ServiceClass.UNKNOWN, house.clock())
    with house.home().casebook() as casebook:
        last = casebook.cases.history(1)[-1]
        assert casebook.listings.standing(0) == ()
    assert (last.step, last.episode, last.reasons[0].code) == (Step.RETURN, 2, DETECTED)
    decided = decide(
        house.act_as("rita"), 1, Finding.CC, "back", service_class=ServiceClass.DEDICATED
    )
    assert decided.case.state is CaseState.UNDER_REVIEW  # Nothing of the first episode counts.


def test_what_expired_does_not_return_because_old_records_are_read_again(at: At) -> None:
    """The records in which it was found before tell nothing new, however often they are read."""
    house = at(CaseState.LISTED)
    old = seen(house)
    for _ in range(34):
        house.later(DAY_MS)
        keep(house.home(), found(house.home(), seen(house, of=service(OTHER))))
        if case_of(house.home()).state is CaseState.EXPIRED:
            break

    again = keep(house.home(), found(house.home(), old))

    assert again.returned == ()
    assert case_of(house.home()).state is CaseState.EXPIRED


@pytest.mark.parametrize("state", [CaseState.REJECTED, CaseState.WITHDRAWN])
def test_what_people_threw_out_does_not_return_with_the_next_run(at: At, state: CaseState) -> None:
    """The same vendor cloud would else be back every night; another method brings it back."""
    house = at(CaseState.CANDIDATE if state is CaseState.REJECTED else CaseState.LISTED)
    if state is CaseState.REJECTED:
        decide(house.act_as("rita"), 1, Finding.NOT_CC, "the vendor's cloud")
    else:
        withdraw(house.act_as("rita"), 1, "the vendor's cloud")
    for _ in range(3):
        house.later(DAY_MS)
        assert run(house.home(), seen(house)).returned == ()
    assert case_of(house.home()).state is state

    tell(house.home(), stated(house, Method.HONEYPOT))
    (case,) = run(house.home(), seen(house, 0.96)).returned

    assert (case.episode, case.state) == (2, CaseState.CANDIDATE)


def test_what_nobody_knows_of_is_no_return(at: At) -> None:
    """`returns` asks of a closed case alone what speaks for it since; one method is too few."""
    house = at(CaseState.CANDIDATE)
    decide(house.act_as("rita"), 1, Finding.NOT_CC, "the vendor's cloud")
    home = house.home()
    with home.casebook() as casebook:
        assert not returns(Assessor(home, casebook), case_of(home))


def test_two_runs_do_not_begin_one_episode_twice(at: At) -> None:
    """Whoever is second is told."""
    house = expired(at)
    home, before = house.home(), case_of(house.home())
    with home.casebook() as casebook:
        assessor = Assessor(home, casebook)
        begin_again(assessor, before)
        with pytest.raises(Conflict):
            begin_again(assessor, before)


def test_a_service_has_one_case(at: At) -> None:
    """A second one is refused."""
    home = at(CaseState.CANDIDATE).home()
    with home.casebook() as casebook, pytest.raises(Conflict, match="has a case already"):
        open_case(Assessor(home, casebook), service())


def test_a_run_looks_for_open_cases_whatever_they_look_like_now(at: At) -> None:
    """Those that are named, or all; a closed one is not asked for."""
    house = at(CaseState.CANDIDATE)
    run(house.home(), seen(house, of=service(OTHER)))
    home = house.act_as("anna")
    decide(home, 2, Finding.NOT_CC, "the vendor's cloud")

    assert [each.base for each in finder_for(home).asked] == [service().address]
    assert [each.port for each in finder_for(home, [1]).asked] == [443]
    with pytest.raises(NotFound):
        finder_for(home, [99])


def test_what_was_found_under_another_key_is_not_kept(at: At) -> None:
    """Its pseudonyms are those of nobody now: the run is to be done again."""
    house = at()
    finder = found(house.home(), seen(house))
    finder.period = "another"

    with pytest.raises(Unavailable, match="run it again"):
        keep(house.home(), finder)

    with house.home().casebook() as casebook:
        assert casebook.cases.page() == ()


def test_without_its_purpose_no_case_is_opened(at: At) -> None:
    """Nor looked at again; the refusals are in the journal."""
    house = at(CaseState.CANDIDATE)
    end(house, Purpose.DETECT_CC)
    home, begun = house.home(), len(house.entries())

    with pytest.raises(NotPermitted):
        run(home, seen(house, of=service(OTHER)))
    with pytest.raises(NotPermitted):
        look_again(home)

    assert acts(house, since=begun) == [("refused", None)] * 2
    with home.casebook() as casebook:
        assert len(casebook.cases.page()) == 1


def test_looking_again_journals_and_settles_what_is_named(at: At) -> None:
    """All open cases, or those; unknown ones stop it before anything changes."""
    house = at(CaseState.CANDIDATE)
    run(house.home(), seen(house, of=service(OTHER)))
    house.later(100 * DAY_MS)
    home, begun = house.home(), len(house.entries())
    with pytest.raises(NotFound):
        look_again(home, [2, 99])
    assert len(house.entries()) == begun

    (named,) = look_again(home, [2])
    (rest,) = look_again(home)

    assert (named.case.id, rest.case.id) == (2, 1)
    first, done, *_ = bodies(house, since=begun)
    assert (first["act"], first["stage"], first["cases"]) == ("recheck", "begins", 1)
    assert (done["stage"], done["steps"]) == ("done", {"expire": 1})
    require_no_address(house)


def test_own_services_are_kept_by_their_pseudonym(at: At) -> None:
    """Neither case nor evidence nor journal has the address."""
    house = at()
    home = house.home()
    mine = Service(own_line(home), 6, 443, own=True)

    run(home, seen(house, of=mine))

    case = case_of(home)
    assert case.service == mine
    assert case.holds == ("own-network",)
    require_no_address(house)


def test_a_contradicted_run_says_nothing_of_another_service(at: At) -> None:
    """Cases that the findings do not touch stay as they are."""
    house = at(CaseState.CANDIDATE)
    before = case_of(house.home())

    kept = run(house.home(), seen(house, of=service(OTHER)))

    assert kept.settled == ()
    assert case_of(house.home()) == before
    assert str(before.service) == f"{SERVER} tcp/443"
