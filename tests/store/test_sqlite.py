"""The file of the embedded case book; what every database does is in tests/contracts."""

import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from hinomi.errors import ConfigError, Unavailable
from hinomi.store.database import open_database
from hinomi.store.schema import EXPORTERS, HEAD


def test_the_files_are_for_the_owner_alone(tmp_path: Path) -> None:
    """The database and its side files have mode 600, whatever the umask."""
    before = os.umask(0)
    try:
        database = open_database(tmp_path / "casebook.sqlite")
        with database.write() as connection:
            connection.execute(sa.insert(EXPORTERS).values(number=1, name="edge"))
    finally:
        os.umask(before)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    database.close()

    assert modes.keys() >= {"casebook.sqlite", "casebook.sqlite-wal"}
    assert set(modes.values()) == {0o600}


def test_a_file_open_to_others_is_closed_to_them(tmp_path: Path) -> None:
    """A case book that was copied with a wide mode is narrowed when it is opened."""
    path = tmp_path / "casebook.sqlite"
    open_database(path).close()
    path.chmod(0o644)

    open_database(path).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_database_is_at_the_head_and_in_wal_mode(tmp_path: Path) -> None:
    """Readers go on while one writes; the migration is noted."""
    open_database(tmp_path / "casebook.sqlite").close()

    connection = sqlite3.connect(tmp_path / "casebook.sqlite")
    mode = connection.execute("PRAGMA journal_mode").fetchone()
    version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    connection.close()

    assert (mode, version) == (("wal",), (HEAD,))


def test_rubbish_is_no_database(tmp_path: Path) -> None:
    """A file that is no database ends in one line that says what to do."""
    path = tmp_path / "casebook.sqlite"
    path.write_bytes(b"not a database, " * 300)

    with pytest.raises(ConfigError, match="restore it from backup") as caught:
        open_database(path)

    assert "\n" not in str(caught.value)


def test_a_folder_in_its_place_is_a_configuration_error(tmp_path: Path) -> None:
    """The system's reason is given with the path."""
    with pytest.raises(ConfigError, match="directory"):
        open_database(tmp_path)


def test_what_is_deleted_is_overwritten_and_the_log_emptied(tmp_path: Path) -> None:
    """Scrubbing leaves no free page, and nothing in the log; a sound database stays as it is."""
    path = tmp_path / "casebook.sqlite"
    database = open_database(path)
    with database.write() as connection:
        connection.execute(sa.insert(EXPORTERS).values(number=1, name="a telling name" * 2000))
    with database.write() as connection:
        connection.execute(sa.delete(EXPORTERS))
    assert database.residue().log_bytes

    database.scrub()

    left = database.residue()
    assert (left.unused, left.log_bytes) == (0, 0)
    assert b"a telling name" not in path.read_bytes()
    database.migrate()


def test_a_damaged_database_is_told_when_it_is_scrubbed(tmp_path: Path) -> None:
    """One line that names it, as everywhere."""
    path = tmp_path / "casebook.sqlite"
    database = open_database(path)
    database.scrub()
    database.close()
    content = bytearray(path.read_bytes())
    content[:64] = bytes(64)
    path.write_bytes(content)

    with pytest.raises((ConfigError, Unavailable), match=r"casebook\.sqlite"):
        database.scrub()


def test_whoever_opens_waits_for_the_mode_to_change(tmp_path: Path) -> None:
    """SQLite itself gives up at once where another one writes in the mode before."""
    path = tmp_path / "casebook.sqlite"
    open_database(path).close()
    writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    writer.execute("PRAGMA journal_mode=DELETE")
    writer.execute("BEGIN IMMEDIATE")
    leaving = threading.Timer(0.2, writer.execute, ["COMMIT"])
    leaving.start()

    open_database(path).close()

    leaving.join()
    writer.close()
