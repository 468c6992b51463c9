"""How often hinomi is right here: counted from cases, and told without naming anybody."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from casesteps import opening, stepping, verdict
from checkedcases import (
    answer_many,
    changed,
    flow,
    honeypot,
    listed,
    opened,
    rejected,
    server,
    stepped,
)
from docket import NOW_MS, At, acts, end, own_line, require_no_address, run, seen
from hinomi.errors import Conflict, NotPermitted
from hinomi.govern.matrix import Purpose
from hinomi.govern.parameters import Register
from hinomi.model.case import Case, CaseState, Finding, ServiceClass, Step
from hinomi.model.evidence import Claim, Method
from hinomi.model.service import Reason, Service
from hinomi.services.accuracy import accuracy, outcome_of, propose_correction
from hinomi.services.deciding import approve_request
from hinomi.services.home import Home
from hinomi.services.moves import ROUTES
from hinomi.services.settling import AGED
from hinomi.store.casebook import CaseBook
from hinomi.store.caseruns import Sown
from hinomi.store.episodes import Episode
from hinomi.verify.accuracy import Accuracy
from hinomi.verify.accuracytext import as_dict, lines
from household import DAY_MS, Household

TODAY = NOW_MS // DAY_MS


@pytest.fixture(name="home")
def a_home_of_an_analyst(at: At) -> Home:
    """Give a home without cases; anna acts."""
    return at().act_as("anna")


def fill(home: Home, write: Callable[[CaseBook], Any]) -> Accuracy:
    """Write into the case book, and measure."""
    with home.casebook() as book:
        write(book)
    return accuracy(home)


def episode_of(book: CaseBook) -> Episode:
    """Give the only episode there is."""
    (found,) = book.episodes(0)
    return found


def test_the_report_counts_and_names_nobody(at: At) -> None:
    """No address, no pseudonym, no person: neither in its lines nor as JSON nor in the journal."""
    house = at(CaseState.LISTED)
    home = house.act_as("aude")
    line = own_line(home)

    def write(book: CaseBook) -> None:
        for number in range(6):
            case = opened(book, server(number + 20, 50_000), NOW_MS, 0.1 * number + 0.2)
            listed(book, case) if number % 2 else rejected(book, case, by="alan")
        own = opened(book, Service(line, 6, 50_001, own=True), NOW_MS)
        rejected(book, own)

    begun = len(house.entries())
    report = fill(home, write)

    told = json.dumps(as_dict(report), ensure_ascii=False) + "\n".join(lines(report))
    assert report.precision.whole.cases == 8
    for secret in ("203.0.113", "192.0.2", "own:", str(line.hi), "50000", "50001", "50,0"):
        assert secret not in told
    for person in ("anna", "alan", "rita", "olga"):
        assert person not in told
    assert acts(house, since=begun) == [("accuracy", "measure")]
    assert house.entries()[-1]["checked"] == 8
    require_no_address(house)


def test_only_cases_that_began_in_the_registered_days_count(home: Home) -> None:
    """Botnets of years ago say little of this month's; the day is that of the opening."""
    days = home.register.integer("verify.answered_most")

    def write(book: CaseBook) -> None:
        for number, ago_ms in enumerate((0, days * DAY_MS, days * DAY_MS + 1)):
            rejected(book, opened(book, server(number), NOW_MS - ago_ms))

    assert fill(home, write).precision.whole.cases == 2


def test_the_probability_is_the_one_at_the_opening(at: At) -> None:
    """What detection says later, when all is known, is not what it is held to."""
    house = at(CaseState.LISTED)
    house.later(DAY_MS)
    home = house.act_as("anna")
    run(home, seen(house, 0.31))

    (band,) = accuracy(home).precision.bands

    assert (band.name, band.cases, band.right, band.stated) == ("0.9-1.0", 1, 1, 0.95)


def test_each_episode_is_held_to_what_it_began_with(home: Home) -> None:
    """A service that returns is a case anew; a server that expired was one, all the same."""

    def write(book: CaseBook) -> None:
        case = listed(book, opened(book, server(1), NOW_MS - 9 * DAY_MS, 0.95))
        case = stepped(book, case, Step.EXPIRE)
        again = stepping(case, Step.RETURN)
        said = Reason(
            code="detected", text="x", text_ja="火", weight=0, values={"probability": 0.4}
        )
        again = replace(again, event=replace(again.event, reasons=(said,)))
        rejected(book, book.cases.change(again))

    bands = fill(home, write).precision.bands

    assert [(each.name, each.right) for each in bands] == [("0.4-0.5", 0), ("0.9-1.0", 1)]


