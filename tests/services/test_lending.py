"""Evidence that one service lends another: like the lender's, and never the same."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casesteps import verdict
from checkedcases import chance, flow, honeypot, listed, opened, rejected, server, stepped
from docket import NOW_MS, At, own_line
from hinomi.model.case import Finding, ServiceClass, Step
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.service import Service
from hinomi.services.lending import (
    Loan,
    Present,
    borrowed,
    facts_of_newest_run,
    fresh,
    loans,
)
from hinomi.services.population import population_in
from hinomi.services.weighing import any_port
from hinomi.store.casebook import CaseBook
from household import DAY_MS

TODAY = NOW_MS // DAY_MS
PLAIN = Present(day=TODAY, run={}, least=0.5, place={})
BORROWER = server(200, 8_443)


def one(evidence: Evidence, present: Present = PLAIN, *, age: int = 0, seed: int = 1) -> Evidence:
    """Let one statement be borrowed."""
    (found,) = borrowed(Loan((evidence,), (age,)), BORROWER, present, chance(seed))
    return found


def only_loan(book: CaseBook, truth: Finding = Finding.CC) -> Loan:
    """Give the only loan there is."""
    (found,) = loans(book)[truth]
    return found


@given(
    probability=st.floats(0.5, 0.999),
    clients=st.integers(1, 4_000),
    share=st.floats(0.0, 1.0),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=60, deadline=None)
def test_what_detection_said_is_changed_and_still_thinkable(
    probability: float, clients: int, share: float, seed: int
) -> None:
    """Digest and numbers are others; suspects are clients, clients are lines, and it opens."""
    suspects = round(clients * share)
    lender = flow(
        server(1), TODAY - 9, probability, lines=4_000, tried=clients, clients=clients,
        suspects=suspects, networks=min(clients, 9), beside=f"6/80:{clients}",
    )  # fmt: skip

    found = one(lender, seed=seed)

    assert found.service == BORROWER
    assert found.reference != lender.reference
    assert len(found.reference) == len(lender.reference)
    assert (found.strength, found.facts["terms"]) != (lender.strength, lender.facts["terms"])
    assert float(found.facts["probability"]) >= PLAIN.least
    people = population_in(found)
    assert people is not None
    assert people.suspects <= people.clients <= people.tried <= people.lines == 4_000
    assert people.networks <= people.clients
    assert [each.port for each in people.beside] == [80]
    assert found.facts.keys() == lender.facts.keys()
    assert {type(each) for each in found.facts.values()} == {float, int, str}


def test_what_the_run_says_of_all_services_is_that_of_the_newest_one() -> None:
    """With an older number of lines it could be told from what was opened beside it."""
    run = {"lines": 2_222, "prior": 2e-4, "shift": -1.0, "slope": 0.5}
    present = replace(PLAIN, run=run, least=0.0)

    found = one(flow(server(1), TODAY, 0.95), present)

    assert {name: found.facts[name] for name in run} == run
    # -1 + 0.5 * ln(0.95 / 0.05) is 0.47: what the answers taught since applies to it too.
    assert found.strength == pytest.approx(0.6, abs=0.1)
    assert "prior" not in one(replace(flow(server(1), TODAY), facts={}), present).facts


def test_what_tables_say_is_of_the_borrowers_address() -> None:
    """Another origin than the tables know would give it away."""
    lender = flow(server(1), TODAY, asn=64_500, as_kind=2, names=900, certificates="443")
    place = {"as_kind": 1, "asn": 64_501, "allocation_days": 12.0}

    assert one(lender, replace(PLAIN, place=place)).facts.items() >= place.items()
    assert not {"names", "certificates"} & one(lender, replace(PLAIN, place=place)).facts.keys()
    assert "asn" not in one(lender).facts


def test_days_are_as_long_ago_as_they_were() -> None:
    """Those within the facts as well."""
    found = one(honeypot(server(1), 17_000), age=2)

    assert (found.observed_day, found.facts) == (
        TODAY - 2, {"first_day": TODAY - 5, "family": "mirai"},
    )  # fmt: skip


def test_a_statement_on_an_address_stays_one() -> None:
    """Of the borrower's address."""
    found = one(replace(honeypot(server(1), TODAY), service=any_port(server(1))))

    assert found.service == any_port(BORROWER)


