"""PostgreSQL alone: what goes wrong with it, who writes beside whom, and what it keeps."""

import threading
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from casebooks import PostgresqlPlace
from hinomi.errors import ConfigError, Unavailable
from hinomi.store.database import Database, open_shared_database
from hinomi.store.postgresql import parse_conninfo, read_password
from hinomi.store.schema import EXPORTERS, SPOOL
from postgres import GUARDED, ROLE, Server


@pytest.fixture(name="password_file")
def a_role_with_a_password(postgres_server: Server, tmp_path: Path) -> Iterator[Path]:
    """Give the file of the password of a role that needs one."""
    postgres_server.run(f"CREATE ROLE {GUARDED} LOGIN PASSWORD 'correct horse'")
    path = tmp_path / "password"
    path.write_text("correct horse\n", "utf-8")
    path.chmod(0o600)
    yield path
    postgres_server.run(f"DROP OWNED BY {GUARDED}", f"DROP ROLE {GUARDED}")


def test_two_that_share_write_at_the_same_time(shared_place: PostgresqlPlace) -> None:
    """A reviewer does not wait for another one that works on other rows."""
    with (
        closing(shared_place.open()) as first,
        closing(shared_place.open()) as second,
        first.write(shared=True) as one,
        second.write(shared=True) as other,
    ):
        one.execute(sa.insert(EXPORTERS).values(number=1, name="edge1"))
        other.execute(sa.insert(EXPORTERS).values(number=2, name="edge2"))

    with closing(shared_place.open()) as third, third.read() as connection:
        assert len(connection.execute(sa.select(EXPORTERS)).all()) == 2


