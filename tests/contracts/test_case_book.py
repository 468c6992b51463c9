"""Exporters, interfaces, own networks and imports of one home, on every database."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casebooks import Place, opened
from hinomi.errors import NotFound
from hinomi.model.address import Address, parse_address
from hinomi.model.exporter import (
    CountedDirection,
    ExporterHour,
    InterfaceRole,
    SequenceUnit,
)
from hinomi.model.network import AccessKind, Customer, OwnNetwork
from hinomi.model.window import Window
from hinomi.store.casebook import UNNAMED, CaseBook, ImportRecord

HALVES = st.integers(-(2**63), 2**63 - 1)


@pytest.fixture
def book(place: Place) -> Iterator[CaseBook]:
    """Open a new case book."""
    with opened(place) as found:
        yield found


def test_an_exporter_keeps_its_number(book: CaseBook) -> None:
    """The same name gives the same number; a new one gets the next."""
    numbers = [book.exporter_number(name) for name in ("edge1", "edge2", "edge1")]

    assert numbers == [1, 2, 1]
    assert book.exporters() == {1: "edge1", 2: "edge2"}


def test_records_without_an_exporter_share_one(book: CaseBook) -> None:
    """Unnamed is an exporter like any other, and shown as such."""
    assert book.exporter_number(None) == book.exporter_number(None) == 1
    assert book.exporters() == {1: UNNAMED}


def test_two_case_books_at_one_place_agree_on_numbers(book: CaseBook, place: Place) -> None:
    """What one wrote the other reads: nobody numbers from memory."""
    with opened(place) as other:
        assert book.exporter_number("edge1") == 1
        assert other.exporter_number("edge2") == 2
        assert book.exporter_number("edge2") == 2


def test_the_last_word_on_an_interface_counts(book: CaseBook) -> None:
    """An interface that was moved to another neighbour is said so by putting it again."""
    edge = book.exporter_number("edge1")

    book.put_interface(edge, 7, InterfaceRole.TRANSIT)
    book.put_interface(edge, 8, InterfaceRole.SUBSCRIBER)
    book.put_interface(edge, 7, InterfaceRole.PEERING)

    assert book.interfaces() == {
        (edge, 7): InterfaceRole.PEERING,
        (edge, 8): InterfaceRole.SUBSCRIBER,
    }


def test_an_interface_needs_its_exporter(book: CaseBook) -> None:
    """A number that no exporter has is not found."""
    with pytest.raises(NotFound, match="no exporter"):
        book.put_interface(3, 1, InterfaceRole.TRANSIT)


def test_an_interface_can_be_ignored(book: CaseBook) -> None:
    """A link between two own routers has a role of its own, below those of ingress."""
    edge = book.exporter_number("edge1")

    book.put_interface(edge, 9, InterfaceRole.IGNORED)

    assert book.interfaces() == {(edge, 9): InterfaceRole.IGNORED}


def test_an_exporter_is_found_by_its_name(book: CaseBook) -> None:
    """Asking for it makes no new one."""
    book.exporter_number("edge1")

    assert book.find_exporter("edge1") == 1
    with pytest.raises(NotFound, match="edge2"):
        book.find_exporter("edge2")
    assert book.exporters() == {1: "edge1"}


def test_a_new_exporter_counts_all(book: CaseBook) -> None:
    """Until the operator says which direction is counted there."""
    one, two = book.exporter_number("edge1"), book.exporter_number("edge2")

    book.put_counts(two, CountedDirection.INGRESS)

    assert book.counts() == {one: CountedDirection.ALL, two: CountedDirection.INGRESS}
    with pytest.raises(NotFound, match="no exporter"):
        book.put_counts(3, CountedDirection.EGRESS)


def test_the_counts_of_an_hour_add_up(book: CaseBook) -> None:
    """Minute after minute is added to its hour; kinds of sequence numbers stay apart."""
    edge = book.exporter_number("edge1")
    minute = ExporterHour(
        exporter=edge, hour=491_000, unit=SequenceUnit.RECORDS, datagrams=2, records=2**40,
        received=30, lost=10,
    )  # fmt: skip
    other = ExporterHour(exporter=edge, hour=491_000, unit=SequenceUnit.DATAGRAMS, datagrams=1)

    book.add_exporter_hours([minute, other])
    book.add_exporter_hours([minute])

    assert book.exporter_hours(Window()) == (
        other,
        ExporterHour(
            exporter=edge, hour=491_000, unit=SequenceUnit.RECORDS, datagrams=4, records=2**41,
            received=60, lost=20,
        ),
    )  # fmt: skip


def test_hours_of_an_unknown_exporter_are_refused_whole(book: CaseBook) -> None:
    """Nothing of the others is added either."""
    edge = book.exporter_number("edge1")
    good, bad = (
        ExporterHour(exporter=number, hour=1, unit=SequenceUnit.FLOWS, datagrams=1)
        for number in (edge, 9)
    )

    with pytest.raises(NotFound, match="number 9"):
        book.add_exporter_hours([good, bad])

    assert book.exporter_hours(Window()) == ()


@pytest.mark.parametrize(
    ("since_ms", "until_ms", "hours"),
    [
        (None, None, [10, 11, 12]),
        (36_000_000, 39_600_000, [10]),
        (39_599_999, 39_600_001, [10, 11]),
        (43_200_000, None, [12]),
        (None, 39_600_000, [10]),
    ],
)
def test_hours_are_found_by_window(
    book: CaseBook, since_ms: int | None, until_ms: int | None, hours: list[int]
) -> None:
    """Every hour of which a moment lies in the window."""
    edge = book.exporter_number("edge1")
    book.add_exporter_hours(
        ExporterHour(exporter=edge, hour=hour, unit=SequenceUnit.FLOWS) for hour in (12, 10, 11)
    )

    assert [each.hour for each in book.exporter_hours(Window(since_ms, until_ms))] == hours


def test_a_file_of_a_followed_folder_is_taken_once(book: CaseBook) -> None:
    """What was taken is known by folder and name; a file that changed is noted anew."""
    book.spool_take("/flows", "nfcapd.1", 100, 5, 1_000)
    book.spool_take("/flows", "nfcapd.2", 2**40, 2**62, 1_001)
    book.spool_take("/other", "nfcapd.1", 7, 8, 1_002)
    book.spool_take("/flows", "nfcapd.1", 120, 6, 1_003)

    assert book.spool_seen("/flows") == {"nfcapd.1": (120, 6), "nfcapd.2": (2**40, 2**62)}
    assert book.spool_seen("/nowhere") == {}


def test_files_that_are_gone_from_a_followed_folder_are_forgotten(book: CaseBook) -> None:
    """Those named, of that folder alone; a name that is not known is no error."""
    for folder, name in (("/flows", "a"), ("/flows", "b"), ("/other", "a")):
        book.spool_take(folder, name, 1, 2, 1_000)
    book.spool_forget("/flows", ["a", "x"])
    book.spool_forget("/flows", [])

    assert book.spool_seen("/flows") == {"b": (1, 2)}
    assert book.spool_seen("/other") == {"a": (1, 2)}


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.builds(
            OwnNetwork,
            base=st.builds(Address, HALVES, HALVES),
            length=st.integers(0, 128),
            kind=st.sampled_from(AccessKind),
            line_bits=st.integers(1, 48),
            port_offset=st.integers(0, 16),
            customer=st.sampled_from(Customer),
            valid_from_ms=st.integers(0, 2**53),
        ),
        max_size=8,
        unique_by=lambda network: (network.base, network.length, network.valid_from_ms),
    )
)
def test_own_networks_come_back_as_they_were_put(
    book: CaseBook, networks: list[OwnNetwork]
) -> None:
    """Every field of every network survives, in order; those put before are gone."""
    book.replace_own_networks(networks)

    assert book.own_networks() == tuple(networks)


def test_a_prefix_twice_for_one_date_is_refused(book: CaseBook) -> None:
    """The old networks stay as they were."""
    first = OwnNetwork(base=parse_address("192.0.2.0"), length=120)
    twice = OwnNetwork(base=parse_address("198.51.100.0"), length=120)
    book.replace_own_networks([first])

    with pytest.raises(ValueError, match="twice"):
        book.replace_own_networks([twice, twice])

    assert book.own_networks() == (first,)


def test_an_import_is_found_by_its_content(book: CaseBook) -> None:
    """All counts and options come back; the folders of its name do not."""
    record = an_import(file_name="exports/customer-a/nfcapd.1")

    book.record_import(record)

    assert book.find_import("aa") == an_import(file_name="nfcapd.1")
    assert book.find_import("bb") is None


def test_the_last_word_on_an_import_counts(book: CaseBook) -> None:
    """A second record of the same content takes the place of the first."""
    book.record_import(an_import(stored=1))
    book.record_import(an_import(stored=2))
    book.record_import(an_import(content_id="bb", imported_ms=5))

    assert [(each.content_id, each.stored) for each in book.imports()] == [("bb", 8), ("aa", 2)]


def an_import(**changed: object) -> ImportRecord:
    """Describe an import."""
    fields = {
        "content_id": "aa",
        "file_name": "conn.log",
        "format": "zeek",
        "records": 2**40,
        "stored": 8,
        "malformed": 1,
        "imported_ms": 1_767_268_800_000,
        "dropped": {"transit": 3},
        "options": {"keep_good": True, "exporter": None},
    } | changed
    return ImportRecord(**fields)  # type: ignore[arg-type]
