"""Evidence and what is known of its sources, on every database."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casebooks import Place
from casebooks import opened as open_book
from casesteps import DAY, NOW_MS, opened, said, service, walked
from hinomi.model.address import Address
from hinomi.model.case import Step
from hinomi.model.evidence import ANY_PORT, Claim, Evidence, Method
from hinomi.model.listed import ListEntry, ListKind
from hinomi.model.service import Service
from hinomi.store.casebook import CaseBook
from hinomi.store.caseevidence import Source, SourcePair

MORE_THAN_ONE_STATEMENT = 1_201
HALVES = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
FACTS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT


@pytest.fixture
def book(place: Place) -> Iterator[CaseBook]:
    """Open a new case book."""
    with open_book(place) as found:
        yield found


def address_of(about: Service) -> Service:
    """Give the address of a service as a whole."""
    return Service(about.address, ANY_PORT, ANY_PORT, own=about.own)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    address=st.builds(Address, HALVES, HALVES),
    strength=st.none() | st.floats(0, 1),
    words=TEXT,
    facts=st.dictionaries(TEXT, FACTS, max_size=4),
)
def test_a_statement_comes_back_as_it_was_made(
    book: CaseBook,
    address: Address,
    strength: float | None,
    words: str,
    facts: dict[str, float | int | str],
) -> None:
    """Every half of an address, every word and every number; once, however often it is brought."""
    about = Service(address, 17, 65_535)
    made = said(about, source=f"見張り {words}", reference=words, strength=strength, facts=facts)

    book.evidence.add([made, made], NOW_MS)
    book.evidence.add([made], NOW_MS)

    same = [each for each in book.evidence.of(about) if each.reference == words]
    assert same[0].service == about
    assert same == [made] or same[0].strength != strength or same[0].facts != facts


def test_the_same_statement_counts_once(book: CaseBook) -> None:
    """Whether it is brought twice in one file or on two days; the first word stays."""
    first, again = said(strength=0.5), said(strength=0.9)

    assert book.evidence.add([first, first, again], NOW_MS) == 1
    assert book.evidence.add([again], NOW_MS + 1) == 0
    assert book.evidence.of(service()) == (first,)


@pytest.mark.parametrize(
    "other",
    [
        {"source": "others"},
        {"method": Method.MALWARE},
        {"claim": Claim.BENIGN},
        {"reference": "sample"},
        {"observed_day": DAY + 1},
        {"service": service(own=True)},
        {"service": service(port=444)},
        {"service": address_of(service())},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_statement_is_kept_beside(book: CaseBook, other: dict[str, Any]) -> None:
    """Whatever it differs in."""
    assert book.evidence.add([said(), said(**other)], NOW_MS) == 2
    assert sum(book.evidence.count().values()) == 2


def test_many_are_taken_in_at_once(book: CaseBook) -> None:
    """More than go into one statement to the database, in any order, some of them known."""
    many = [said(reference=f"{each}") for each in range(MORE_THAN_ONE_STATEMENT)]
    book.evidence.add(many[:100], NOW_MS)

    assert book.evidence.add(reversed(many), NOW_MS) == MORE_THAN_ONE_STATEMENT - 100
    assert book.evidence.count() == {("honeypots", Method.HONEYPOT): MORE_THAN_ONE_STATEMENT}


def test_what_cannot_be_taken_in_leaves_nothing(book: CaseBook) -> None:
    """The good statements of the same file are not there either."""
    good = [said(reference=f"{each}") for each in range(MORE_THAN_ONE_STATEMENT)]
    broken = said(service("203.0.113.9"), facts={"made of": object()})

    with pytest.raises(Exception, match="JSON"):
        book.evidence.add([*good, broken], NOW_MS)

    assert book.evidence.count() == {}


def test_what_is_known_of_a_service_is_of_its_port_or_its_address(book: CaseBook) -> None:
    """Oldest first; other ports, other addresses and the own network's are apart."""
    here = service()
    exact, whole = said(here), said(address_of(here), source="resolver", observed_day=DAY - 9)
    apart = (service(port=80), service("198.51.100.8"), service(own=True))
    book.evidence.add([exact, whole, *map(said, apart)], NOW_MS)

    assert book.evidence.of(here) == (whole, exact)
    assert book.evidence.of(address_of(here)) == (whole,)
    assert book.evidence.of(service(own=True)) == (said(service(own=True)),)


def test_it_waits_for_its_case(book: CaseBook) -> None:
    """What was said before a case was opened is known of it, and a closed case keeps it."""
    book.evidence.add([said()], NOW_MS)
    case = walked(book, opened(book), Step.REJECT)

    assert book.evidence.of(case.service) == (said(),)


