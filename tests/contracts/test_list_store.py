"""Lists, their snapshots and their history, on every database."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from casebooks import Place, opened
from hinomi.errors import NotFound, UsageError
from hinomi.model.address import Address, parse_address
from hinomi.model.listed import ListEntry, ListKind, Role
from hinomi.store.lists import ListStore, Replaced

KNOWN = ListKind.KNOWN_CC
OTHER = ListKind.BENIGN


@pytest.fixture
def lists(place: Place) -> Iterator[ListStore]:
    """Open the lists of a new case book."""
    with opened(place) as book:
        yield book.lists


def test_an_entry_comes_back_as_it_was_put(lists: ListStore) -> None:
    """Every field survives, and the entry names its source and snapshot."""
    full = ListEntry(
        base=Address(-(2**63), 2**63 - 1),
        length=128,
        proto=17,
        port=65535,
        role=Role.UPPER,
        label="Beispiel ベイスピール",
        first_listed_ms=0,
        last_listed_ms=2**53,
        own=True,
    )

    put(lists, [full, entry(1)])

    found = lists.entries(KNOWN)
    assert [each.entry for each in found] == [full, entry(1)]
    assert {(each.source, each.number) for each in found} == {("feed", 1)}


def test_a_new_list_is_all_added(lists: ListStore) -> None:
    """The first snapshot has number 1 and nothing ended."""
    assert put(lists, [entry(1), entry(2)]) == Replaced(added=2, ended=0, number=1)


def test_replacing_counts_what_is_new_and_what_is_gone(lists: ListStore) -> None:
    """Two stay, one ends, two are added."""
    put(lists, [entry(1), entry(2), entry(3)])

    replaced = put(lists, [entry(2), entry(3), entry(4), entry(5)], sha256="b", added_ms=20)

    assert replaced == Replaced(added=2, ended=1, number=2)
    assert hosts(lists) == {2, 3, 4, 5}


def test_the_same_file_again_changes_nothing(lists: ListStore) -> None:
    """No snapshot is made, and nothing is added or ended."""
    put(lists, [entry(1)])

    replaced = put(lists, [entry(1)], added_ms=20)

    assert replaced == Replaced(added=0, ended=0, number=1)
    assert [(each.number, each.added_ms) for each in lists.show()] == [(1, 10)]


def test_the_same_file_with_other_pseudonyms_is_a_new_snapshot(lists: ListStore) -> None:
    """The file did not change, but the own networks did: the entries count."""
    put(lists, [entry(1)])

    replaced = put(lists, [replace(entry(1), base=Address(9, 9), own=True)], added_ms=20)

    assert replaced == Replaced(added=1, ended=1, number=2)


def test_a_changed_label_is_neither_added_nor_ended(lists: ListStore) -> None:
    """The service is the same; what is said of it is new, and the old words are kept."""
    put(lists, [replace(entry(1), label="old")])

    replaced = put(lists, [replace(entry(1), label="new")], sha256="b", added_ms=20)

    assert replaced == Replaced(added=0, ended=0, number=2)
    assert [each.entry.label for each in lists.entries(KNOWN)] == ["new"]
    assert [each.entry.label for each in lists.entries(KNOWN, at_ms=15)] == ["old"]


def test_a_list_can_be_read_as_it_stood(lists: ListStore) -> None:
    """At each moment stand the entries of the snapshot that was current then."""
    put(lists, [entry(1), entry(2)], sha256="a", added_ms=10)
    put(lists, [entry(2), entry(3)], sha256="b", added_ms=20)
    lists.remove(KNOWN, "feed", ended_ms=30)

    stood = {at_ms: hosts(lists, at_ms) for at_ms in (9, 10, 19, 20, 29, 30)}

    assert stood == {9: set(), 10: {1, 2}, 19: {1, 2}, 20: {2, 3}, 29: {2, 3}, 30: set()}
    assert hosts(lists) == set()


def test_an_entry_that_stays_keeps_the_snapshot_that_brought_it(lists: ListStore) -> None:
    """A list fetched daily costs its changes only."""
    put(lists, [entry(1)], sha256="a", added_ms=10)
    put(lists, [entry(1), entry(2)], sha256="b", added_ms=20)

    assert [each.number for each in lists.entries(KNOWN)] == [1, 2]


def test_kinds_and_sources_are_lists_of_their_own(lists: ListStore) -> None:
    """Replacing one leaves the others alone."""
    put(lists, [entry(1)], source="one")
    put(lists, [entry(1), entry(2)], source="two")
    put(lists, [entry(3)], kind=OTHER, source="one")
    put(lists, [entry(4)], source="one", sha256="b", added_ms=20)

    shown = [(each.kind, each.source, each.number, each.entries) for each in lists.show()]

    assert shown == [(OTHER, "one", 1, 1), (KNOWN, "one", 2, 1), (KNOWN, "two", 1, 2)]
    assert hosts(lists) == {1, 2, 4}
    assert [each.source for each in lists.show(KNOWN)] == ["one", "two"]
    assert [each.kind for each in lists.show(source="one")] == [OTHER, KNOWN]


def test_a_removed_list_can_come_back(lists: ListStore) -> None:
    """Its numbers go on, and all its entries are added anew."""
    put(lists, [entry(1)])

    assert lists.remove(KNOWN, "feed", ended_ms=20) == 1
    assert lists.show() == ()
    assert put(lists, [entry(1)], added_ms=30) == Replaced(added=1, ended=0, number=2)


def test_a_list_that_is_not_there_cannot_be_removed(lists: ListStore) -> None:
    """Another kind of the same source is another list."""
    put(lists, [entry(1)])

    with pytest.raises(NotFound, match="no benign list"):
        lists.remove(OTHER, "feed", ended_ms=20)


def test_a_clock_set_back_ends_nothing_before_it_began(lists: ListStore) -> None:
    """The new snapshot is dated no earlier than the one it replaces."""
    put(lists, [entry(1)], added_ms=100)
    put(lists, [entry(2)], sha256="b", added_ms=50)

    assert [each.added_ms for each in lists.show()] == [100]
    assert hosts(lists, 100) == {2}


def test_a_list_needs_a_source(lists: ListStore) -> None:
    """A blank name would hide who said it."""
    with pytest.raises(UsageError, match="source"):
        put(lists, [entry(1)], source="  ")


def test_the_same_entry_twice_is_the_callers_bug(lists: ListStore) -> None:
    """`collapse` comes before; here counts would be wrong."""
    with pytest.raises(ValueError, match="the same"):
        put(lists, [entry(1), replace(entry(1), label="x")])


def test_what_a_list_dropped_is_former(lists: ListStore) -> None:
    """Since when and until when decide; the latest end comes first, each entry once."""
    put(lists, [entry(1), entry(2), entry(3)], added_ms=10)
    put(lists, [entry(2), entry(3)], sha256="b", added_ms=20)
    put(lists, [entry(1), entry(3), entry(4)], sha256="c", added_ms=30)
    put(lists, [entry(3)], sha256="d", added_ms=40)

    assert former(lists) == [(1, 40), (4, 40), (2, 30)]
    assert former(lists, before_ms=30) == [(2, 30), (1, 20)]
    assert former(lists, since_ms=31) == [(1, 40), (4, 40)]
    assert former(lists, before_ms=10) == []


def test_a_list_that_was_removed_has_no_former_entries(lists: ListStore) -> None:
    """Its operator trusts it no longer; another list's are still there."""
    for source, host in (("feed", 1), ("other", 2)):
        put(lists, [entry(host)], source=source)
        put(lists, [entry(9)], source=source, sha256="b", added_ms=20)
    lists.remove(KNOWN, "feed", ended_ms=30)

    assert former(lists) == [(2, 20)]


