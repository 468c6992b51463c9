"""What every test shares: no test asserts a time, and shared machines are slow at moments."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from casebooks import Place, PostgresqlPlace, SqlitePlace
from hinomi.store.database import open_shared_database
from postgres import Server, running_server

settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")

os.environ.pop("HINOMI_TOKEN", None)  # Whoever runs the tests acts by their account.

_NUMBERS = itertools.count(1)


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


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Give a place for a case book, of each kind of database in turn."""
    if request.param == "sqlite":
        yield SqlitePlace(tmp_path / "book" / "casebook.sqlite")
        return
    server: Server = request.getfixturevalue("postgres_server")
    template: str = request.getfixturevalue("migrated")
    with server.database(f"book{next(_NUMBERS)}", template) as conninfo:
        yield PostgresqlPlace(server, conninfo)
