"""The embedded case book moves into a shared one whole, once, and leaves no file."""

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from casebooks import Place, PostgresqlPlace, opened
from filledbooks import filled
from hinomi.errors import Conflict, Unavailable
from hinomi.store import database, moving
from hinomi.store.casebook import open_casebook
from hinomi.store.database import open_database
from hinomi.store.moving import move_rows
from hinomi.store.schema import HEAD, METADATA


@pytest.fixture(name="path")
def a_used_case_book(tmp_path: Path) -> Path:
    """Give an embedded case book with rows in every table."""
    path = tmp_path / "home" / "casebook.sqlite"
    open_database(path).close()
    with closing(sqlite3.connect(path)) as connection:
        filled(connection)
    return path
