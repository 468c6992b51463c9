"""Which tables follow the key period; that they do is in tests/contracts."""

import sqlalchemy as sa

from hinomi.store.caseschema import LISTINGS
from hinomi.store.ownrows import TABLES


def test_every_table_names_its_pseudonyms_by_halves() -> None:
    """Both halves are columns of 64 bits, and rows are told apart by a number of their own."""
    for each in TABLES:
        columns = each.table.c
        assert isinstance(columns[each.hi].type, sa.BigInteger)
        assert isinstance(columns[each.lo].type, sa.BigInteger)
        assert [column.name for column in each.table.primary_key] == ["id"]


def test_listings_are_plain() -> None:
    """They are made to be shared: no row of them is told to be own."""
    assert "own" not in LISTINGS.c
