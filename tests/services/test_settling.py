"""What becomes of a case by itself: it falls back, holds, expires, and lets nothing out."""

from itertools import pairwise

import pytest

from docket import At, case_of, day, run, seen, stated, tell
from hinomi.errors import Conflict
from hinomi.model.case import TRANSITIONS, CaseState, Finding, Step
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.listing import epoch_of
from hinomi.services.casework import decide
from hinomi.services.home import Home
from hinomi.services.settling import (
    AGED,
    RUN,
    Settled,
    is_due,
    lease,
    renewed,
    settle,
    standing_of,
    weighed,
)
from hinomi.services.weighing import Assessor
from hinomi.store.caseruns import Run
from household import DAY_MS, Household


def settled(home: Home, number: int = 1) -> Settled | None:
    """Let a case settle as of now."""
    with home.casebook() as casebook:
        found = settle(Assessor(home, casebook), [casebook.cases.get(number)])
        return found[0] if found else None


def watch(house: Household, *evidence: Evidence) -> Settled | None:
    """Let a day pass on which flow was seen, and case 1 settle; no more than that of a run."""
    house.later(DAY_MS)
    home = house.home()
    tell(home, *evidence)
    with home.casebook() as casebook:
        told = {"at_ms": home.clock(), "candidates": 0, "below": 0, "opened": 0}
        casebook.runs.put(Run(digest=f"{day(house)}", until_day=day(house), **told))
    return settled(home)


@pytest.mark.parametrize("stage", [CaseState.CANDIDATE, CaseState.LISTABLE, CaseState.LISTED])
def test_what_has_not_changed_stays_as_it_is(at: At, stage: CaseState) -> None:
    """No line of history, however often it is looked at."""
    home = at(stage).home()
    before = case_of(home)

    assert settled(home) is None
    assert settled(home) is None
    assert case_of(home) == before


@pytest.mark.parametrize(
    "stage",
    [CaseState.CANDIDATE, CaseState.CORROBORATED, CaseState.LISTABLE, CaseState.LISTED],
)
def test_what_nobody_finds_any_more_expires(at: At, stage: CaseState) -> None:
    """By silence, whatever it was; a listing ends with it and a person is waited for no more."""
    house = at(stage)
    house.later((house.home().register.integer("expiry.most_days") + 1) * DAY_MS)

    done = settled(house.home())

    assert done is not None
    assert (done.step, done.case.state, done.is_paged) == (Step.EXPIRE, CaseState.EXPIRED, False)
    assert not done.case.is_urgent
    with house.home().casebook() as casebook:
        last = casebook.cases.history(1)[-1]
        assert casebook.listings.standing(epoch_of(house.clock(), 1)) == ()
    assert (last.by, last.entry, last.reasons[0].code) == (RUN, -1, AGED)
    assert last.reasons[0].values == {"age_days": 91, "last_day": day(house, 91)}
    assert "91 days" in last.reasons[0].text
    assert "91日間" in last.reasons[0].text_ja


def test_it_is_looked_at_every_day_until_it_expires(at: At) -> None:
    """On days on which something could be seen a listing ages; its posterior only falls."""
    house = at(CaseState.LISTED)
    course = []
    for _ in range(40):
        watch(house)
        case = case_of(house.home())
        if case.state is not CaseState.LISTED:
            break
        course.append(case.posterior)

    assert case_of(house.home()).state is CaseState.EXPIRED
    assert 2 <= len(course) < 30
    assert all(later <= sooner for sooner, later in pairwise(course))


@pytest.mark.parametrize("stage", [CaseState.CORROBORATED, CaseState.LISTABLE])
def test_what_lost_its_evidence_falls_back(at: At, stage: CaseState) -> None:
    """Both sources take it back: what is left is one method, and the reasons are told."""
    house = at(stage)
    house.later(DAY_MS)
    for how in (Method.HONEYPOT, Method.MALWARE):
        tell(house.home(), stated(house, how, Claim.BENIGN))

    done = settled(house.home())

    assert done is not None
    assert (done.step, done.case.state) == (Step.FALL_BACK, CaseState.UNDER_REVIEW)
    assert not done.case.is_urgent
    with house.home().casebook() as casebook:
        codes = [each.code for each in casebook.cases.history(1)[-1].reasons]
    assert codes[0] in {"too-few-methods", "too-unlikely"}


