"""Opening, migrating and locking the case book's database."""

import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from hinomi.errors import ConfigError, Unavailable
from hinomi.store import database as subject
from hinomi.store.database import Database, open_database
from hinomi.store.schema import EXPORTERS, HEAD, INTERFACES


def test_the_files_are_for_the_owner_alone(tmp_path: Path) -> None:
    """The database and its side files have mode 600, whatever the umask."""
    before = os.umask(0)
    try:
        database = open_database(tmp_path / "casebook.sqlite")
        add_exporter(database, "edge")
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


def test_a_second_opening_changes_nothing(tmp_path: Path) -> None:
    """What was written is there after closing and opening again."""
    database = open_database(tmp_path / "casebook.sqlite")
    add_exporter(database, "edge")
    database.close()

    again = open_database(tmp_path / "casebook.sqlite")

    assert names(again) == ["edge"]
    again.close()


def test_two_may_open_a_new_database_at_once(tmp_path: Path) -> None:
    """Both find the tables there; the migration runs once."""
    failures: list[BaseException] = []

    def open_it() -> None:
        try:
            open_database(tmp_path / "casebook.sqlite").close()
        except BaseException as error:  # noqa: BLE001 - a thread has nobody else to tell.
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []


def test_a_later_database_asks_for_an_upgrade(tmp_path: Path) -> None:
    """An old program does not touch what a newer one made."""
    path = tmp_path / "casebook.sqlite"
    open_database(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    with pytest.raises(ConfigError, match="upgrade hinomi"):
        open_database(path)


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    """Tables of unknown making are not migrated."""
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE addressbook (name TEXT)")
    connection.close()

    with pytest.raises(ConfigError, match="some other program"):
        open_database(path)


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


def test_a_writer_that_waits_too_long_is_told_to_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two writers never overlap; the second gives up after the busy time."""
    monkeypatch.setattr(subject, "BUSY_MS", 50)
    first = open_database(tmp_path / "casebook.sqlite")
    second = open_database(tmp_path / "casebook.sqlite")

    with first.write(), pytest.raises(Unavailable, match="locked"), second.write():
        pass

    first.close()
    second.close()


def test_a_reader_goes_on_while_another_writes(tmp_path: Path) -> None:
    """It sees the state before the write, and the state after once it is done."""
    database = open_database(tmp_path / "casebook.sqlite")
    with database.write() as connection:
        connection.execute(sa.insert(EXPORTERS).values(number=1, name="edge"))
        during = names(database)
    after = names(database)
    database.close()

    assert (during, after) == ([], ["edge"])


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    """An exception inside a write undoes all of it."""
    database = open_database(tmp_path / "casebook.sqlite")

    with pytest.raises(RuntimeError):
        fail_after_writing(database)

    assert names(database) == []
    database.close()


def test_foreign_keys_hold(tmp_path: Path) -> None:
    """An interface of an exporter that does not exist is refused by the database itself."""
    database = open_database(tmp_path / "casebook.sqlite")

    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        connection.execute(sa.insert(INTERFACES).values(exporter=7, ifindex=1, role=1))

    database.close()


def add_exporter(database: Database, name: str) -> None:
    """Write one row."""
    with database.write() as connection:
        connection.execute(sa.insert(EXPORTERS).values(number=1, name=name))


def fail_after_writing(database: Database) -> None:
    """Write one row and change one's mind."""
    with database.write() as connection:
        connection.execute(sa.insert(EXPORTERS).values(number=1, name="edge"))
        raise RuntimeError


def names(database: Database) -> list[str]:
    """Read all exporters' names."""
    with database.read() as connection:
        return list(connection.scalars(sa.select(EXPORTERS.c.name)))


def test_what_is_deleted_is_overwritten_and_the_log_emptied(tmp_path: Path) -> None:
    """Scrubbing leaves no free page, and nothing in the log; a sound database stays as it is."""
    path = tmp_path / "casebook.sqlite"
    database = open_database(path)
    with database.write() as connection:
        connection.execute(sa.insert(EXPORTERS).values(number=1, name="a telling name" * 2000))
    with database.write() as connection:
        connection.execute(sa.delete(EXPORTERS))
    assert database.residue().log_bytes > 0

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
