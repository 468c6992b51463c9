"""Rounds on disk: what went is gone from the file; the rest is shown in tests/contracts."""

from pathlib import Path

from hinomi.store.casebook import open_casebook
from hinomi.store.hub.rounds import Dealt, Tables
from hubs import Node

BODY = b"tables of a member, which nobody may find later" * 99


def test_tables_that_were_taken_out_are_in_no_file(tmp_path: Path) -> None:
    """SQLite writes zeros over what is deleted, and the log of the database ends with it."""
    path = tmp_path / "casebook.sqlite"
    with open_casebook(path) as casebook:
        casebook.hub.members.add(Node("isp-a").member())
        casebook.hub.rounds.deal(Dealt(epoch=1, threshold=3, capacity=100, numbers={"isp-a": 1}))
        casebook.hub.rounds.add(
            Tables(epoch=1, member="isp-a", digest="d", note="", point=5, body=BODY, entry=0)
        )
    assert any(BODY[:40] in each.read_bytes() for each in tmp_path.iterdir())
    with open_casebook(path) as casebook:
        (found,) = casebook.hub.rounds.take_out(1)

    assert found.body == BODY
    assert not any(BODY[:40] in each.read_bytes() for each in tmp_path.iterdir())


def test_a_copy_of_the_case_book_has_no_tables(tmp_path: Path) -> None:
    """Whoever had the key later could read them in a backup of years ago."""
    with open_casebook(tmp_path / "casebook.sqlite") as casebook:
        casebook.hub.members.add(Node("isp-a").member())
        casebook.hub.rounds.deal(Dealt(epoch=1, threshold=3, capacity=100, numbers={"isp-a": 1}))
        casebook.hub.rounds.add(
            Tables(epoch=1, member="isp-a", digest="d", note="", point=5, body=BODY, entry=0)
        )
        casebook.save(tmp_path / "copy.sqlite")
    with open_casebook(tmp_path / "copy.sqlite") as copy:
        assert copy.hub.rounds.find(1) is not None
        assert copy.hub.rounds.take_out(1) == ()
    assert BODY[:40] not in (tmp_path / "copy.sqlite").read_bytes()