def test_what_is_listed_does_not_fall_back(at: At) -> None:
    """It waits for a person, who withdraws it: whoever has the list must be told."""
    house = at(CaseState.LISTED)
    house.later(DAY_MS)
    for how in (Method.HONEYPOT, Method.MALWARE):
        tell(house.home(), stated(house, how, Claim.BENIGN))

    done = settled(house.home())

    assert done is not None
    assert (done.step, done.case.state) == (Step.WEIGH, CaseState.LISTED)
    assert (done.case.is_urgent, done.is_paged) == (True, True)
    assert settled(house.home()) is None  # Nobody is paged twice.


def test_a_case_becomes_urgent_once_methods_agree(at: At) -> None:
    """That is the fast lane: a reviewer is paged when the second method speaks."""
    house = at()
    run(house.home(), seen(house))
    assert not case_of(house.home()).is_urgent
    tell(house.home(), stated(house, Method.MALWARE))

    done = settled(house.home())

    assert done is not None
    assert (done.step, done.case.is_urgent, done.is_paged) == (Step.WEIGH, True, True)
    assert done.case.methods == 2


def test_a_listing_is_renewed_when_half_its_lease_is_over(at: At) -> None:
    """Not before: a validity that followed each sighting would tell when it was."""
    house = at(CaseState.LISTED)
    with house.home().casebook() as casebook:
        first = casebook.listings.of(case_of(house.home()))
    ends = []
    for _ in range(6):
        house.later(DAY_MS)
        run(house.home(), seen(house))
        with house.home().casebook() as casebook:
            ends.append(casebook.listings.of(case_of(house.home())).valid_until)

    today = day(house)
    assert first.valid_until == today - 6 + 7
    assert ends == [today + 1] * 3 + [today - 2 + 7] * 3


def test_a_listing_that_nobody_looked_at_runs_out(at: At) -> None:
    """A node that stands still lets nothing stand."""
    house = at(CaseState.LISTED)
    house.later(8 * DAY_MS)

    with house.home().casebook() as casebook:
        assert casebook.listings.standing(epoch_of(house.clock(), 1)) == ()


def test_a_listing_that_something_holds_by_now_is_not_renewed(at: At) -> None:
    """A person is waited for; with its lease it ends, if they do nothing."""
    house = at(CaseState.LISTED)
    tell(house.home(), stated(house, Method.ANALYST, Claim.SHARED, source="x"))
    waits = settled(house.home())
    assert waits is not None
    assert (waits.step, waits.is_paged) == (Step.WEIGH, True)

    steps = []
    for _ in range(9):
        house.later(DAY_MS)
        steps += [each.step for each in run(house.home(), seen(house)).settled]

    assert Step.RENEW not in steps
    assert case_of(house.home()).state is not CaseState.LISTED
    with house.home().casebook() as casebook:
        assert casebook.listings.standing(epoch_of(house.clock(), 1)) == ()
        ended = next(each for each in casebook.cases.history(1) if each.step is Step.EXPIRE)
    assert ended.reasons[0].code == "not-renewed"
    assert "said-shared" in ended.reasons[0].text
    assert "said-shared" in ended.reasons[0].text_ja


def test_contacts_that_detection_thinks_little_of_keep_no_listing_alive(at: At) -> None:
    """The address is somebody else's by now and popular: nobody finds a C&C server there."""
    house = at(CaseState.LISTED)
    for _ in range(40):
        little = seen(house, 0.0001, ago=-1, probability=0.0001)
        if (done := watch(house, little)) is not None and done.step is Step.EXPIRE:
            break

    assert case_of(house.home()).state is CaseState.EXPIRED


