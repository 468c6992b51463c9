"""Entries of lists."""

from hinomi.model.address import parse_address
from hinomi.model.listed import ListEntry, ListKind, Role


def test_an_entry_is_one_address_for_any_port_unless_it_says_more() -> None:
    """Nothing is assumed of role, time or ownership."""
    entry = ListEntry(base=parse_address("198.51.100.1"))

    assert (entry.length, entry.proto, entry.port, entry.role) == (128, None, None, Role.UNKNOWN)
    assert (entry.first_listed_ms, entry.last_listed_ms, entry.own) == (None, None, False)


def test_kinds_are_the_words_of_the_command_line() -> None:
    """`hinomi lists add` takes them as they stand."""
    assert {str(kind) for kind in ListKind} == {
        "known-cc", "benign", "scanners", "sinkholes", "suspects",
    }  # fmt: skip