def test_a_case_that_detection_never_saw_is_no_answer_about_it(home: Home) -> None:
    """Evidence of others alone opened it."""
    report = fill(home, lambda book: rejected(book, opened(book, server(1), NOW_MS, None)))

    assert report.precision.whole.cases == 0


def _withdrawn(book: CaseBook, case: Case) -> Case:
    said = verdict(case, "rita", finding=Finding.NOT_CC)
    return stepped(book, listed(book, case), Step.WITHDRAW, "rita", verdict=said)


def _shared(book: CaseBook, case: Case) -> Case:
    said = verdict(case, "anna", finding=Finding.CC, service_class=ServiceClass.SHARED)
    return stepped(book, case, Step.REJECT, "anna", verdict=said)


def _unsure(book: CaseBook, case: Case) -> Case:
    said = verdict(case, "anna", finding=Finding.UNSURE)
    return stepped(book, case, Step.TAKE, "anna", verdict=said)


ENDS: dict[str, tuple[Callable[[CaseBook, Case], Case], Finding | None]] = {
    "nobody looked": (lambda _, case: case, None),
    "taken": (lambda book, case: stepped(book, case, Step.TAKE, "anna"), None),
    "listed": (listed, Finding.CC),
    "listed and expired": (lambda b, c: stepped(b, listed(b, c), Step.EXPIRE), Finding.CC),
    "withdrawn": (_withdrawn, Finding.NOT_CC),
    "rejected": (rejected, Finding.NOT_CC),
    "sinkhole": (lambda b, c: rejected(b, c, ServiceClass.SINKHOLE), Finding.NOT_CC),
    "loader": (lambda b, c: rejected(b, c, ServiceClass.LOADER), Finding.NOT_CC),
    "shared host": (_shared, Finding.CC),
    "expired unlisted": (lambda book, case: stepped(book, case, Step.EXPIRE), None),
    "unsure": (_unsure, Finding.UNSURE),
    "unsure and expired": (lambda b, c: stepped(b, _unsure(b, c), Step.EXPIRE), Finding.UNSURE),
}


@pytest.mark.parametrize(("ends", "outcome"), ENDS.values(), ids=ENDS)
def test_what_a_case_came_to(
    home: Home, ends: Callable[[CaseBook, Case], Case], outcome: Finding | None
) -> None:
    """Each ending has its answer; what nobody checked, or was sure of, has none that counts."""
    with home.casebook() as book:
        ends(book, opened(book, server(1), NOW_MS))

        assert outcome_of(episode_of(book)) is outcome

    told = accuracy(home).precision
    assert told.whole.checked == (outcome in {Finding.CC, Finding.NOT_CC})
    assert told.whole.right == (outcome is Finding.CC)
    assert told.unsure == (outcome is Finding.UNSURE)


def test_flow_alone_never_checks_itself(at: At) -> None:
    """Found by flow again and again and gone in the end, it is an answer to nothing."""
    house = at()
    for _ in range(3):
        run(house.home(), seen(house))
        house.later(DAY_MS)
    house.later(100 * DAY_MS)
    run(house.home())

    told = accuracy(house.act_as("anna")).precision

    assert (told.whole.cases, told.whole.checked) == (1, 0)


def test_what_people_alone_answered_is_told_apart(home: Home) -> None:
    """Flow on their side does not make it more; a honeypot's word does."""

    def write(book: CaseBook) -> None:
        by_flow = replace(WHY_FLOW, values={"method": "flow"})
        case = opened(book, server(1), NOW_MS)
        said = verdict(case, "anna", finding=Finding.NOT_CC)
        change = stepping(case, Step.REJECT, "anna", verdict=said)
        book.cases.change(replace(change, event=replace(change.event, reasons=(by_flow,))))
        listed(book, opened(book, server(2), NOW_MS))

    report = fill(home, write)

    assert (report.precision.whole.checked, report.corrected.checked) == (2, 1)
    assert report.corrected.right == 0


WHY_FLOW = Reason(code="flow-cc", text="x", text_ja="火", weight=-1.0)


@pytest.mark.parametrize(("contacted", "share"), [(True, 1.0), (False, 0.0)])
def test_whether_suspects_still_met_it_is_what_was_noted_when_it_was_listed(
    home: Home, *, contacted: bool, share: float
) -> None:
    """It is known of every listing."""
    told = fill(
        home,
        lambda book: listed(book, opened(book, server(1), NOW_MS), was_contacted=contacted),
    ).promptness

    assert (told.listings, told.still_contacted_known) == (1, 1)
    assert told.still_contacted is not None
    assert told.still_contacted.value == share


