"""What every engine does: DuckDB in this process, Spark with two worker processes."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders import HOUR_MS, NOON_MS, conversations, talk
from hinomi.detect import mesh, passes
from hinomi.detect.orient import LINE
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import default_register
from hinomi.model.flow import CONVERSATIONS
from sparks import TWO_WORKERS, open_spark, require_spark, spark_home
from surveys import clock, small_network, towards

FLOAT_ERROR = 1e-9
ROWS = pa.table({"n": pa.array([3, -(2**63), 2**63 - 1], pa.int64())})


@pytest.fixture(scope="module", name="duck")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[passes.Engine]:
    """Give DuckDB."""
    with DuckEngine(tmp_path_factory.mktemp("duck"), threads=1) as engine:
        yield engine


@pytest.fixture(scope="module", name="spark")
def distributed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[passes.Engine]:
    """Give Spark with two worker processes, in folders that are hard to spell."""
    require_spark()
    folder = tmp_path_factory.mktemp("spark")
    scratch = folder / "scratch 'of' {a} [big] \"home\""
    scratch.mkdir()
    home = folder / "home"
    home.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in spark_home(home).items():
            patch.setenv(name, value)
        with open_spark(scratch, TWO_WORKERS) as engine:
            yield engine


@pytest.fixture(name="engine", params=["duck", "spark"])
def each(request: pytest.FixtureRequest) -> passes.Engine:
    """Give each of them."""
    engine: passes.Engine = request.getfixturevalue(request.param)
    return engine


def assert_same(found: pa.Table, expected: pa.Table, *, ordered: bool = False) -> None:
    """Compare types, integers exactly, floats to `FLOAT_ERROR`."""
    assert (found.schema.names, found.schema.types) == (
        expected.schema.names,
        expected.schema.types,
    )
    assert found.num_rows == expected.num_rows > 0
    if not ordered:
        order = [(name, "ascending") for name in expected.column_names]
        found, expected = found.sort_by(order), expected.sort_by(order)
    for name in expected.column_names:
        one, other = found[name].to_numpy(), expected[name].to_numpy()
        if pa.types.is_floating(expected.schema.field(name).type):
            np.testing.assert_allclose(one, other, rtol=FLOAT_ERROR, atol=FLOAT_ERROR)
        else:
            np.testing.assert_array_equal(one, other, name)


def test_kept_rows_come_back_as_they_were(engine: passes.Engine) -> None:
    """The whole range of int64 survives: from memory, in a scratch file, and back."""
    given = engine.keep_table(ROWS)
    path = engine.keep(given.filter(given.n != 3))
    found = engine.fetch(engine.table([path]))

    assert found.schema.field("n").type == pa.int64()
    assert sorted(found["n"].to_pylist()) == [-(2**63), 2**63 - 1]
    assert path.exists()
    engine.drop([path])
    engine.drop([path])
    assert not path.exists()


def test_several_kept_results_are_one_table(engine: passes.Engine) -> None:
    """Every row of every one of them once, whatever the folder is called."""
    rows = engine.keep_table(ROWS)
    paths = [engine.keep(rows), engine.keep(rows.filter(rows.n > 0))]

    found = engine.fetch(engine.table(paths))

    assert sorted(found["n"].to_pylist()) == [-(2**63), 3, 3, 2**63 - 1, 2**63 - 1]


@pytest.mark.parametrize("parts", [1, 4])
def test_rows_are_kept_by_part(engine: passes.Engine, parts: int) -> None:
    """Each row lies in the part of its number, without it; a part may be empty."""
    rows = engine.keep_table(pa.table({"n": pa.array([0, 1, 2, 5, 6], pa.int64())}))

    kept = engine.keep_parts(rows, rows.n % parts, parts)

    found = [engine.fetch(engine.table(files)) for files in kept]
    assert [sorted(table["n"].to_pylist()) for table in found] == (
        [[0, 1, 2, 5, 6]] if parts == 1 else [[0], [1, 5], [2, 6], []]
    )
    assert {table.schema for table in found} == {pa.schema([("n", pa.int64())])}


def test_without_files_the_schema_gives_an_empty_table(engine: passes.Engine) -> None:
    """No file: no row, every column with its type; neither file nor schema is a bug."""
    found = engine.fetch(engine.table([], CONVERSATIONS))

    assert found.num_rows == 0
    assert found.schema.types == CONVERSATIONS.types
    with pytest.raises(ValueError, match="no schema"):
        engine.table([])


def test_folders_of_the_lake_add_no_columns(engine: passes.Engine, tmp_path: Path) -> None:
    """Files under date=.../hour=... are one table with the columns that they hold."""
    paths = [tmp_path / "date=2026-01-01" / f"hour=0{hour}" / "x.parquet" for hour in range(2)]
    for path in paths:
        path.parent.mkdir(parents=True)
        pq.write_table(ROWS, path)

    table = engine.table(paths)

    assert table.columns == ("n",)
    assert engine.fetch(table).num_rows == 6


def test_rows_come_in_the_order_that_was_asked_for(engine: passes.Engine) -> None:
    """A sorted expression is fetched sorted, however many workers wrote it."""
    numbers = np.random.default_rng(7).permutation(5_000)
    rows = engine.keep_table(pa.table({"n": pa.array(numbers, pa.int64())}))

    found = engine.fetch(rows.order_by("n"))

    assert found["n"].to_pylist() == list(range(5_000))


def test_integers_divide_and_wrap_alike(engine: passes.Engine) -> None:
    """Quotients are floored, remainders have the dividend's sign, masks see two's complement."""
    rows = engine.keep_table(
        pa.table(
            {
                "n": pa.array([-7, 7, -(2**62), 2**62, 0], pa.int64()),
                "flags": pa.array([-1, 0x12, 0x02, 0x18, 0], pa.int16()),
            }
        )
    )

    found = engine.fetch(
        rows.mutate(floor=rows.n // 4, left=rows.n % 4, left_odd=rows.n % 7, ack=rows.flags & 0x10)
    )

    for row in found.to_pylist():
        number = row["n"]
        assert row["floor"] == number // 4
        assert row["left"] == math.fmod(number, 4)
        assert row["left_odd"] == (abs(number) % 7) * (1 if number >= 0 else -1)
        assert row["ack"] == row["flags"] & 0x10


def test_quartiles_are_interpolated(engine: passes.Engine) -> None:
    """Between the values, by linear interpolation."""
    rows = engine.keep_table(pa.table({"n": pa.array([1.0, 2.0, 4.0, 8.0])}))

    found = engine.fetch(
        rows.aggregate(low=rows.n.quantile(0.25), middle=rows.n.quantile(0.5)),
    ).to_pylist()

    assert found == [{"low": 1.75, "middle": 3.0}]


def test_an_overflow_is_no_number(engine: passes.Engine) -> None:
    """A sum beyond int64 stops the run instead of wrapping round."""
    rows = engine.keep_table(ROWS)

    with pytest.raises(Exception, match=r"(?i)overflow|out of range|could not convert|can't be"):
        engine.fetch(rows.filter(rows.n > 0).aggregate(n=(rows.n + rows.n).max()))


@dataclass(frozen=True, slots=True)
class Seen:
    """What one engine made of the small lake."""

    extent: passes.Extent
    survey: passes.Survey
    tables: Mapping[str, pa.Table]


@pytest.fixture(scope="module", name="seen")
def both_surveys(
    duck: passes.Engine, spark: passes.Engine, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Seen, Seen]:
    """Let both go all the way over the same files, in two parts."""
    folder = tmp_path_factory.mktemp("lake")
    rows = lake()
    paths = [folder / f"{number}.parquet" for number in range(3)]
    never_null = pa.schema([field.with_nullable(nullable=False) for field in CONVERSATIONS])
    for number, path in enumerate(paths):
        table = pa.Table.from_batches([conversations(rows[number::3])])
        pq.write_table(table.cast(never_null), path)
    return see(duck, paths), see(spark, paths)


def lake() -> list[dict[str, int]]:
    """
    Give a small network with something of everything.

    Sampled and unsampled exporters, IPv6, UDP, services inside the own network, pseudonyms
    with a leading 1 bit, an attack, refusals, and records without flags.
    """
    rows = small_network()[::3]
    rows += clock(1, "203.0.113.50", sampling_interval=1)
    rows += clock(2, "2001:db8:1::50", sampling_interval=10, line_hi=-(2**63), line_lo=-5)
    rows += clock(3, "203.0.113.51", sampling_interval=1, proto=17, tcp_flags=-1)
    rows += clock(4, "203.0.113.52", contacts=12, sampling_interval=1, tcp_flags=0x14)
    rows += [row for at in range(9) for row in towards(at, 77 - 2 * at, NOON_MS + at * HOUR_MS)]
    rows += [
        row
        for line in range(100, 160)
        for row in talk(line, "198.51.100.200", NOON_MS + 5 * HOUR_MS + line, tcp_flags=-1)
    ]
    return rows


def see(engine: passes.Engine, paths: list[Path]) -> Seen:
    """Make both passes, and fetch everything else that the detector asks for."""
    records = engine.table(paths, CONVERSATIONS)
    extent = passes.extent(engine, records)
    survey = passes.survey(
        engine, records, extent, buckets=2, register=default_register(), tell=lambda _: None
    )
    services, lines = survey.services, survey.lines.sort_by([(name, "ascending") for name in LINE])
    share = np.linspace(0.0, 1.0, len(lines)) ** 2
    said = lines.select(LINE).append_column("expected", pa.array(share))
    said = said.append_column("mesh", pa.array(mesh.is_mesh(lines).astype(np.int64)))
    hours, sizes = passes.details(engine, survey.parts, services)
    few = lines.slice(0, 25)
    return Seen(
        extent,
        survey,
        {
            "client_sums": passes.client_sums(engine, survey, said),
            "services_of_lines": passes.services_of_lines(engine, survey, few),
            "pairs_of_lines": passes.pairs_of_lines(engine, survey.parts, few, only_spoken=False),
            "lines_of_services": passes.lines_of_services(engine, survey.parts, services),
            "repeated_contacts": passes.repeated_contacts(engine, survey.parts),
            "hours": hours,
            "sizes": sizes,
        },
    )


def test_both_see_the_same_extent(seen: tuple[Seen, Seen]) -> None:
    """Rows, hours, intervals, the share without flags."""
    duck, spark = seen

    assert duck.extent == spark.extent
    assert 0 < duck.extent.flagless_share < 1


def test_both_survey_the_same(seen: tuple[Seen, Seen]) -> None:
    """Services in one order, lines, probes, and what was cut as a burst."""
    duck, spark = seen

    assert_same(spark.survey.services, duck.survey.services, ordered=True)
    assert_same(spark.survey.lines, duck.survey.lines)
    assert_same(spark.survey.probed, duck.survey.probed)
    assert spark.survey.met == duck.survey.met
    assert spark.survey.cut_bins == duck.survey.cut_bins > 0


@pytest.mark.parametrize(
    "name",
    [
        "client_sums",
        "services_of_lines",
        "pairs_of_lines",
        "lines_of_services",
        "repeated_contacts",
        "hours",
        "sizes",
    ],
)
def test_both_fetch_the_same(seen: tuple[Seen, Seen], name: str) -> None:
    """Integers are equal, floats to 1e-9."""
    duck, spark = seen

    assert_same(spark.tables[name], duck.tables[name])
