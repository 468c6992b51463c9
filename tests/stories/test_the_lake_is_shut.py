"""Past the mandates there is no way to the records: files by hand, wrong purposes, gone keys."""

import sys
from collections.abc import Callable
from datetime import date
from subprocess import run

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOON_MS
from hinomi.errors import NotPermitted
from hinomi.govern.mandate import Mandate
from hinomi.govern.matrix import Cell, Data, LegalBasis, Power, Purpose, shipped_matrix
from hinomi.model.window import Window
from hinomi.services.home import Home, open_home
from terminal import hinomi, make_home, table_row, write_table

BY_HAND = """
import sys, glob, duckdb, pyarrow.parquet as pq
opened = []
for path in glob.glob(sys.argv[1] + "/**/*.parquet", recursive=True):
    for read in (pq.read_table, lambda p: duckdb.sql(f"SELECT * FROM '{p}'").fetchall()):
        try:
            read(path)
            opened.append(path)
        except Exception:
            pass
print(len(glob.glob(sys.argv[1] + "/**/*.parquet", recursive=True)), len(opened))
"""


@pytest.fixture(scope="module", name="home")
def a_home_with_a_record(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Import one record."""
    folder = tmp_path_factory.mktemp("story")
    home = make_home(folder / "home")
    assert hinomi("import", write_table(folder / "flows.csv", table_row()), home=home).code == 0
    return open_home(home)


def test_duckdb_and_pyarrow_by_hand_read_nothing(home: Home) -> None:
    """Started in another shell, on every Parquet file of the home."""
    done = run(
        [sys.executable, "-I", "-c", BY_HAND, str(home.folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    files, opened = map(int, done.stdout.split())

    assert files >= 1
    assert opened == 0


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(Purpose),
    st.sampled_from(LegalBasis),
    st.sets(st.sampled_from(Power), min_size=1),
)
def test_no_door_opens_for_a_purpose_that_the_matrix_does_not_allow(
    home: Home, purpose: Purpose, basis: LegalBasis, powers: set[Power]
) -> None:
    """Records, files, counts, digests, keys, partial results: each asks, each writes it down."""
    mandate = Mandate(
        purpose=purpose, basis=basis, who="tester", until_ms=2**62, powers=frozenset(powers)
    )
    lake, everything = home.lake(), Window()
    doors: dict[str, Callable[[], object]] = {
        "scan": lambda: list(lake.scan(everything, mandate)),
        "files": lambda: lake.files(everything, mandate),
        "rows": lambda: lake.rows(everything, mandate),
        "digest": lambda: lake.digest(everything, mandate),
        "partials": lambda: home.partials().find(Window(NOON_MS, NOON_MS + 1), "", mandate),
        "keys": lambda: home.keeper.hand(home.keeper.days(), mandate, Power.ANALYSE),
    }
    cell = Cell(purpose, Data.FLOW_RECORDS, Power.ANALYSE, basis)
    is_lawful = shipped_matrix().ask(cell, date(2026, 12, 1)).is_permitted
    for name, door in doors.items():
        before = home.journal().head().size
        if is_lawful and Power.ANALYSE in powers:
            door()
            continue
        with pytest.raises(NotPermitted):
            door()
        assert home.journal().head().size == before + 1, f"no refusal was noted at {name}"
