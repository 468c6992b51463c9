"""How failures of a database are told; what every database does is in tests/contracts."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from hinomi.errors import ConfigError, Unavailable
from hinomi.store.database import open_database


def test_a_mistake_of_our_own_is_no_trouble_of_the_database(tmp_path: Path) -> None:
    """A statement that is wrong is raised as it is: nobody is told to try again."""
    database = open_database(tmp_path / "casebook.sqlite")

    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        connection.exec_driver_sql("INSERT INTO exporters (number, name) VALUES (1, NULL)")

    database.close()


def test_too_many_at_once_are_told_to_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process whose threads hold all connections waits for one, and then gives up."""
    database = open_database(tmp_path / "casebook.sqlite")
    failure = sa.exc.TimeoutError("QueuePool limit")

    def refuse(*_: object) -> None:
        raise failure

    monkeypatch.setattr(sa.pool.QueuePool, "connect", refuse)
    with pytest.raises(Unavailable, match="too many are at it"), database.read():
        pass

    monkeypatch.undo()
    database.close()


def test_a_damaged_row_is_told_of_in_one_line(tmp_path: Path) -> None:
    """JSON that is none comes of a disk, or of somebody's hand."""
    database = open_database(tmp_path / "casebook.sqlite")

    with pytest.raises(ConfigError, match="a row is damaged"), database.read() as connection:
        connection.execute(sa.select(sa.type_coerce(sa.text("'[1,'"), sa.JSON))).all()

    database.close()
