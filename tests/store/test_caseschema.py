"""The tables of cases; that migrations make them is shown in tests/store/test_casebook.py."""

import pytest
import sqlalchemy as sa

from hinomi.store.caseschema import CASES, EVENTS, EVIDENCE, LISTINGS, NOTES, OUTCOMES, VERDICTS


def uniques(table: sa.Table) -> set[tuple[str, ...]]:
    """Name what no two rows have in common."""
    return {
        tuple(column.name for column in each.columns)
        for each in table.constraints
        if isinstance(each, sa.UniqueConstraint)
    }


def test_what_may_be_there_once_is_once() -> None:
    """A case of a service, a version of a case, a listing of an episode, a statement."""
    assert uniques(CASES) == {("hi", "lo", "proto", "port", "own")}
    assert uniques(EVENTS) == {("case_id", "version")}
    assert uniques(LISTINGS) == {("case_id", "episode")}
    (statement,) = uniques(EVIDENCE)
    assert set(statement) == {
        *("hi", "lo", "proto", "port", "own", "source", "method", "claim"),
        *("reference", "observed_day"),
    }


@pytest.mark.parametrize("table", [EVENTS, VERDICTS, NOTES, OUTCOMES, LISTINGS])
def test_what_hangs_on_a_case_is_found_by_it(table: sa.Table) -> None:
    """An index or a key begins with its number: no reader goes through all of them."""
    firsts = {next(iter(index.columns)).name for index in table.indexes}
    firsts |= {names[0] for names in uniques(table)}
    firsts |= {next(iter(table.primary_key.columns)).name}

    assert "case_id" in firsts


def test_no_column_tells_who_spoke_with_a_service() -> None:
    """Neither a line nor a client has a place, nor the moment of a communication."""
    words = {name for table in (CASES, EVIDENCE, LISTINGS) for name in table.c.keys()}  # noqa: SIM118

    assert not {each for each in words if "line" in each or "client" in each or "seen" in each}
    assert EVIDENCE.c.observed_day.type.python_type is int
