"""What every test shares: no test asserts a time, and shared machines are slow at moments."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from casebooks import Place, PostgresqlPlace, SqlitePlace
from hinomi.store.database import open_shared_database
from postgres import Server, running_server
from thorough import EXAMPLES

settings.register_profile(
    "shared",
    deadline=None,
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("shared")

os.environ.pop("HINOMI_TOKEN", None)  # Whoever runs the tests acts by their account.

os.fsync = lambda fd: None  # noqa: ARG005 - by name as well. The tests kill processes, never the machine.

_NUMBERS = itertools.count(1)


@pytest.fixture(autouse=True)
def logs_end_with_a_test() -> Iterator[None]:
    """Let go of the stream that a test had logs go to: it is closed by then."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session", name="postgres_server")
def a_postgres_server() -> Iterator[Server]:
    """Run one server for all tests of this process; they skip where it is not installed."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session", name="migrated")
def a_migrated_template(postgres_server: Server) -> Iterator[str]:
    """Give the name of a database to copy, with the tables of a new case book."""
    with postgres_server.database("migrated") as conninfo:
        open_shared_database(conninfo).close()
        yield "migrated"


@pytest.fixture
def shared_place(postgres_server: Server, migrated: str) -> Iterator[PostgresqlPlace]:
    """Give a database of its own with an empty case book."""
    with postgres_server.database(f"book{next(_NUMBERS)}", migrated) as conninfo:
        yield PostgresqlPlace(postgres_server, conninfo)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Give a place for a case book, of each kind of database in turn."""
    if request.param == "sqlite":
        return SqlitePlace(tmp_path / "book" / "casebook.sqlite")
    shared: PostgresqlPlace = request.getfixturevalue("shared_place")
    return shared


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Give a place without a case book, not even an empty one."""
    if request.param == "sqlite":
        (tmp_path / "bare").mkdir()
        yield SqlitePlace(tmp_path / "bare" / "casebook.sqlite")
        return
    server: Server = request.getfixturevalue("postgres_server")
    with server.database(f"bare{next(_NUMBERS)}") as conninfo:
        yield PostgresqlPlace(server, conninfo)
