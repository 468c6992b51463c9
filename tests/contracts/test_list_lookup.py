"""What lists say of one service, on every database."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casebooks import Place
from casebooks import opened as open_book
from casesteps import opened, service, walked
from hinomi.model.address import Address, from_int, parse_address, to_int
from hinomi.model.case import Step
from hinomi.model.context import DAY_MS
from hinomi.model.listed import ListEntry, ListKind
from hinomi.model.service import Service
from hinomi.store.casebook import CaseBook

KNOWN = ListKind.KNOWN_CC
SNAPSHOTS = iter(range(1, 1_000_000))


@pytest.fixture
def book(place: Place) -> Iterator[CaseBook]:
    """Open a new case book."""
    with open_book(place) as found:
        yield found


def put(
    book: CaseBook,
    *entries: ListEntry,
    kind: ListKind = KNOWN,
    source: str = "feed",
    at_ms: int = 1,
) -> None:
    """Make *entries* the whole list."""
    sha256 = f"{next(SNAPSHOTS)}"
    book.lists.replace(kind, source, entries, sha256=sha256, added_ms=at_ms)


def net(text: str, bits: int, proto: int | None = None, port: int | None = None) -> ListEntry:
    """List an IPv4 network."""
    length = 96 + bits
    base = from_int(to_int(parse_address(text)) >> (128 - length) << (128 - length))
    return ListEntry(base=base, length=length, proto=proto, port=port)


def test_every_network_around_an_address_covers_it(book: CaseBook) -> None:
    """From the address itself to everything; its neighbours do not."""
    covering = [net("198.51.100.7", 32), net("198.51.100.0", 24), net("192.0.2.0", 0)]
    covering += [ListEntry(base=Address(0, 0), length=0), net("198.51.100.6", 31)]
    others = [net("198.51.100.6", 32), net("203.0.113.0", 24), net("198.51.100.8", 29)]
    put(book, *covering, *others)

    found = {each.entry for each in book.listed.about(service())}
    assert found == set(covering)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(number=st.integers(0, 2**128 - 1), length=st.integers(0, 128), other=st.integers(0, 127))
def test_a_prefix_covers_exactly_its_addresses(
    book: CaseBook, number: int, length: int, other: int
) -> None:
    """Of any length, also where a half of the address is negative."""
    base = from_int(number >> (128 - length) << (128 - length))
    put(book, ListEntry(base=base, length=length))
    flipped = number ^ (1 << (127 - other))

    def is_covered(address: int) -> bool:
        told = book.listed.about(Service(from_int(address), 6, 443))
        return any(each.until_ms is None for each in told)

    assert is_covered(number)
    assert is_covered(flipped) == (other >= length)
    assert to_int(from_int(flipped)) == flipped


def test_an_entry_with_a_port_speaks_of_that_one(book: CaseBook) -> None:
    """One without speaks of all; the same holds for the protocol."""
    put(book, net("198.51.100.7", 32, proto=6, port=443), kind=KNOWN, source="exact")
    put(book, net("198.51.100.7", 32, proto=17), kind=KNOWN, source="udp")
    put(book, net("198.51.100.7", 32), kind=ListKind.BENIGN, source="any")

    assert [each.source for each in book.listed.about(service())] == ["exact", "any"]
    assert [each.source for each in book.listed.about(service(port=80))] == ["any"]


def test_a_former_entry_is_told_with_its_end(book: CaseBook) -> None:
    """And with when its list was last taken in with it; one that came back is told twice."""
    wanted = net("198.51.100.7", 32)
    put(book, wanted, at_ms=10)
    put(book, wanted, net("203.0.113.1", 32), at_ms=20)
    put(book, net("203.0.113.1", 32), at_ms=30)
    put(book, wanted, at_ms=40)
    put(book, wanted, net("203.0.113.2", 32), at_ms=50)

    former, present = book.listed.about(service())
    assert (former.since_ms, former.until_ms, former.confirmed_ms) == (10, 30, 30)
    assert (present.since_ms, present.until_ms, present.confirmed_ms) == (40, None, 50)


def test_entries_of_a_removed_list_are_former_ones(book: CaseBook) -> None:
    """Nothing on it is confirmed any more."""
    put(book, net("198.51.100.7", 32), at_ms=10)
    book.lists.remove(KNOWN, "feed", ended_ms=20)

    (former,) = book.listed.about(service())
    assert (former.until_ms, former.confirmed_ms) == (20, 20)


def test_own_entries_are_apart(book: CaseBook) -> None:
    """A pseudonym is in no network, and an address of the same bits is not it."""
    here = service().address
    put(book, ListEntry(base=here, own=True), source="own")
    put(book, net("198.51.100.7", 32), net("198.51.100.0", 24), source="plain")

    assert [each.source for each in book.listed.about(service(own=True))] == ["own"]
    assert {each.source for each in book.listed.about(service())} == {"plain"}


def test_a_history_names_the_first_day_of_each_address(book: CaseBook) -> None:
    """Of every list of the kind; networks, own entries and other kinds are left out."""
    one, two = net("198.51.100.7", 32), net("198.51.100.8", 32, port=80)
    own = ListEntry(base=one.base, own=True)
    put(book, one, own, net("198.51.100.0", 24), at_ms=3 * DAY_MS)
    put(book, two, at_ms=5 * DAY_MS)
    put(book, one, two, at_ms=9 * DAY_MS)
    put(book, two, source="other", at_ms=6 * DAY_MS)
    put(book, one, kind=ListKind.BENIGN, at_ms=1)

    halves = [(each.base.hi, each.base.lo) for each in (one, two)]
    assert book.listed.histories(KNOWN) == {
        "feed": {halves[0]: 3, halves[1]: 5},
        "other": {halves[1]: 6},
    }


def test_what_people_rejected_is_wrong_on_every_list(book: CaseBook) -> None:
    """Addresses of rejected cases; own ones, open and expired cases are left out."""
    rejected = walked(book, opened(book), Step.REJECT)
    walked(book, opened(book, service(own=True)), Step.REJECT)
    walked(book, opened(book, service("203.0.113.1")), Step.EXPIRE)
    opened(book, service("203.0.113.2"))

    address = rejected.service.address
    assert book.listed.rejected() == {(address.hi, address.lo)}