def test_cases_that_a_source_spoke_of(book: CaseBook) -> None:
    """Of their address, since then; each once, by number."""
    cases = [opened(book, service(f"198.51.100.{host}")) for host in (1, 2, 3, 4)]
    book.evidence.add([said(cases[3].service)], NOW_MS - 1)
    book.evidence.add(
        [
            said(address_of(cases[1].service)),
            said(cases[0].service),
            said(service("198.51.100.1", 80)),
            said(cases[2].service, source="others"),
            said(service("198.51.100.3", own=True)),
        ],
        NOW_MS,
    )

    assert book.evidence.affected("honeypots", NOW_MS) == (cases[0].id, cases[1].id)


def test_services_on_which_two_methods_agree(book: CaseBook) -> None:
    """Another method, or a list that names the address now; those with a case are left out."""
    known = service("198.51.100.1")
    listed, former, alone, opened_, weak = (service(f"198.51.100.{host}") for host in range(2, 7))
    opened(book, opened_)
    rows = [said(each) for each in (known, listed, former, alone, opened_)]
    rows += [said(each, method=Method.MALWARE, source="lab") for each in (known, opened_)]
    rows += [said(weak, claim=Claim.SUPPORT), said(weak, method=Method.MALWARE, source="lab")]
    book.evidence.add(rows, NOW_MS)
    for number, entries in enumerate(([former], [listed])):
        book.lists.replace(
            ListKind.KNOWN_CC,
            "feed",
            [ListEntry(base=each.address) for each in entries],
            sha256=f"{number}",
            added_ms=NOW_MS + number,
        )

    assert set(book.evidence.agreeing("honeypots", NOW_MS, 9)) == {known, listed}
    assert len(book.evidence.agreeing("honeypots", NOW_MS, 1)) == 1
    assert book.evidence.agreeing("honeypots", NOW_MS + 1, 9) == ()


def test_the_last_word_on_a_source_counts(book: CaseBook) -> None:
    """Of each source alone, with who said it and when."""
    first = Source(name="見張り", method=Method.HONEYPOT, grade="C", by="ana", at_ms=1)
    second = replace(first, grade="B", family="towers", by="ben", at_ms=2)
    other = replace(first, name="resolver", method=Method.PASSIVE_DNS)
    for each in (first, other, second):
        book.evidence.put_source(each)

    assert book.evidence.sources() == {"見張り": second, "resolver": other}


def test_answers_are_counted_by_source(book: CaseBook) -> None:
    """The last answer to an episode takes the place of the one before; other cases stay."""
    one, other = opened(book), opened(book, service(port=80))
    again = walked(book, one, Step.REJECT, Step.RETURN)
    how = Method.HONEYPOT

    book.evidence.put_outcomes(one, {"pots": (how, True), "lab": (Method.MALWARE, True)}, 1)
    book.evidence.put_outcomes(other, {"pots": (how, False)}, 2)
    book.evidence.put_outcomes(again, {"pots": (how, True)}, 3)
    assert book.evidence.outcomes() == {"pots": (how, 2, 1), "lab": (Method.MALWARE, 1, 0)}

    book.evidence.put_outcomes(one, {"pots": (how, False)}, 4)
    assert book.evidence.outcomes() == {"pots": (how, 1, 2)}
    book.evidence.put_outcomes(one, {}, 5)
    assert book.evidence.outcomes() == {"pots": (how, 1, 1)}


def test_what_histories_show_takes_the_place_of_what_they_showed(book: CaseBook) -> None:
    """By name, with both languages."""
    told = [["One has it first.", "一方が先です。"]]
    pairs = [
        SourcePair(one=one, other=other, kinship="copy", copied=0.75, told=told)
        for one, other in (("b", "c"), ("a", "c"))
    ]
    book.evidence.put_pairs(pairs, 1)
    assert book.evidence.pairs() == (pairs[1], pairs[0])

    book.evidence.put_pairs(pairs[:1], 2)
    assert book.evidence.pairs() == (pairs[0],)
    book.evidence.put_pairs([], 3)
    assert book.evidence.pairs() == ()


def test_what_one_wrote_another_does_not_write_again(book: CaseBook, place: Place) -> None:
    """Two sessions that bring the same file: what the second finds is no news."""
    rows: list[Evidence] = [said(reference=f"{each}") for each in range(10)]
    with open_book(place) as other:
        assert (book.evidence.add(rows, 1), other.evidence.add(rows, 2)) == (10, 0)
