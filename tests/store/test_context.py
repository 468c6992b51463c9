"""Context tables at rest: several days are kept, and a later one is never read."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexts import listed, table
from hinomi.clock import parse_time
from hinomi.errors import ConfigError, NotFound, Unavailable, UsageError
from hinomi.model.context import DAY_MS, ContextKind, ContextTable
from hinomi.store.context import ContextStore


def routes(asn: int = 64500, **changed: str) -> ContextTable:
    """Give a table of one route."""
    return table(ContextKind.ROUTES, [{"first": 1, "last": 2, "asn": asn}], **changed)


def origins(store: ContextStore, moment: str) -> list[int]:
    """Give the origins that stood before *moment*."""
    return [each.rows["asn"][0].as_py() for each in store.before(parse_time(moment))]


def test_a_table_comes_back_as_it_was_put(tmp_path: Path) -> None:
    """Rows and statement, whatever letters the source is called by."""
    put = routes(source="../Größe \u706b 1/2", licence="“as is”")
    store = ContextStore(tmp_path / "context")

    store.put(put)

    (found,) = store.before(parse_time("2026-01-01"))
    assert found.statement == put.statement
    assert found.rows == put.rows
    (file,) = (tmp_path / "context").rglob("*.parquet")
    assert file.parent == tmp_path / "context" / "routes"


def test_the_newest_table_before_the_window_is_read(tmp_path: Path) -> None:
    """R19: neither one of the window's first day, nor any later one, is ever read."""
    store = ContextStore(tmp_path)
    for number, day in enumerate(("2025-01-01", "2025-02-01", "2025-03-01"), start=1):
        store.put(routes(number, day=day))

    assert origins(store, "2025-01-01") == []
    assert origins(store, "2025-01-02") == [1]
    assert origins(store, "2025-02-01T23:59:59Z") == [1]
    assert origins(store, "2025-02-02") == [2]
    assert origins(store, "2026-01-01") == [3]


@given(days=st.sets(st.integers(20_000, 20_030), min_size=1), moment=st.integers(19_990, 20_040))
def test_nothing_later_is_read_whatever_days_are_kept(
    tmp_path_factory: pytest.TempPathFactory, days: set[int], moment: int
) -> None:
    """R19 for any set of days, any moment, and the kinds that are read in both ways."""
    store = ContextStore(tmp_path_factory.mktemp("context"))
    for number in days:
        day = str(pa.scalar(number, pa.int32()).cast(pa.date32()).as_py())
        store.put(routes(number, day=day))
        store.put(listed(("198.51.100.1", number), day=day))
    earlier = sorted(day for day in days if day < moment)

    found = store.before(moment * DAY_MS)

    read = {kind: [each for each in found if each.statement.kind is kind] for kind in ContextKind}
    assert [each.rows["asn"][0].as_py() for each in read[ContextKind.ROUTES]] == earlier[-1:]
    assert [each.rows["listed_ms"][0].as_py() for each in read[ContextKind.HISTORY]] == earlier


def test_a_later_file_is_not_even_opened_for_its_rows(tmp_path: Path) -> None:
    """A damaged later table does not matter to an earlier window, its rows are never read."""
    store = ContextStore(tmp_path)
    store.put(routes(1, day="2025-01-01"))
    store.put(routes(2, day="2025-06-01"))
    (later,) = tmp_path.rglob("2025-06-01-*.parquet")
    raw = bytearray(later.read_bytes())
    raw[4:40] = bytes(36)  # The pages; the footer with the statement stays.
    later.write_bytes(raw)

    assert origins(store, "2025-02-01") == [1]
    with pytest.raises(Unavailable):
        origins(store, "2025-07-01")


def test_each_source_speaks_for_itself(tmp_path: Path) -> None:
    """The newest of one source does not hide another's."""
    store = ContextStore(tmp_path)
    store.put(routes(1, source="a", day="2025-01-01"))
    store.put(routes(2, source="b", day="2025-02-01"))

    assert sorted(origins(store, "2025-03-01")) == [1, 2]


def test_the_same_kind_source_and_day_replaces(tmp_path: Path) -> None:
    """One table of a day is kept."""
    store = ContextStore(tmp_path)
    store.put(routes(1))
    store.put(routes(2))

    assert origins(store, "2026-01-01") == [2]
    assert len(store.show()) == 1


def test_removal_takes_one_day_or_all(tmp_path: Path) -> None:
    """What is gone is not found a second time."""
    store = ContextStore(tmp_path)
    for day in ("2025-01-01", "2025-02-01", "2025-03-01"):
        store.put(routes(day=day))

    (middle,) = store.remove(ContextKind.ROUTES, "bureau", "2025-02-01")
    assert middle.day == "2025-02-01"
    assert len(store.remove(ContextKind.ROUTES, "bureau")) == 2
    for gone in (None, "2025-01-01"):
        with pytest.raises(NotFound, match="context show"):
            store.remove(ContextKind.ROUTES, "bureau", gone)


@pytest.mark.parametrize("blank", ["source", "licence"])
def test_a_table_without_source_or_licence_is_refused(tmp_path: Path, blank: str) -> None:
    """Nobody could say later who said so, or whether it may be used."""
    with pytest.raises(UsageError):
        ContextStore(tmp_path).put(routes(64500, **{blank: " "}))
    assert list(tmp_path.rglob("*")) == []


def test_an_empty_home_has_no_context(tmp_path: Path) -> None:
    """The folder need not exist."""
    store = ContextStore(tmp_path / "absent")

    assert store.show() == ()
    assert store.before(2**60) == ()


def test_a_file_of_another_version_or_of_nobody_is_told(tmp_path: Path) -> None:
    """Neither is read as if it were ours."""
    store = ContextStore(tmp_path)
    store.put(routes())
    (path,) = tmp_path.rglob("*.parquet")
    pq.write_table(pa.table({"x": [1]}), path)
    with pytest.raises(ConfigError, match="context schema none"):
        store.show()
    path.write_bytes(b"rubbish")
    with pytest.raises(Unavailable, match="cannot be read"):
        store.show()
