"""From listable to listed takes two people, and back takes one."""

from pathlib import Path

import pytest

from docket import (
    NOW_MS,
    OTHER,
    OWN,
    SERVER,
    At,
    acts,
    bodies,
    case_of,
    day,
    end,
    lead,
    own_line,
    require_no_address,
    run,
    seen,
    service,
    stated,
    tell,
)
from hinomi.errors import Conflict, NotFound, NotPermitted, UsageError
from hinomi.govern.matrix import Purpose
from hinomi.govern.roles import Role
from hinomi.model.case import CaseState, Finding, ServiceClass, Step
from hinomi.model.evidence import Claim, Method
from hinomi.model.listing import epoch_of
from hinomi.model.service import Service
from hinomi.services.approvals import all_requests, refuse
from hinomi.services.approvals import approve as approve_request
from hinomi.services.casework import decide
from hinomi.services.home import Home
from hinomi.services.own import reveal_case
from hinomi.services.publishing import approve, withdraw
from household import DAY_MS, Household


def listings(home: Home) -> int:
    """Count all listings there ever were."""
    with home.casebook() as casebook:
        return len(casebook.listings.all())


def require_refused(house: Household, *, state: CaseState = CaseState.LISTABLE) -> None:
    """Fail if anything was let out, or the case moved."""
    assert case_of(house.home()).state is state
    assert listings(house.home()) == 0


def test_another_person_lists_it(at: At) -> None:
    """With what is shared of it, under the request and the entry of the journal."""
    house = at(CaseState.LISTABLE)
    begun = len(house.entries())

    listed = approve(house.act_as("olga"), 1)

    assert listed.listing is not None
    assert (listed.case.state, listed.case.is_urgent) == (CaseState.LISTED, False)
    assert listed.listing.render(1) == {
        "address": SERVER, "protocol": "tcp", "port": 443, "class": "dedicated",
        "valid_until_epoch": "2027-01-22",
    }  # fmt: skip
    assert acts(house, since=begun) == [
        ("approvals", "approve"), ("approvals", "use"), ("case approve", "list"),
    ]  # fmt: skip
    with house.home().casebook() as casebook:
        (published,) = casebook.listings.all()
        last = casebook.cases.history(1)[-1]
    assert (published.was_contacted, published.since_epoch) == (True, day(house))
    assert (last.step, last.by, last.entry) == (Step.LIST, "olga", begun + 2)
    require_no_address(house)


def test_nobody_approves_what_they_asked_for(at: At) -> None:
    """The reviewer who cleared it asked; the refusal is in the journal."""
    house = at(CaseState.LISTABLE)
    begun = len(house.entries())

    with pytest.raises(NotPermitted, match="another person has to approve"):
        approve(house.act_as("rita"), 1)

    require_refused(house)
    assert acts(house, since=begun) == [("approvals", "refused")]


def test_an_analyst_who_is_no_reviewer_approves_nothing(at: At) -> None:
    """It takes a role that may."""
    house = at(CaseState.LISTABLE)

    with pytest.raises(NotPermitted, match="anna may not approve a publication"):
        approve(house.act_as("anna"), 1)

    require_refused(house)


@pytest.mark.parametrize("stage", [CaseState.CANDIDATE, CaseState.CORROBORATED, CaseState.LISTED])
def test_only_what_is_listable_is_approved(at: At, stage: CaseState) -> None:
    """Neither what is on its way nor what is listed already."""
    house = at(stage)
    begun = len(house.entries())

    with pytest.raises(Conflict, match="only what is listable"):
        approve(house.act_as("olga"), 1)

    assert len(house.entries()) == begun


def test_an_unknown_case_is_not_found(at: At) -> None:
    """Neither approved nor withdrawn."""
    home = at(CaseState.LISTABLE).act_as("olga")

    with pytest.raises(NotFound):
        approve(home, 99)
    with pytest.raises(NotFound):
        withdraw(home, 99, "wrong")


def test_what_nobody_asked_for_in_time_is_asked_for_again(at: At) -> None:
    """The request ended; the way is told."""
    house = at(CaseState.LISTABLE)
    house.later(house.home().register.integer("approvals.open_ms"))

    with pytest.raises(NotFound, match="hinomi case decide 1 --finding cc"):
        approve(house.act_as("olga"), 1)

    require_refused(house)
    house.act_as("rita")
    tell(house.home(), *(stated(house, how) for how in (Method.HONEYPOT, Method.MALWARE)))
    decide(house.home(), 1, Finding.CC, "it is still there")
    assert approve(house.act_as("olga"), 1).listing is not None


