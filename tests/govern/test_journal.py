"""The journal: each line follows from the one before, and every change shows."""

import fcntl
import json
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinomi.errors import Unavailable
from hinomi.govern.journal import GENESIS, BrokenChain, FileJournal, MemoryJournal


def _clock() -> int:
    return 1_767_268_800_000


def _journal(folder: Path, entries: int = 0) -> FileJournal:
    journal = FileJournal(folder / "journal.jsonl", _clock)
    for number in range(entries):
        journal.append({"act": "test", "number": number})
    return journal


def test_entries_are_numbered_timed_and_chained(tmp_path: Path) -> None:
    """The first follows from nothing, each other from the one before it."""
    journal = _journal(tmp_path)

    assert [journal.append({"act": "a"}), journal.append({"act": "b"})] == [0, 1]
    first, second = journal.entries()
    assert (first["act"], first["time"], first["before"]) == ("a", "2026-01-01T12:00:00Z", GENESIS)
    assert second["before"] == first["hash"]
    assert journal.verify().entries == 2
    assert journal.verify().head == second["hash"]


def test_an_empty_journal_verifies(tmp_path: Path) -> None:
    """Nothing was done yet."""
    found = _journal(tmp_path).verify()
    assert (found.entries, found.head) == (0, GENESIS)


def test_another_process_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    """The chain lives in the file, not in the object."""
    _journal(tmp_path, entries=3)

    assert _journal(tmp_path).append({"act": "next"}) == 3
    assert _journal(tmp_path).verify().entries == 4


@settings(deadline=None)  # It writes files.
@given(st.lists(st.dictionaries(st.text(max_size=8), st.text(max_size=6000)), max_size=4))
def test_any_text_can_be_kept(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[dict[str, str]]
) -> None:
    """Entries longer than the tail that is read at once, and any character, chain as well."""
    journal = FileJournal(tmp_path_factory.mktemp("j") / "journal.jsonl", _clock)
    for number, body in enumerate(bodies):
        assert journal.append({"body": body}) == number

    assert [entry["body"] for entry in journal.entries()] == bodies
    assert journal.verify().entries == len(bodies)


@pytest.mark.parametrize("name", ["index", "before", "hash", "time"])
def test_an_entry_cannot_say_what_the_chain_says(tmp_path: Path, name: str) -> None:
    """The links are the journal's own; a body that names them is the caller's bug."""
    with pytest.raises(ValueError, match=name):
        _journal(tmp_path).append({name: "mine"})


def _lines(folder: Path) -> list[str]:
    return (folder / "journal.jsonl").read_text().splitlines()


def _rewrite(folder: Path, lines: list[str]) -> None:
    (folder / "journal.jsonl").write_text("".join(f"{line}\n" for line in lines))


def test_a_changed_line_shows(tmp_path: Path) -> None:
    """The hash covers every field."""
    journal = _journal(tmp_path, entries=3)
    lines = _lines(tmp_path)
    _rewrite(tmp_path, [lines[0], lines[1].replace('"number":1', '"number":7'), lines[2]])

    with pytest.raises(BrokenChain, match="line 2: was changed"):
        journal.verify()


def test_a_line_changed_with_its_hash_shows_at_the_next(tmp_path: Path) -> None:
    """Who forges one line must forge all after it."""
    journal = _journal(tmp_path, entries=3)
    other = tmp_path / "other"
    other.mkdir()
    _journal(other).append({"act": "forged"})
    _rewrite(tmp_path, [*_lines(other), *_lines(tmp_path)[1:]])

    with pytest.raises(BrokenChain, match="line 2: does not follow"):
        journal.verify()


@pytest.mark.parametrize("order", [[1, 2], [0, 2], [0, 2, 1], [0, 1, 1, 2]])
def test_removed_swapped_and_repeated_lines_show(tmp_path: Path, order: list[int]) -> None:
    """Only a cut at the end leaves a whole chain; its head is then another."""
    journal = _journal(tmp_path, entries=3)
    lines = _lines(tmp_path)
    _rewrite(tmp_path, [lines[number] for number in order])

    with pytest.raises(BrokenChain):
        journal.verify()


def test_a_cut_at_the_end_shows_by_the_head(tmp_path: Path) -> None:
    """The shorter chain is sound in itself, so the head must be noted elsewhere."""
    journal = _journal(tmp_path, entries=3)
    head = journal.verify().head
    _rewrite(tmp_path, _lines(tmp_path)[:2])

    assert journal.verify().head != head


@pytest.mark.parametrize("line", ["rubbish", "[]", '{"index":1}'])
def test_a_line_that_is_no_entry_shows(tmp_path: Path, line: str) -> None:
    """Neither verification nor the next entry passes over it."""
    journal = _journal(tmp_path, entries=1)
    _rewrite(tmp_path, [*_lines(tmp_path), line])

    with pytest.raises(BrokenChain):
        journal.verify()
    with pytest.raises(BrokenChain):
        journal.append({"act": "next"})


def test_half_a_line_of_a_killed_writer_is_replaced(tmp_path: Path) -> None:
    """It was never acknowledged: the next entry takes its place."""
    journal = _journal(tmp_path, entries=2)
    with (tmp_path / "journal.jsonl").open("a") as file:
        file.write('{"act":"half')

    assert journal.verify().entries == 2
    assert journal.append({"act": "next"}) == 2
    assert journal.verify().entries == 3
    assert all(json.loads(line) for line in _lines(tmp_path))


def test_two_writers_at_once_make_one_chain(tmp_path: Path) -> None:
    """The file's lock puts their entries one after the other."""
    writers = [threading.Thread(target=_journal, args=(tmp_path, 20)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert _journal(tmp_path).verify().entries == 40


def test_a_journal_that_cannot_be_written_stops_the_act(tmp_path: Path) -> None:
    """The caller learns it in the house's own words and goes no further."""
    journal = FileJournal(tmp_path / "missing/journal.jsonl", _clock)

    with pytest.raises(Unavailable, match="No such file"):
        journal.append({"act": "a"})


def test_the_memory_journal_numbers_as_well() -> None:
    """Tests read back what was recorded."""
    journal = MemoryJournal()

    assert [journal.append({"act": "a"}), journal.append({"act": "b"})] == [0, 1]
    assert [entry["act"] for entry in journal.kept] == ["a", "b"]


def test_a_lock_that_is_never_given_up_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An act is not kept waiting for ever by another process: it is refused in one line."""
    monkeypatch.setattr("hinomi.govern.journal.LOCK_WAIT_S", 0.05)
    journal = _journal(tmp_path, entries=1)

    with (tmp_path / "journal.jsonl").open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Unavailable, match="another process holds its lock"):
            journal.append({"act": "second"})

    assert journal.append({"act": "third"}) == 1


def test_a_journal_that_must_exist_is_never_begun_anew(tmp_path: Path) -> None:
    """Where the file is gone, its chain is gone: no new one hides that."""
    path = tmp_path / "journal.jsonl"
    journal = FileJournal(path, _clock, must_exist=True)

    with pytest.raises(Unavailable, match="No such file"):
        journal.append({"act": "first"})
    assert not path.exists()

    _journal(tmp_path, entries=1)
    assert journal.append({"act": "second"}) == 1
    assert journal.verify().entries == 2
