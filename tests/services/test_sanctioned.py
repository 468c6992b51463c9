"""Copies of what is in force name their entry of the journal, and are held against it."""

from pathlib import Path

import pytest

from hinomi.errors import ConfigError, Conflict, Unavailable
from hinomi.services import sanctioned
from hinomi.services.journals import create_journal
from hinomi.services.sanctioned import (
    IN_FORCE,
    REGISTER,
    SANCTIONED,
    Sanctioned,
    changing,
    last_recorded,
    puts_in_force,
    read_sanctioned,
    require_recorded,
    write_sanctioned,
)
from hinomi.store.journal import FileJournal

FORCED = {IN_FORCE: [REGISTER], REGISTER: "v1"}


@pytest.fixture(name="journal")
def some_entries(tmp_path: Path) -> FileJournal:
    """Give a journal of four entries, of which 1 and 2 put a register in force."""
    journal = create_journal(tmp_path, lambda: 1_000)
    journal.append({"operation": "detect", REGISTER: "v0"})
    journal.append(FORCED)
    journal.append({**FORCED, REGISTER: "v2"})
    journal.append({"operation": "x", "text": f'"{IN_FORCE}":'})
    return journal


def test_a_copy_is_read_as_it_was_written(tmp_path: Path) -> None:
    """To the byte, with its entry; None where there is none."""
    assert read_sanctioned(tmp_path, REGISTER) is None
    for content in (b"", b"a\nb\n", b"# Written by hinomi, with entry 9\n"):
        write_sanctioned(tmp_path, REGISTER, content, 17)

        assert read_sanctioned(tmp_path, REGISTER) == Sanctioned(17, content)


@pytest.mark.parametrize(
    "content", [b"", b"x\n", b"# Written by hinomi, with entry x of\n", b"entry 5 of\n"]
)
def test_a_damaged_copy_is_named(tmp_path: Path, content: bytes) -> None:
    """It is no copy of entry 0."""
    (tmp_path / SANCTIONED).mkdir()
    (tmp_path / SANCTIONED / "register.toml").write_bytes(content)

    with pytest.raises(ConfigError, match="is damaged; restore it"):
        read_sanctioned(tmp_path, REGISTER)


def test_a_copy_that_cannot_be_read_is_unavailable(tmp_path: Path) -> None:
    """Such as a folder of its name."""
    (tmp_path / SANCTIONED / "register.toml").mkdir(parents=True)

    with pytest.raises(Unavailable):
        read_sanctioned(tmp_path, REGISTER)


def test_one_process_puts_things_in_force_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another waits for a bounded time."""
    monkeypatch.setattr(sanctioned, "_LOCK_WAIT_S", 0.05)
    with changing(tmp_path), pytest.raises(Conflict, match="another process"), changing(tmp_path):
        pass
    with changing(tmp_path):
        pass


def test_the_last_entry_that_put_something_in_force_is_found(journal: FileJournal) -> None:
    """Entries that cite a version, or the word, put nothing in force."""
    found = last_recorded(journal, REGISTER)

    assert found is not None
    assert (found.entry, found.version) == (2, "v2")
    assert last_recorded(journal, "people") is None


def test_the_entry_that_a_copy_names_says_the_same(journal: FileJournal) -> None:
    """Else somebody wrote the copy past the journal: other version, other entry, none at all."""
    require_recorded(journal, REGISTER, Sanctioned(1, b""), "v1")
    for entry, version in ((1, "v2"), (0, "v0"), (3, "v2"), (4, "v2"), (900, "v2")):
        with pytest.raises(ConfigError, match="past the journal"):
            require_recorded(journal, REGISTER, Sanctioned(entry, b""), version)


def test_a_deleted_body_is_no_proof_against_a_copy(journal: FileJournal) -> None:
    """Its time had come; the leaf stays."""
    journal.delete_bodies(2_000)

    require_recorded(journal, REGISTER, Sanctioned(1, b""), "v1")


def test_only_a_list_that_names_it_puts_something_in_force() -> None:
    """Nothing that looks alike."""
    assert puts_in_force(FORCED, REGISTER)
    for entry in ({}, {IN_FORCE: REGISTER}, {IN_FORCE: ["people"]}, {IN_FORCE: None}):
        assert not puts_in_force(entry, REGISTER)