def _aged(book: CaseBook, last_day: int, age_days: int) -> None:
    case = listed(book, opened(book, server(1), NOW_MS - 30 * DAY_MS))
    values: dict[str, float | int | str] = {"last_day": last_day, "age_days": age_days}
    why = Reason(code=AGED, text="x", text_ja="火", weight=0.0, values=values)
    change = changed(stepping(case, Step.EXPIRE), NOW_MS)
    book.cases.change(replace(change, event=replace(change.event, reasons=(why,))))


@pytest.mark.parametrize(("last", "share"), [(-31, 1.0), (-30, 0.0), (-3, 0.0)])
def test_a_listing_was_stale_if_nobody_found_it_after(home: Home, last: int, share: float) -> None:
    """By the day on which it was found last: days of an outage age nothing, and stand between."""
    told = fill(home, lambda book: _aged(book, TODAY + last, 3)).promptness

    assert told.stale_known == 1
    assert told.stale is not None
    assert told.stale.value == share


def test_whether_what_is_still_listed_was_stale_is_not_known(home: Home) -> None:
    """Nor of what a person withdrew."""

    def write(book: CaseBook) -> None:
        listed(book, opened(book, server(1), NOW_MS))
        _withdrawn(book, opened(book, server(2), NOW_MS))

    told = fill(home, write).promptness

    assert (told.listings, told.stale_known, told.stale) == (2, 0, None)


def _found_by(book: CaseBook, number: int, *methods: Method, probability: float | None) -> None:
    """Write a listed server down, and who found it beside flow."""
    about = server(number)
    listed(book, opened(book, about, NOW_MS, probability))
    book.evidence.add(
        [replace(honeypot(about, TODAY), method=how, source=how) for how in methods], NOW_MS
    )


def _found_in_all_ways(book: CaseBook) -> None:
    """Write down two servers for each set of methods that found them."""
    ways = [
        (flow, how)
        for flow in (0.9, 0.01)
        for how in ((), (Method.HONEYPOT,), (Method.LIST,), (Method.MALWARE, Method.LIST))
    ]
    for number, (probability, how) in enumerate(way for way in ways for _ in range(2)):
        _found_by(book, number, *how, probability=probability)


def test_recall_is_not_known_where_flow_found_nothing(home: Home) -> None:
    """Nothing can be said of a method that shares no server with the others."""

    def write(book: CaseBook) -> None:
        for number in range(4):
            _found_by(book, number, Method.HONEYPOT, Method.LIST, probability=0.01)

    assert fill(home, write).recall is None


def test_only_servers_that_own_lines_spoke_with_count_for_recall(home: Home) -> None:
    """Flow cannot miss what nobody here calls, and tables of routes are no conversation."""

    def write(book: CaseBook) -> None:
        _found_in_all_ways(book)
        _found_by(book, 100, Method.HONEYPOT, probability=0.01)  # Met, and not found.
        _found_by(book, 101, Method.MALWARE, Method.LIST, probability=None)
        moved = replace(flow(server(101), TODAY), source=ROUTES, claim=Claim.MOVED)
        book.evidence.add([moved], NOW_MS)
        rejected(book, opened(book, server(102), NOW_MS, 0.99))

    recall = fill(home, write).recall

    assert recall is not None
    assert recall.found == {"flow": 8, "honeypot": 9, "lists": 8}


def test_flow_did_not_find_what_a_list_made_it_find(home: Home) -> None:
    """Detection's probability without any list is what counts for its recall."""

    def write(book: CaseBook) -> None:
        _found_in_all_ways(book)
        about = server(100)
        listed(book, opened(book, about, NOW_MS, 0.9, unaided=0.001))
        book.evidence.add([honeypot(about, TODAY)], NOW_MS)

    recall = fill(home, write).recall

    assert recall is not None
    assert recall.found == {"flow": 8, "honeypot": 9, "lists": 8}


def _seed(book: CaseBook, number: int, truth: Finding) -> Case:
    change = opening(server(number), opened_ms=NOW_MS, changed_ms=NOW_MS)
    (case,) = book.runs.sow([Sown(change=change, truth=truth, by="olga", lent=())])
    return case


def test_seeds_measure_reviewers_and_nothing_else(home: Home) -> None:
    """Of each reviewer and seed the last word counts; none is an answer, a rating or a listing."""

    def write(book: CaseBook) -> None:
        doubted = verdict(_seed(book, 1, Finding.NOT_CC), "anna", finding=Finding.UNSURE)
        taken = stepped(book, book.cases.get(1), Step.TAKE, "anna", verdict=doubted)
        rejected(book, taken)
        missed = _seed(book, 2, Finding.CC)
        rejected(book, missed, by="rita")

    report = fill(home, write)

    assert [(each.reviewer, each.true_cases, each.true_found) for each in report.skills] == [
        ("anna", 0, 0), ("rita", 1, 0), (None, 1, 0),
    ]  # fmt: skip
    assert [(each.false_cases, each.false_refused) for each in report.skills[:1]] == [(1, 1)]
    assert (report.precision.whole.cases, report.agreement.cases) == (0, 0)
    assert (report.promptness.listings, report.recall) == (0, None)