def test_a_request_that_was_refused_lists_nothing(at: At) -> None:
    """A privacy officer's no counts until somebody asks anew."""
    house = at(CaseState.LISTABLE)
    refuse(house.act_as("olga"), 1, "not yet")

    with pytest.raises(NotFound):
        approve(house.home(), 1)

    require_refused(house)


def test_a_request_for_another_class_is_another_request(at: At) -> None:
    """What was asked for is what is listed."""
    house = at(CaseState.LISTABLE)
    home = house.act_as("alan")
    kind = ServiceClass.COMPROMISED
    assert decide(home, 1, Finding.CC, "hacked", service_class=kind).request == 2

    listed = approve(house.act_as("olga"), 1)

    assert listed.listing is not None
    assert listed.listing.service_class is kind
    assert [each.id for each in all_requests(home) if each.state == "used"] == [2]


@pytest.mark.parametrize(
    ("method", "claim", "why"),
    [
        (Method.LIST, Claim.BENIGN, "no C&C"),
        (Method.ANALYST, Claim.SHARED, "share it"),
        (Method.ANALYST, Claim.MOVED, "methods"),
    ],
)
def test_what_came_up_since_keeps_it_back(at: At, method: Method, claim: Claim, why: str) -> None:
    """Everything is weighed once more; the request stays open for when it is settled."""
    house = at(CaseState.LISTABLE)
    house.later(DAY_MS)
    tell(house.home(), stated(house, method, claim, source="late"))
    begun = len(house.entries())

    with pytest.raises(NotPermitted, match=f"case 1 is not to be listed.*{why}"):
        approve(house.act_as("olga"), 1)

    require_refused(house)
    assert len(house.entries()) == begun


def test_without_its_purpose_nothing_is_shared(at: At) -> None:
    """The matrix refuses approval and withdrawal alike once sharing has ended."""
    house = at(CaseState.LISTABLE)
    end(house, Purpose.SHARE_CC)
    begun = len(house.entries())

    with pytest.raises(NotPermitted):
        approve(house.act_as("olga"), 1)

    require_refused(house)
    assert acts(house, since=begun) == [("refused", None)]


def small(folder: Path, monkeypatch: pytest.MonkeyPatch, *analysts: str) -> Household:
    """Give a home with case 1, whose maker has every role, and analysts beside them."""
    house = Household(folder / "small", monkeypatch, clock=lambda: NOW_MS, made_up=True)
    for name in analysts:
        house.add(name, Role.ANALYST)
    lead(house, CaseState.CANDIDATE, by=None)
    return house


def test_a_home_of_one_person_never_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever corroborates does not clear; there is no other way."""
    house = small(tmp_path, monkeypatch)
    home = house.act_as(None)
    decide(home, 1, Finding.CC, "sure", service_class=ServiceClass.DEDICATED)

    again = decide(home, 1, Finding.CC, "quite sure", service_class=ServiceClass.DEDICATED)

    assert [each.code for each in again.missing] == ["same-person"]
    with pytest.raises(Conflict):
        approve(home, 1)
    require_refused(house, state=CaseState.CORROBORATED)


def test_where_nobody_else_may_approve_nothing_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An analyst and a reviewer are two, and the third pair of eyes is missing: that is told."""
    house = small(tmp_path, monkeypatch, "anna")
    for name in ("anna", None):
        kind = ServiceClass.DEDICATED
        decide(house.act_as(name), 1, Finding.CC, "sure", service_class=kind)
    assert case_of(house.home()).state is CaseState.LISTABLE

    with pytest.raises(NotPermitted, match="a publication takes two people"):
        approve(house.act_as(None), 1)

    require_refused(house)


@pytest.mark.parametrize(
    ("suspects", "ago", "contacted"), [(12, 0, True), (12, 2, True), (12, 3, False), (0, 0, False)]
)
def test_whether_suspects_still_met_it_is_kept(
    at: At, suspects: int, ago: int, *, contacted: bool
) -> None:
    """The share of listings that were alive when they were listed is measured."""
    house = at()
    home = house.home()
    tell(home, stated(house, Method.SIGHTING), stated(house, Method.MALWARE))
    run(home, seen(house, ago=ago, suspects=suspects))
    for stage in (CaseState.CORROBORATED, CaseState.LISTABLE, CaseState.LISTED):
        lead(house, stage)

    with home.casebook() as casebook:
        (published,) = casebook.listings.all()
    assert published.was_contacted is contacted


