"""What every database of a case book does: opening, migrating, writing beside one another."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import sqlalchemy as sa

from casebooks import Place
from hinomi.errors import ConfigError, Unavailable
from hinomi.store import database as subject
from hinomi.store.database import Database
from hinomi.store.schema import EXPORTERS, HEAD, INTERFACES

WRITERS = 4
ROUNDS = 12


@pytest.fixture(name="database")
def an_open_database(place: Place) -> Iterator[Database]:
    """Open a new case book's database."""
    with closing(place.open()) as found:
        yield found


def put_exporter(database: Database, number: int = 1, name: str = "edge") -> None:
    """Write one row."""
    with database.write() as connection:
        connection.execute(sa.insert(EXPORTERS).values(number=number, name=name))


def names(database: Database) -> list[str]:
    """Read all exporters' names."""
    with database.read() as connection:
        return list(connection.scalars(sa.select(EXPORTERS.c.name)))


def at_once(act: Callable[[], object], count: int = WRITERS) -> None:
    """Do the same in several threads; the first failure is raised here."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as error:  # noqa: BLE001 - a thread has nobody else to tell.
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_a_new_database_is_at_the_head(bare_place: Place) -> None:
    """The migration is noted."""
    bare_place.open().close()

    engine = bare_place.engine()
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").all()
    engine.dispose()
    assert [tuple(row) for row in found] == [(HEAD,)]


def test_a_second_opening_changes_nothing(place: Place) -> None:
    """What was written is there after closing and opening again."""
    with closing(place.open()) as database:
        put_exporter(database)

    with closing(place.open()) as again:
        assert names(again) == ["edge"]


def test_several_may_open_a_new_database_at_once(bare_place: Place) -> None:
    """All find the tables there; the migration runs once."""
    at_once(lambda: bare_place.open().close())

    with closing(bare_place.open()) as database:
        assert names(database) == []


def test_a_later_database_asks_for_an_upgrade(place: Place) -> None:
    """An old program does not touch what a newer one made."""
    place.open().close()
    change(place, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(ConfigError, match="upgrade hinomi"):
        place.open()


def test_a_database_of_another_program_is_left_alone(bare_place: Place) -> None:
    """Tables of unknown making are not migrated."""
    change(bare_place, "CREATE TABLE addressbook (name TEXT)")

    with pytest.raises(ConfigError, match="some other program"):
        bare_place.open()


def test_a_writer_that_waits_too_long_is_told_to_try_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two sole writers never overlap; the second gives up after the busy time."""
    monkeypatch.setattr(subject, "BUSY_MS", 50)
    with (
        closing(place.open()) as first,
        closing(place.open()) as second,
        first.write(),
        pytest.raises(Unavailable, match=r"lock.*nothing was changed, try again"),
        second.write(),
    ):
        pass


def test_a_sole_writer_waits_for_those_that_share(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody writes beside it, whatever the other one said."""
    monkeypatch.setattr(subject, "BUSY_MS", 50)
    with closing(place.open()) as first, closing(place.open()) as second:
        with first.write(shared=True), pytest.raises(Unavailable), second.write():
            pass
        with first.write(), pytest.raises(Unavailable), second.write(shared=True):
            pass


def test_sole_writers_may_read_then_write(place: Place, database: Database) -> None:
    """What one read is true until it has written: nothing is lost, whatever it rests on."""
    put_exporter(database, number=0)

    def count_up() -> None:
        with closing(place.open()) as own:
            for _ in range(ROUNDS):
                with own.write() as connection:
                    last = connection.scalar(sa.select(sa.func.max(EXPORTERS.c.number)))
                    assert last is not None
                    connection.execute(
                        sa.insert(EXPORTERS).values(number=last + 1, name=f"edge{last + 1}")
                    )

    at_once(count_up)

    assert len(names(database)) == 1 + WRITERS * ROUNDS


def test_shared_writers_never_lose_an_update(place: Place, database: Database) -> None:
    """Who was overtaken sees no row changed, reads again, and adds to what is there then."""
    put_exporter(database, name="0")

    def count_up() -> None:
        with closing(place.open()) as own:
            for _ in range(ROUNDS):
                while not changed_from(own, names(own)[0]):
                    pass

    at_once(count_up)

    assert names(database) == [str(WRITERS * ROUNDS)]


def changed_from(database: Database, seen: str) -> bool:
    """Add one to what was *seen*; tell whether it was still there."""
    with database.write(shared=True) as connection:
        done = connection.execute(
            sa.update(EXPORTERS).where(EXPORTERS.c.name == seen).values(name=str(int(seen) + 1))
        )
        return done.rowcount == 1


def test_a_reader_goes_on_while_another_writes(database: Database) -> None:
    """It sees the state before the write, and the state after once it is done."""
    with database.write() as connection:
        connection.execute(sa.insert(EXPORTERS).values(number=1, name="edge"))
        during = names(database)

    assert (during, names(database)) == ([], ["edge"])


def test_a_reader_sees_one_state(place: Place, database: Database) -> None:
    """What is written while it reads is for the next one."""
    with closing(place.open()) as other, database.read() as connection:
        before = connection.scalar(sa.select(sa.func.count()).select_from(EXPORTERS))
        put_exporter(other)
        after = connection.scalar(sa.select(sa.func.count()).select_from(EXPORTERS))

    assert (before, after) == (0, 0)
    assert names(database) == ["edge"]


def test_all_reads_of_a_snapshot_see_one_state(place: Place, database: Database) -> None:
    """Also of several reads, one within the other; what is written meanwhile comes after it."""
    with closing(place.open()) as other:
        with database.snapshot():
            before = names(database)
            put_exporter(other)
            put_exporter(database, 2, "own")
            with database.snapshot():
                during = names(database)
            assert (before, during, names(database)) == ([], [], [])
        assert names(database) == ["edge", "own"]


def test_a_snapshot_is_of_one_thread(database: Database) -> None:
    """Others read what is there, and one that failed is over."""
    found: list[list[str]] = []

    def fail_after_reading() -> None:
        with database.snapshot():
            names(database)
            put_exporter(database)
            at_once(lambda: found.append(names(database)), 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_reading()

    assert found == [["edge"]]
    assert names(database) == ["edge"]


def test_a_failed_write_leaves_nothing(database: Database) -> None:
    """An exception inside a write undoes all of it."""

    def fail_after_writing() -> None:
        with database.write() as connection:
            connection.execute(sa.insert(EXPORTERS).values(number=1, name="edge"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_writing()

    assert names(database) == []


def test_foreign_keys_hold(database: Database) -> None:
    """An interface of an exporter that does not exist is refused by the database itself."""
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        connection.execute(sa.insert(INTERFACES).values(exporter=7, ifindex=1, role=1))


def test_text_is_sorted_by_its_bytes(database: Database) -> None:
    """Whatever the language of the machine: capitals first, then letters, then all others."""
    for number, name in enumerate(("ä", "b", "B", "a", "ア", "A", "_")):
        put_exporter(database, number, name)

    with database.read() as connection:
        found = connection.scalars(sa.select(EXPORTERS.c.name).order_by(EXPORTERS.c.name)).all()

    assert list(found) == ["A", "B", "_", "a", "b", "ä", "ア"]


def test_scrubbing_changes_nothing_that_is_there(database: Database) -> None:
    """The rows and the version stay, and the next write goes on."""
    put_exporter(database)

    database.scrub()
    database.migrate()
    put_exporter(database, 2, "core")

    assert sorted(names(database)) == ["core", "edge"]


def change(place: Place, statement: str) -> None:
    """Change the bare database past our code."""
    engine = place.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