def test_two_that_wait_for_each_other_are_told(shared_place: PostgresqlPlace) -> None:
    """The server ends one of them; nothing of it was done, and the other goes on."""
    with closing(shared_place.open()) as first, closing(shared_place.open()) as second:
        with first.write() as connection:
            rows = [{"number": each, "name": f"edge{each}"} for each in (1, 2)]
            connection.execute(sa.insert(EXPORTERS), rows)
        told: list[str] = []
        both = threading.Barrier(2)

        def lock(database: Database, order: tuple[int, int]) -> None:
            try:
                with database.write(shared=True) as connection:
                    for number in order:
                        row = sa.select(EXPORTERS).filter_by(number=number).with_for_update()
                        connection.execute(row)
                        if number == order[0]:
                            both.wait()
            except Unavailable as error:
                told.append(str(error))

        threads = [
            threading.Thread(target=lock, args=each) for each in ((first, (1, 2)), (second, (2, 1)))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(told) == 1
    assert "deadlock" in told[0]
    assert "nothing was changed, try again" in told[0]


def test_a_reader_cannot_change_anything(shared_place: PostgresqlPlace) -> None:
    """The server itself refuses it: our mistake, raised as it is."""
    with (
        closing(shared_place.open()) as database,
        pytest.raises(sa.exc.DBAPIError, match="read-only"),
        database.read() as connection,
    ):
        connection.execute(sa.insert(EXPORTERS).values(number=1, name="edge"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("host={folder} dbname=nowhere user=hinomi", 'database "nowhere" does not exist'),
        ("host={folder} dbname=postgres user=nobody", 'role "nobody" does not exist'),
        ("host={folder} dbname=postgres user=guarded", "no password supplied"),
        ("host={folder} dbname=postgres user=hinomi options='-c x=1'", "unrecognized"),
    ],
)
def test_words_that_the_server_refuses_are_a_wrong_configuration(
    postgres_server: Server, password_file: Path, words: str, said: str
) -> None:
    """One line with the server's reason and what to mend."""
    with pytest.raises(ConfigError, match=said) as caught:
        open_shared_database(words.format(folder=postgres_server.folder))

    assert "casebook.postgresql" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("host", ["host=/nowhere", "host=127.0.0.1 port=1"])
def test_a_server_that_is_not_there_is_unavailable(host: str) -> None:
    """Another time it may be."""
    with pytest.raises(Unavailable, match="try again") as caught:
        open_shared_database(f"{host} dbname=hinomi user=hinomi")

    assert "\n" not in str(caught.value)


def test_a_password_comes_from_its_file(postgres_server: Server, password_file: Path) -> None:
    """With it the role is let in; with another one it is not, and neither is ever shown."""
    with postgres_server.database("guarded") as conninfo:
        postgres_server.run(f"ALTER DATABASE guarded OWNER TO {GUARDED}")
        words = conninfo.replace(f"user={ROLE}", f"user={GUARDED}")
        open_shared_database(words, password_file).close()
        password_file.write_text("battery staple", "utf-8")

        with pytest.raises(ConfigError, match="authentication failed") as caught:
            open_shared_database(words, password_file)

    assert "staple" not in str(caught.value)


def test_a_role_that_owns_nothing_is_told_so(postgres_server: Server, password_file: Path) -> None:
    """It can make no table; and what others own it cannot write anew."""
    with postgres_server.database("foreign") as conninfo:
        words = conninfo.replace(f"user={ROLE}", f"user={GUARDED}")
        with pytest.raises(ConfigError, match="must own the database"):
            open_shared_database(words, password_file)

        open_shared_database(conninfo).close()
        with psycopg.connect(conninfo) as connection:
            connection.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {GUARDED}")
            connection.execute(f'GRANT CREATE ON DATABASE "foreign" TO {GUARDED}')
        with (
            closing(open_shared_database(words, password_file)) as database,
            pytest.raises(ConfigError, match="must own the database"),
        ):
            database.scrub()


def test_a_database_that_sorts_by_a_language_is_refused(postgres_server: Server) -> None:
    """The message says how to make one that does not."""
    try:
        postgres_server.run(
            "CREATE DATABASE lingual TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
        )
    except psycopg.Error as error:
        pytest.skip(f"this PostgreSQL knows no language: {error}")
    try:
        with pytest.raises(ConfigError, match=r"createdb --template=template0"):
            open_shared_database(postgres_server.conninfo("lingual"))
    finally:
        postgres_server.run("DROP DATABASE lingual")


def test_a_name_that_is_too_long_is_told(shared_place: PostgresqlPlace) -> None:
    """An index of PostgreSQL takes some 2,700 bytes; SQLite takes any."""
    long = "".join(sha256(bytes([number])).hexdigest() for number in range(200))
    with (
        closing(shared_place.open()) as database,
        pytest.raises(ConfigError, match="choose a shorter one") as caught,
        database.write() as connection,
    ):
        connection.execute(
            sa.insert(SPOOL).values(folder=long, name="x", size=0, mtime_ns=0, taken_ms=0)
        )

    assert long[:9] not in str(caught.value)


def end_sessions(place: PostgresqlPlace) -> None:
    """End all sessions of a database, as a restart of the server does."""
    name = place.conninfo.split("dbname=")[1].split()[0]
    place.server.run(
        sql.SQL(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = {}"
        ).format(name)
    )


def test_a_restart_between_two_uses_is_no_failure(shared_place: PostgresqlPlace) -> None:
    """A process that runs for long opens a new connection by itself."""
    with closing(shared_place.open()) as database:
        end_sessions(shared_place)

        with database.read() as connection:
            assert connection.execute(sa.select(EXPORTERS)).all() == []


def test_a_restart_in_the_middle_leaves_nothing(shared_place: PostgresqlPlace) -> None:
    """Who was writing is told to try again; of what it wrote nothing is there."""
    with closing(shared_place.open()) as database:
        with pytest.raises(Unavailable, match="try again"):
            write_across_a_restart(database, shared_place)

        with database.read() as connection:
            assert connection.execute(sa.select(EXPORTERS)).all() == []


def write_across_a_restart(database: Database, place: PostgresqlPlace) -> None:
    """Write two rows; the server ends the session between them."""
    with database.write() as connection:
        connection.execute(sa.insert(EXPORTERS).values(number=1, name="edge"))
        end_sessions(place)
        connection.execute(sa.insert(EXPORTERS).values(number=2, name="core"))


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (b"secret\n", 0o640, "others may read"),
        (b"", 0o600, "first line is empty"),
        (b"\xff\n", 0o600, "no UTF-8"),
        (None, 0, "No such file"),
    ],
)
def test_a_password_file_that_will_not_do_is_told(
    tmp_path: Path, content: bytes | None, mode: int, said: str
) -> None:
    """Which one, and why; never what is in it."""
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
        path.chmod(mode)

    with pytest.raises(ConfigError, match=said) as caught:
        read_password(path)

    assert str(path) in str(caught.value)
    assert "secret" not in str(caught.value)


def test_words_of_libpq_are_taken_apart() -> None:
    """As pairs or as a URI; what they hold is never repeated in a message."""
    assert parse_conninfo("host=/run/postgresql dbname='the book'") == {
        "host": "/run/postgresql", "dbname": "the book",
    }  # fmt: skip
    assert parse_conninfo("postgresql://hinomi@192.0.2.1:5433/book")["port"] == "5433"
    for wrong in ("secret", "password=secret", "postgresql://a:secret@192.0.2.1/b", "secret=1"):
        with pytest.raises(ValueError, match=r"libpq|password") as caught:
            parse_conninfo(wrong)
        assert "secret" not in str(caught.value)