def test_own_entries_and_whole_addresses_are_no_former_ones(lists: ListStore) -> None:
    """A line's pseudonym is looked up nowhere; an address without a port is no service."""
    put(lists, [replace(entry(1), own=True), replace(entry(2), port=None), entry(3)])
    put(lists, [entry(3)], sha256="b", added_ms=20)
    put(lists, [entry(4)], kind=OTHER)
    put(lists, [entry(5)], kind=OTHER, sha256="b", added_ms=20)

    assert former(lists) == []


def former(lists: ListStore, *, since_ms: int = 0, before_ms: int = 1_000) -> list[tuple[int, int]]:
    """Give the last octet and the end of each former known C&C."""
    found = lists.former(KNOWN, since_ms=since_ms, before_ms=before_ms)
    return [(each.entry.base.lo & 0xFF, each.until_ms) for each in found]


def entry(host: int) -> ListEntry:
    """List 192.0.2.*host*, port 443."""
    base = parse_address(f"192.0.2.{host}")
    return ListEntry(base=base, proto=6, port=443, role=Role.C2, label="family")


def put(
    lists: ListStore,
    entries: list[ListEntry],
    *,
    kind: ListKind = KNOWN,
    source: str = "feed",
    sha256: str = "a",
    added_ms: int = 10,
) -> Replaced:
    """Replace the list."""
    return lists.replace(kind, source, entries, sha256=sha256, added_ms=added_ms)


def hosts(lists: ListStore, at_ms: int | None = None) -> set[int]:
    """Give the last octets of the known C&C that stand."""
    return {each.entry.base.lo & 0xFF for each in lists.entries(KNOWN, at_ms=at_ms)}
