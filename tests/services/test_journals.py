"""The journal of a home: made with a key of its own, opened with it, and taken up once."""

from pathlib import Path

import pytest

from hinomi.errors import ConfigError
from hinomi.services.journals import (
    create_journal,
    new_signer,
    open_journal,
    read_signer,
    read_verifier,
    write_signer,
)
from journals import Hand


def test_a_new_journal_has_a_key_of_its_own(tmp_path: Path) -> None:
    """No two homes share name or key; only its owner reads it."""
    homes = [tmp_path / "a", tmp_path / "b"]
    for home in homes:
        home.mkdir()
    journals = [create_journal(home, Hand()) for home in homes]

    assert journals[0].verifier.name != journals[1].verifier.name
    assert (homes[0] / "keys/journal.key").stat().st_mode & 0o077 == 0
    assert open_journal(homes[0], Hand()).verifier == journals[0].verifier


@pytest.mark.parametrize("content", [None, "", "rubbish", "PRIVATE+KEY+a+b+c"])
def test_a_key_that_is_missing_or_damaged_is_one_line(tmp_path: Path, content: str | None) -> None:
    """Restore it: a new one would sign another journal. The message does not repeat it."""
    path = tmp_path / "journal.key"
    if content is not None:
        path.write_text(content, "utf-8")

    with pytest.raises(ConfigError, match="restore it from backup") as raised:
        read_signer(path)
    assert not content or content not in str(raised.value)


def test_a_public_key_is_given_as_text_or_as_a_file(tmp_path: Path) -> None:
    """Whichever is at hand."""
    verifier = new_signer().verifier
    (tmp_path / "key").write_text(verifier.render() + "\n", "utf-8")

    assert read_verifier(verifier.render()) == verifier
    assert read_verifier(str(tmp_path / "key")) == verifier


def test_an_interrupted_taking_up_begins_again(tmp_path: Path) -> None:
    """What was half built is thrown away; where all was built, the old file goes."""
    old, home = tmp_path / "home/journal.jsonl", tmp_path / "home"
    (home / ".journal.building").mkdir(parents=True)
    line = '{"act":"old","index":0,"time":"2026-01-01T12:00:00Z"}\n'
    old.write_text(line, "utf-8")

    assert [entry["act"] for entry in open_journal(home, Hand()).entries()] == ["old", "taken up"]
    old.write_text(line, "utf-8")  # As if the process had been killed before it was removed.
    assert open_journal(home, Hand()).head().size == 2
    assert not old.exists()


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    """The old one may be needed."""
    write_signer(tmp_path / "key", new_signer())

    with pytest.raises(FileExistsError):
        write_signer(tmp_path / "key", new_signer())