def test_a_change_says_what_it_is(at: At) -> None:
    """Version, state, register and reasons; what people said of the class stays."""
    home = at(CaseState.LISTABLE).home()
    case = case_of(home)
    with home.casebook() as casebook:
        assessment = Assessor(home, casebook).assess(case.service, case.service_class)
        standing = standing_of(casebook, case, assessment)

    change = weighed(case, assessment, home, Step.WEIGH, entry=7)

    assert (change.after.version, change.event.version) == (case.version + 1, case.version + 1)
    assert (change.event.before, change.event.after) == (case.state, case.state)
    assert (change.event.register, change.event.entry) == (home.register.version, 7)
    assert change.after.service_class is case.service_class
    assert change.event.reasons
    assert [each.by for each in standing.verdicts] == ["anna", "rita"]


@pytest.mark.parametrize("stage", [CaseState.CANDIDATE, CaseState.LISTED])
def test_a_step_that_is_not_in_the_table_is_refused(at: At, stage: CaseState) -> None:
    """Whoever asks for it, and nothing is made of it."""
    home = at(stage).home()
    case = case_of(home)
    with home.casebook() as casebook:
        assessment = Assessor(home, casebook).assess(case.service)
    possible = {each.step for each in TRANSITIONS if each.before is stage}

    for step in set(Step) - possible:
        with pytest.raises(Conflict, match=f"no step '{step}'"):
            weighed(case, assessment, home, step)


def test_whoever_was_faster_is_not_overwritten(at: At) -> None:
    """A run that looked at an older version leaves what a person did meanwhile."""
    house = at(CaseState.CANDIDATE)
    home = house.home()
    before = case_of(home)
    house.later(100 * DAY_MS)
    with home.casebook() as casebook:
        assessor = Assessor(home, casebook)
        assert settle(assessor, [before])
        assert not settle(assessor, [before])
        assert len(casebook.cases.history(1)) == 2


def test_closed_cases_are_left_alone(at: At) -> None:
    """Of all that is handed over, the open ones settle."""
    house = at(CaseState.CANDIDATE)
    house.later(100 * DAY_MS)
    home = house.home()
    with home.casebook() as casebook:
        assessor = Assessor(home, casebook)
        found = settle(assessor, [case_of(home)])
        assert [each.step for each in found] == [Step.EXPIRE]
        assert settle(assessor, [case_of(home)]) == []


def test_a_lease_is_whole_epochs(at: At) -> None:
    """It ends with the epoch in which its days end, and is due at half of them."""
    house = at(CaseState.LISTED)
    home = house.home()
    with home.casebook() as casebook:
        listing = casebook.listings.of(case_of(home))
        assert renewed(home, casebook, case_of(home)) == listing
    assert lease(home) == listing.valid_until == day(house) + 7
    assert not is_due(home, listing)
    house.later(4 * DAY_MS)
    assert is_due(house.home(), listing)


def test_a_listing_that_a_reviewer_contradicts_is_not_renewed(at: At) -> None:
    """However often bots meet it; it ends with its lease, and says why."""
    house = at(CaseState.LISTED)
    decide(house.act_as("rita"), 1, Finding.NOT_CC, "an innocent server")
    house.act_as(None)

    steps = []
    for _ in range(9):
        house.later(DAY_MS)
        steps += [each.step for each in run(house.home(), seen(house)).settled]

    assert Step.RENEW not in steps
    with house.home().casebook() as casebook:
        ended = next(each for each in casebook.cases.history(1) if each.step is Step.EXPIRE)
    assert ended.reasons[0].code == "contradicted"


def test_who_decides_keeps_no_listing_alive_by_their_own_word(at: At) -> None:
    """Else whoever made it listable could say every day that it is still there."""
    house = at(CaseState.LISTED)
    for _ in range(40):
        house.later(DAY_MS)
        tell(house.home(), stated(house, Method.ANALYST, source="person:rita"))
    settled(house.home())

    assert case_of(house.home()).state is CaseState.EXPIRED
