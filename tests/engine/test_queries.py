"""What is written once for a shape is what would be written each time."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest

from builders import HOUR_MS, conversations
from hinomi.detect import partials, passes
from hinomi.engine import queries
from hinomi.engine.duckdb import DuckEngine
from hinomi.engine.queries import typed_columns, written
from hinomi.govern.parameters import default_register
from surveys import small_network

DIALECTS = ["duckdb", "mysql"]
"""One that quotes by `"`, and one that quotes by `, as Spark does."""
COLUMNS = {"n": "int64", "m": "int64", "x": "float64", "s": "string"}

Build = Callable[[Any, Any], Any]
BUILDS: dict[str, Build] = {
    "a table": lambda one, _: one,
    "rows of one": lambda one, _: one.filter(one.n > 5).select("n", y=one.m * 2),
    "other values": lambda one, _: one.filter(one.n > 6).select("n", y=one.m * 2),
    "sums": lambda one, _: one.group_by("n").aggregate(y=one.m.sum(), z=one.m.nunique()),
    "a join": lambda one, two: one.inner_join(two, "n").drop("m_right"),
    "a join with itself": lambda one, _: one.inner_join(one.view(), "n").select("n"),
    "those without": lambda one, two: one.semi_join(two, "n").anti_join(one.filter(one.m > 1), "n"),
    "both": lambda one, two: one.union(two),
    "one twice": lambda one, _: one.union(one),
    "in order": lambda one, _: one.order_by(one.n.desc()).limit(3),
    "cases": lambda one, _: one.mutate(y=ibis.cases((one.n.isin([1, 2]), 0.5), else_=one.x)),
    "true": lambda one, _: one.mutate(y=ibis.literal(value=True)),
    "one": lambda one, _: one.mutate(y=ibis.literal(1)),
    "zero": lambda one, _: one.mutate(y=one.x + 0.0),
    "less than nothing": lambda one, _: one.mutate(y=one.x + -0.0),
    "a name elsewhere": lambda one, _: one.filter(one.s == "first or second").mutate(first=one.n),
    "of this process": lambda one, _: one.semi_join(ibis.memtable(pa.table({"n": [1]})), "n"),
}


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without what other tests had written."""
    monkeypatch.setattr(queries, "_known", {})


@pytest.fixture(name="asked")
def all_that_ibis_writes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Give the list of what Ibis is asked to write."""
    asked = []
    write = ibis.to_sql

    def noted(expression: Any, **options: Any) -> Any:
        asked.append(expression)
        return write(expression, **options)

    with monkeypatch.context() as patch:
        patch.setattr(ibis, "to_sql", noted)
        yield asked


def tables(*names: str) -> list[Any]:
    """Give tables of the same columns."""
    return [ibis.table(COLUMNS, name=name) for name in names]


def plainly(expression: Any, dialect: str = "duckdb") -> str:
    """Let Ibis write it."""
    return str(ibis.to_sql(expression, dialect=dialect, pretty=False))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_known_is_written_as_anew(dialect: str) -> None:
    """Every build after all others, over tables of whatever names, in either dialect."""
    pairs = [("first", "second"), ("second", "first"), ("files_1", "files_12"), ("t0", "t1")]
    for names in [*pairs, *pairs]:
        one, two = tables(*names)
        for what, build in BUILDS.items():
            if what == "of this process":
                continue  # Ibis names such a table anew each time.
            expression = build(one, two)

            assert written(expression, dialect) == plainly(expression, dialect), (what, names)


def test_a_shape_is_written_once(asked: list[Any]) -> None:
    """Over other tables with the same columns nothing is asked of Ibis; a new value asks."""
    for names in (("a", "b"), ("c", "d"), ("b", "a")):
        one, two = tables(*names)
        written(one.filter(one.n > 5).inner_join(two, "n"), "duckdb")
    assert len(asked) == 1

    written(one.filter(one.n > 6).inner_join(two, "n"), "duckdb")
    assert len(asked) == 2
    written(one.filter(one.n > 6).inner_join(one, "n"), "duckdb")
    assert len(asked) == 3
    wider = ibis.table(COLUMNS | {"k": "int64"}, name="b")
    written(one.filter(one.n > 6).inner_join(wider, "n"), "duckdb")
    assert len(asked) == 4
    written(one.filter(one.n > 6).inner_join(wider, "n"), "mysql")
    assert len(asked) == 5


@pytest.mark.parametrize("what", ["of this process", "a name elsewhere"])
def test_what_cannot_be_told_apart_is_written_each_time(what: str, asked: list[Any]) -> None:
    """Rows in the expression itself, and names that stand where no table is meant."""
    for _ in range(3):
        written(BUILDS[what](*tables("first", "second")), "duckdb")

    assert len(asked) == 3


def test_shapes_are_forgotten_in_the_end(monkeypatch: pytest.MonkeyPatch, asked: list[Any]) -> None:
    """A process that runs for months has other times of a window every day."""
    monkeypatch.setattr(queries, "_SHAPES", 3)
    (table,) = tables("a")
    for _ in range(2):
        for number in range(5):
            written(table.filter(table.n > number), "duckdb")

    assert len(asked) == 10
    assert len(queries._known) <= 3  # noqa: SLF001 - the bound itself.


def test_columns_have_the_types_that_are_stated() -> None:
    """Whatever the engine would have made of them."""
    typed = typed_columns(ibis.schema({"n": "int64", 'a "b"': "float64"}), "duckdb")

    assert typed == 'CAST("n" AS BIGINT) AS "n", CAST("a ""b""" AS DOUBLE) AS "a ""b"""'


class Checked(DuckEngine):
    """Compares all that it runs."""

    compared = 0

    def keep(self, expression: Any) -> Path:
        """Compare and keep."""
        return super().keep(self._compared(expression))

    def keep_parts(self, expression: Any, part: Any, parts: int) -> list[list[Path]]:
        """Compare and keep."""
        self._compared(expression.mutate(part=part))
        return super().keep_parts(expression, part, parts)

    def fetch(self, expression: Any) -> pa.Table:
        """Compare and fetch."""
        return super().fetch(self._compared(expression))

    def _compared(self, expression: Any) -> Any:
        assert written(expression, "duckdb") == plainly(expression)
        self.compared += 1
        return expression


def test_every_query_of_a_survey_is_written_as_anew(tmp_path: Path, asked: list[Any]) -> None:
    """Part by part, unit by unit; and most of them need not be written."""
    register = default_register()
    with Checked(tmp_path, threads=1) as engine:
        for hours in (0, 3):
            rows = [row | {"ts_ms": row["ts_ms"] + hours * HOUR_MS} for row in small_network()]
            records = engine.keep_table(pa.Table.from_batches([conversations(rows)]))
            found = passes.extent(engine, records)
            passes.survey(engine, records, found, buckets=2, register=register, tell=lambda _: None)
            partials.make(engine, records, register, buckets=2)

        anew = len(asked) - engine.compared
        assert engine.compared > 60
        assert anew < engine.compared / 2
