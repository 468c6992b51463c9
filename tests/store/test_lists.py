"""Any history of a list; what every database does with lists is in tests/contracts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinomi.model.address import parse_address
from hinomi.model.listed import ListEntry, ListKind, Role
from hinomi.store.casebook import open_casebook

KNOWN = ListKind.KNOWN_CC


@settings(deadline=None, max_examples=15)
@given(st.lists(st.sets(st.integers(0, 9), min_size=1), min_size=1, max_size=6))
def test_any_history_of_a_list_is_kept(
    tmp_path_factory: pytest.TempPathFactory, states: list[set[int]]
) -> None:
    """Whatever snapshots follow one another, each can be read as it stood."""
    path = tmp_path_factory.mktemp("book") / "casebook.sqlite"
    with open_casebook(path) as book:
        for moment, state in enumerate(states, start=1):
            entries = [entry(host) for host in sorted(state)]
            book.lists.replace(KNOWN, "feed", entries, sha256=f"{state}", added_ms=moment)

        for moment, state in enumerate(states, start=1):
            stood = book.lists.entries(KNOWN, at_ms=moment)
            assert {each.entry.base.lo & 0xFF for each in stood} == state


def entry(host: int) -> ListEntry:
    """List 192.0.2.*host*, port 443."""
    base = parse_address(f"192.0.2.{host}")
    return ListEntry(base=base, proto=6, port=443, role=Role.C2, label="family")
