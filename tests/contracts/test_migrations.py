"""Every earlier version of the case book comes to today's with its rows, killed or not."""

import json
import subprocess
import sys

import pytest

from casebooks import Place, PostgresqlPlace, SqlitePlace
from filledbooks import ROWS, Rows, fill, lost, make_version, rows_of, versions
from hinomi.store.schema import HEAD, METADATA

EARLIER = versions()[:-1]
PATIENCE_S = 120.0

CHILD = """
import json, os, signal, sys
from pathlib import Path
import alembic.autogenerate, alembic.command, sqlalchemy as sa
from hinomi.store import database

POINTS = 5

def opened():
    if sys.argv[1] == "sqlite":
        return database.open_database(Path(sys.argv[2]))
    return database.open_shared_database(sys.argv[2])

def kill_at(point):
    '''Kill this process at its act number *point*, or before it commits the migration.'''
    acts = commits = 0
    def count(*words):
        nonlocal acts, commits
        acts, commits = acts + 1, commits + (len(words) == 1)
        if acts == point or commits == 2:  # The first one ends the look at what is there.
            os.write(told, acts.to_bytes(4, "big"))
            os.kill(os.getpid(), signal.SIGKILL)
    sa.event.listen(sa.Engine, "before_cursor_execute", count)
    sa.event.listen(sa.Engine, "commit", lambda connection: count(connection))
    opened().close()

def look():
    '''Read what the dead left: the version, and the columns of each table.'''
    engine = (
        sa.create_engine(f"sqlite:///{sys.argv[2]}")
        if sys.argv[1] == "sqlite"
        else sa.create_engine(
            "postgresql+psycopg://",
            connect_args=dict(pair.split("=", 1) for pair in sys.argv[2].split()),
        )
    )
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
        tables = sa.MetaData()
        tables.reflect(connection)
    engine.dispose()
    return [found, sorted(str(column) for table in tables.tables.values() for column in table.c)]

def killed(point):
    child = os.fork()
    if child == 0:
        kill_at(point)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL, status
    assert look() == before, point
    return int.from_bytes(os.read(heard, 4), "big")

heard, told = os.pipe()
before = look()
last = killed(0)  # Everything was done but for the commit.
points = sorted({killed(1 + number * last // POINTS) for number in range(POINTS)})
opened().close()
print(json.dumps([last, points]))
"""


def old_book(place: Place, version: str) -> Rows:
    """Make a case book of an earlier version with rows in every table."""
    engine = place.engine()
    make_version(engine, version)
    fill(engine)
    rows = rows_of(engine)
    engine.dispose()
    assert all(len(each) == ROWS for each in rows.values())
    return rows


def state(place: Place) -> tuple[str, Rows]:
    """Read the version and all rows, past our code."""
    engine = place.engine()
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
    rows = rows_of(engine)
    engine.dispose()
    return str(found), rows


def test_there_are_earlier_versions() -> None:
    """The tests below are of something: each version but the last one."""
    assert EARLIER[0] == "0001"
    assert len(EARLIER) >= 3
    assert versions()[-1] == HEAD


@pytest.mark.parametrize("version", EARLIER)
def test_an_earlier_version_keeps_its_rows(bare_place: Place, version: str) -> None:
    """Every value of every table is there under its name or a new one, and all tables are."""
    before = old_book(bare_place, version)

    bare_place.open().close()

    now, after = state(bare_place)
    assert now == HEAD
    assert lost(before, after) == []
    assert after.keys() == METADATA.tables.keys()


def test_a_lost_value_would_be_noticed(bare_place: Place) -> None:
    """The comparison can fail: a row that is gone, and a column whose values changed."""
    before = old_book(bare_place, "0001")
    bare_place.open().close()
    engine = bare_place.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM imports WHERE records = 0")
        connection.exec_driver_sql("UPDATE interfaces SET role = 7")
    engine.dispose()

    assert lost(before, state(bare_place)[1]) == ["imports: 3 rows became 2", "interfaces.ingress"]


@pytest.mark.parametrize("version", EARLIER)
def test_a_killed_migration_changes_nothing(bare_place: Place, version: str) -> None:
    """Kill -9 between its statements and before its commit; the next one is whole."""
    before = old_book(bare_place, version)

    last, points = kill_at_points(bare_place)

    # After each kill version and columns were those of before; then it was let through.
    assert len(points) == 5
    assert points[-1] < last
    now, after = state(bare_place)
    assert now == HEAD
    assert lost(before, after) == []


def kill_at_points(place: Place) -> tuple[int, list[int]]:
    """Open a case book in processes that die; give the acts of the longest, and of the others."""
    if isinstance(place, PostgresqlPlace):
        words = ["postgresql", place.conninfo]
    else:
        assert isinstance(place, SqlitePlace)
        words = ["sqlite", str(place.path)]
    ended = subprocess.run(
        [sys.executable, "-c", CHILD, *words],
        capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    last, points = json.loads(ended.stdout)
    return last, points
