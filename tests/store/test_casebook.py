"""Exporters, interfaces, own networks and imports of one home."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hinomi.errors import NotFound
from hinomi.model.address import Address, parse_address
from hinomi.model.flow import Ingress
from hinomi.model.network import AccessKind, Customer, OwnNetwork
from hinomi.store.casebook import UNNAMED, CaseBook, ImportRecord, open_casebook

HALVES = st.integers(-(2**63), 2**63 - 1)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[CaseBook]:
    """Open a new case book."""
    with open_casebook(tmp_path / "casebook.sqlite") as opened:
        yield opened


def test_an_exporter_keeps_its_number(book: CaseBook) -> None:
    """The same name gives the same number; a new one gets the next."""
    numbers = [book.exporter_number(name) for name in ("edge1", "edge2", "edge1")]

    assert numbers == [1, 2, 1]
    assert book.exporters() == {1: "edge1", 2: "edge2"}


def test_records_without_an_exporter_share_one(book: CaseBook) -> None:
    """Unnamed is an exporter like any other, and shown as such."""
    assert book.exporter_number(None) == book.exporter_number(None) == 1
    assert book.exporters() == {1: UNNAMED}


def test_two_case_books_on_one_file_agree_on_numbers(book: CaseBook, tmp_path: Path) -> None:
    """What one wrote the other reads: nobody numbers from memory."""
    with open_casebook(tmp_path / "casebook.sqlite") as other:
        assert book.exporter_number("edge1") == 1
        assert other.exporter_number("edge2") == 2
        assert book.exporter_number("edge2") == 2


def test_the_last_word_on_an_interface_counts(book: CaseBook) -> None:
    """An interface that was moved to another neighbour is said so by putting it again."""
    edge = book.exporter_number("edge1")

    book.put_interface(edge, 7, Ingress.TRANSIT)
    book.put_interface(edge, 8, Ingress.SUBSCRIBER)
    book.put_interface(edge, 7, Ingress.PEERING)

    assert book.interfaces() == {(edge, 7): Ingress.PEERING, (edge, 8): Ingress.SUBSCRIBER}


def test_an_interface_needs_its_exporter(book: CaseBook) -> None:
    """A number that no exporter has is not found."""
    with pytest.raises(NotFound, match="no exporter"):
        book.put_interface(3, 1, Ingress.TRANSIT)


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