@pytest.mark.parametrize(
    "reference",
    ["ab" * 32, "0" * 16, "indicator--00000000-0000-4000-8000-000000000000"],
)
def test_digests_and_ids_are_drawn_anew(reference: str) -> None:
    """Of the same length and form."""
    found = fresh(reference, chance(3))

    assert found != reference
    assert [each if each == "-" else "x" for each in found[-36:]] == [
        each if each == "-" else "x" for each in reference[-36:]
    ]
    assert len(found) == len(reference)
    assert found.startswith("indicator--") == reference.startswith("indicator--")


@pytest.mark.parametrize("reference", ["", "self-signed", "another-holder", "23/tcp"])
def test_words_stay(reference: str) -> None:
    """They tell of no lender."""
    assert fresh(reference, chance(3)) == reference


@pytest.fixture(name="book")
def a_case_book(at: At) -> CaseBook:
    """Give an empty case book."""
    return at().home().casebook()


def test_a_case_lends_what_it_was_opened_and_answered_with(book: CaseBook) -> None:
    """One finding of flow, as a new case has; the rest until the day of the answer."""
    case = opened(book, server(1), NOW_MS - 5 * DAY_MS, 0.9)
    later = [flow(server(1), TODAY - ago, 0.8) for ago in (4, 2, 0)]
    known = [honeypot(server(1), TODAY - 6), honeypot(server(1), TODAY + 3)]
    book.evidence.add([*later, *known], NOW_MS)
    listed(book, case)

    found = only_loan(book)

    assert [(each.method, each.observed_day, each.strength) for each in found.evidence] == [
        (Method.HONEYPOT, TODAY - 6, None), (Method.FLOW, TODAY - 5, 0.9),
    ]  # fmt: skip
    assert found.ages_days == (1, 0)


def test_nobodys_own_words_are_lent_nor_who_holds_an_address(book: CaseBook) -> None:
    """Whoever said it knows of what; and tables of routes are asked anew."""
    case = opened(book, server(1), NOW_MS)
    person = replace(
        honeypot(server(1), TODAY),
        method=Method.ANALYST,
        source="person:anna",
        facts={"words": "x"},
    )
    others = [replace(honeypot(server(1), TODAY), claim=each) for each in (Claim.MOVED, Claim.GONE)]
    book.evidence.add([person, *others], NOW_MS)
    listed(book, case)

    assert [each.method for each in only_loan(book).evidence] == [Method.FLOW]


def test_what_has_no_plain_answer_lends_nothing(book: CaseBook) -> None:
    """Open cases, those that expired unanswered, shared hosts, own servers, seeds."""
    opened(book, server(1), NOW_MS)
    stepped(book, opened(book, server(2), NOW_MS), Step.EXPIRE)
    case = opened(book, server(3), NOW_MS)
    shared = verdict(case, "anna", service_class=ServiceClass.SHARED)
    stepped(book, case, Step.REJECT, "anna", verdict=shared)
    doubted = opened(book, server(4), NOW_MS)
    stepped(book, doubted, Step.TAKE, verdict=verdict(doubted, finding=Finding.UNSURE))
    rejected(book, opened(book, server(5), NOW_MS, None))  # Of which nobody said anything.

    assert loans(book) == {Finding.CC: [], Finding.NOT_CC: []}


def test_a_server_in_the_own_network_lends_nothing(at: At) -> None:
    """What is said of somebody's line stays with it."""
    home = at().home()
    with home.casebook() as book:
        listed(book, opened(book, Service(own_line(home), 6, 443, own=True), NOW_MS))

        assert loans(book)[Finding.CC] == []


def test_the_newest_run_is_that_of_the_newest_case_that_detection_found(book: CaseBook) -> None:
    """None: nothing was ever found."""
    assert facts_of_newest_run(book) == {}
    for number, lines in enumerate((10, 30, 20)):
        at_ms = NOW_MS - (number != 1) * DAY_MS
        opened(book, server(number), at_ms, tried=5, clients=5, lines=lines)
    opened(book, server(9), NOW_MS + 1, None)

    assert facts_of_newest_run(book) == {"lines": 30, "prior": 1e-4, "shift": 0.0, "slope": 1.0}