def test_a_listing_answers_for_those_it_does_not_rest_on(at: At) -> None:
    """Three methods agreed: each was borne out by the other two; detection is calibrated apart."""
    with at(CaseState.LISTED).home().casebook() as casebook:
        assert casebook.evidence.outcomes() == {
            "honeypot": (Method.HONEYPOT, 1, 0),
            "malware-analysis": (Method.MALWARE, 1, 0),
        }


def test_one_reviewer_takes_it_off_the_list(at: At) -> None:
    """At once, with a reason, without anybody's leave."""
    house = at(CaseState.LISTED)
    begun = len(house.entries())

    done = withdraw(house.act_as("rita"), 1, f" {SERVER} is a school's ")

    assert (done.state, done.is_urgent) == (CaseState.WITHDRAWN, False)
    assert bodies(house, since=begun)[0]["reason"] == "[address] is a school's"
    assert acts(house, since=begun) == [("case withdraw", "withdraw")]
    with house.home().casebook() as casebook:
        (published,) = casebook.listings.all()
        verdict = casebook.cases.verdicts(1)[-1]
        last = casebook.cases.history(1)[-1]
        assert casebook.listings.standing(epoch_of(house.clock(), 1)) == ()
    assert published.ended_ms == house.clock()
    assert (verdict.by, verdict.finding) == ("rita", Finding.NOT_CC)
    assert verdict.reason == "[address] is a school's"
    assert (last.step, last.by, last.entry) == (Step.WITHDRAW, "rita", begun)
    require_no_address(house)


@pytest.mark.parametrize("stage", [CaseState.CANDIDATE, CaseState.LISTABLE])
def test_what_is_not_listed_is_not_withdrawn(at: At, stage: CaseState) -> None:
    """There is nothing to take back; rejecting is for those."""
    with pytest.raises(Conflict, match="nothing to withdraw"):
        withdraw(at(stage).act_as("rita"), 1, "wrong")


def test_a_withdrawal_says_why(at: At) -> None:
    """Whoever blocked it will ask."""
    house = at(CaseState.LISTED)

    with pytest.raises(UsageError, match="blank"):
        withdraw(house.act_as("rita"), 1, "  ")

    assert case_of(house.home()).state is CaseState.LISTED


def own_case(at: At) -> Household:
    """Give a listable case about a server in the own network."""
    house = at()
    home = house.home()
    mine = Service(own_line(home), 6, 443, own=True)
    known = [stated(house, how, service=mine) for how in (Method.HONEYPOT, Method.MALWARE)]
    tell(home, *known)
    run(home, seen(house, of=mine))
    for stage in (CaseState.CORROBORATED, CaseState.LISTABLE):
        lead(house, stage)
    return house


def test_an_own_service_is_named_by_leave_of_a_privacy_officer(at: At) -> None:
    """Its pseudonym is turned back for this one listing; the case keeps the pseudonym."""
    house = own_case(at)
    with pytest.raises(NotPermitted, match="let a privacy officer approve that first"):
        approve(house.act_as("alan"), 1)
    require_refused(house)
    number = reveal_case(house.act_as("anna"), 1, "it attacks others")
    approve_request(house.act_as("olga"), number)

    listed = approve(house.act_as("alan"), 1)

    assert listed.listing is not None
    assert listed.listing.render(1)["address"] == OWN
    assert case_of(house.home()).service.own
    require_no_address(house, OWN)


def test_no_own_address_is_turned_back_for_who_may_not_approve(at: At) -> None:
    """The leave stays unused, whoever asked for the publication tries to approve it alone."""
    house = own_case(at)
    number = reveal_case(house.act_as("anna"), 1, "it attacks others")
    approve_request(house.act_as("olga"), number)
    begun = len(house.entries())

    with pytest.raises(NotPermitted, match="another person has to approve"):
        approve(house.act_as("rita"), 1)

    assert "case reveal" not in {word for word, _ in acts(house, since=begun)}
    assert approve(house.act_as("olga"), 1).listing is not None


def test_cases_of_two_servers_are_two_requests(at: At) -> None:
    """Approving one lists one."""
    house = at(CaseState.LISTABLE)
    other = service(OTHER)
    house.act_as(None)
    tell(
        house.home(),
        *(stated(house, how, service=other) for how in (Method.HONEYPOT, Method.MALWARE)),
    )
    run(house.home(), seen(house, of=other))
    for name in ("anna", "rita"):
        decide(house.act_as(name), 2, Finding.CC, "too", service_class=ServiceClass.DEDICATED)

    listed = approve(house.act_as("olga"), 2)

    assert (listed.case.id, listed.case.service) == (2, other)
    assert case_of(house.home(), 1).state is CaseState.LISTABLE
    assert listings(house.home()) == 1