def test_a_seed_that_is_not_decided_yet_measures_nobody(home: Home) -> None:
    """Else whoever reads the report after each verdict learns which case was one."""

    def write(book: CaseBook) -> None:
        case = stepped(book, _seed(book, 1, Finding.CC), Step.TAKE, "anna")
        said = verdict(case, "anna")
        stepped(book, case, Step.CORROBORATE, "anna", verdict=said)

    assert fill(home, write).skills == ()


def test_the_second_episode_of_a_seed_is_a_case_like_any(home: Home) -> None:
    """Its service was really found; that measures detection."""

    def write(book: CaseBook) -> None:
        case = rejected(book, _seed(book, 1, Finding.CC))
        said = Reason(
            code="detected", text="x", text_ja="火", weight=0, values={"probability": 0.8}
        )
        again = stepping(case, Step.RETURN)
        again = replace(again, event=replace(again.event, reasons=(said,)))
        listed(book, book.cases.change(again))

    report = fill(home, write)

    assert (report.precision.whole.cases, report.precision.whole.right) == (1, 1)
    assert report.skills[-1].true_cases == 1


def test_without_its_purpose_nothing_is_measured(at: At) -> None:
    """The matrix refuses, and the refusal is journalled."""
    house = at()
    end(house, Purpose.DETECT_CC)
    begun = len(house.entries())

    with pytest.raises(NotPermitted):
        accuracy(house.act_as("anna"))

    assert acts(house, since=begun) == [("refused", None)]


def taught(register: Register) -> tuple[float, float]:
    """Give shift and slope as they are registered."""
    return register.number("fuse.answers_shift"), register.number("fuse.answers_slope")


@pytest.fixture(name="lesson", scope="module")
def a_home_with_a_lesson(
    made: dict[CaseState | None, Household], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Household]:
    """Give a home in which detection was far too sure; nobody changes it."""
    with pytest.MonkeyPatch.context() as patch:
        house = made[None].copy(tmp_path_factory.mktemp("lesson") / "home", patch)
        with house.home().casebook() as book:
            answer_many(book, 120, NOW_MS - DAY_MS, shift=-1.0, slope=0.5)
        yield house


def test_both_numbers_are_proposed_and_change_nothing_until_they_are_approved(
    lesson: Household, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two requests with the evidence; another person puts each in force."""
    house = lesson.copy(tmp_path / "home", monkeypatch)
    home = house.act_as("anna")
    report = accuracy(home)
    proposal = report.lesson.proposal
    assert proposal is not None

    proposed = propose_correction(home)

    assert taught(house.home().register) == (0.0, 1.0)
    for each in proposed:
        assert each.version is None
        approve_request(house.act_as("olga"), each.request)
    register = house.home().register
    assert taught(register) == pytest.approx((proposal.shift, proposal.slope), abs=1e-4)
    evidence = register.parameters["fuse.answers_slope"].evidence
    assert f"{report.lesson.right} right and {report.lesson.wrong} wrong answers" in evidence
    with pytest.raises(Conflict, match="nothing to propose"):
        propose_correction(house.act_as("anna"))


def test_whoever_is_alone_puts_both_in_force_at_once(
    lesson: Household, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second does not undo the first, nor stumble over it."""
    house = Household(tmp_path / "home", monkeypatch, clock=lambda: NOW_MS, made_up=True)
    shutil.copy(lesson.folder / "casebook.sqlite", house.folder / "casebook.sqlite")
    proposal = accuracy(house.home()).lesson.proposal
    assert proposal is not None

    propose_correction(house.home())

    registered = taught(house.home().register)
    assert registered == pytest.approx((proposal.shift, proposal.slope), abs=1e-4)


def test_too_few_answers_propose_nothing(at: At) -> None:
    """Nobody is asked for anything."""
    house = at()
    home = house.act_as("anna")
    with home.casebook() as book:
        answer_many(book, 12, NOW_MS - DAY_MS, shift=-3.0)

    with pytest.raises(Conflict, match=r"Not enough: .* at least 20 of each are wanted"):
        propose_correction(home)

    assert ("approvals", "ask") not in acts(house)


def test_who_may_not_propose_proposes_nothing(
    lesson: Household, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not half of it either."""
    house = lesson.copy(tmp_path / "home", monkeypatch)

    with pytest.raises(NotPermitted):
        propose_correction(house.act_as("aude"))

    assert ("approvals", "ask") not in acts(house)
