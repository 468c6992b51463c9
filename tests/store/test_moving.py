"""The embedded case book moves into a shared one whole, once, and leaves no file."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from casebooks import PostgresqlPlace, SqlitePlace, opened
from filledbooks import ROWS, Rows, fill, rows_of
from hinomi.errors import Conflict, Unavailable
from hinomi.model.address import parse_address
from hinomi.model.network import OwnNetwork
from hinomi.store.casebook import open_casebook
from hinomi.store.moving import move_rows
from hinomi.store.schema import LISTS, METADATA


@pytest.fixture(name="path")
def a_used_case_book(tmp_path: Path) -> Path:
    """Give an embedded case book with rows in every table."""
    place = SqlitePlace(tmp_path / "home" / "casebook.sqlite")
    place.open().close()
    engine = place.engine()
    fill(engine)
    engine.dispose()
    return place.path


def rows_at(place: SqlitePlace | PostgresqlPlace) -> Rows:
    """Read all rows."""
    engine = place.engine()
    rows = rows_of(engine)
    engine.dispose()
    return rows


def test_every_row_moves_and_the_file_goes(path: Path, shared_place: PostgresqlPlace) -> None:
    """With all values, in all tables; the counts are told before the file goes."""
    before = rows_at(SqlitePlace(path))
    told: list[tuple[Mapping[str, int], bool]] = []

    with closing(shared_place.open()) as database:
        move_rows(path, database, lambda rows: told.append((rows, path.exists())))

    assert rows_at(shared_place) == before
    assert told == [(dict.fromkeys(METADATA.tables, ROWS), True)]
    assert list(path.parent.iterdir()) == []


def test_a_home_with_one_own_network_moves(tmp_path: Path, shared_place: PostgresqlPlace) -> None:
    """Its position is 0, and no sequence can be set to that."""
    path = tmp_path / "home" / "casebook.sqlite"
    network = OwnNetwork(base=parse_address("192.0.2.0"), length=120)
    with open_casebook(path) as book:
        book.replace_own_networks([network])

    with closing(shared_place.open()) as database:
        move_rows(path, database, lambda _: None)

    with opened(shared_place) as book:
        assert book.own_networks() == (network,)


def test_numbers_go_on_after_those_that_moved(path: Path, shared_place: PostgresqlPlace) -> None:
    """A new row gets a number of its own, an exporter as well as a list."""
    with closing(shared_place.open()) as database:
        move_rows(path, database, lambda _: None)
        with database.write() as connection:
            row = {"kind": "known-cc", "source": "x", "number": 1, "added_ms": 1, "sha256": "",
                   "entries": 0}  # fmt: skip
            new = connection.execute(sa.insert(LISTS).values(row).returning(LISTS.c.id))
            assert new.scalar_one() == ROWS + 1

    with opened(shared_place) as book:
        assert book.exporter_number("new") == ROWS + 1


def test_a_move_that_was_broken_off_is_finished(path: Path, shared_place: PostgresqlPlace) -> None:
    """The rows were there, the file was not gone yet: it goes, and no row comes twice."""
    before = rows_at(SqlitePlace(path))

    def fail(_: object) -> None:
        raise RuntimeError

    with closing(shared_place.open()) as database:
        with pytest.raises(RuntimeError):
            move_rows(path, database, fail)
        assert path.exists()

        move_rows(path, database, lambda _: None)

    assert rows_at(shared_place) == before
    assert not path.exists()


@pytest.mark.parametrize("others", [True, False])
def test_a_database_with_other_rows_is_left_alone(
    path: Path, shared_place: PostgresqlPlace, *, others: bool
) -> None:
    """Rows of another home, or this home's of another day: a person has to say which count."""
    with closing(shared_place.open()) as database:
        if others:
            with opened(shared_place) as book:
                book.exporter_number("edge")
        else:
            with pytest.raises(RuntimeError):
                move_rows(path, database, _broken)
            with opened(shared_place) as book:
                book.exporter_number("later")
        before = rows_at(shared_place)

        with pytest.raises(Conflict, match="holds a case book already"):
            move_rows(path, database, lambda _: None)

    assert rows_at(shared_place) == before
    assert path.exists()


def _broken(_: object) -> None:
    raise RuntimeError


def test_a_file_that_others_have_open_stays(path: Path, shared_place: PostgresqlPlace) -> None:
    """A collector that still runs would go on writing into a file that is gone."""
    with (
        open_casebook(path) as other,
        closing(shared_place.open()) as database,
    ):
        assert other.exporters()

        with pytest.raises(Unavailable, match="stop collectors and timers"):
            move_rows(path, database, lambda _: None)

    assert path.exists()
    assert rows_at(shared_place)["exporters"] == []
