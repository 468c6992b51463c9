"""What of a journal is on the disk for good, and that nobody else can read it."""

from pathlib import Path

import pytest

from hinomi.govern.journal import Altered
from hinomi.store.journalfiles import JournalFiles
from journals import Written


def test_all_files_are_their_owners_alone(tmp_path: Path) -> None:
    """Bodies name people; the rest stays with them."""
    written = Written(tmp_path / "journal").fill(300)
    modes = {path.stat().st_mode & 0o077 for path in written.folder.rglob("*")}

    assert modes == {0}


def test_only_what_still_grows_is_partial(tmp_path: Path) -> None:
    """Partial tiles of full ones are gone; the others are as many as there were checkpoints."""
    written = Written(tmp_path / "journal").fill(200).fill(100).fill(3)

    partial = sorted(name for name in written.files() if ".p/" in name)
    assert partial == [
        "tile/0/001.p/44", "tile/0/001.p/47", "tile/1/000.p/1",
        "tile/entries/001.p/44", "tile/entries/001.p/47",
    ]  # fmt: skip


def test_a_file_that_is_gone_is_told_with_its_name(tmp_path: Path) -> None:
    """It was there when the journal was signed."""
    files = JournalFiles(tmp_path)

    with pytest.raises(Altered, match="tile/0/000"):
        files.read("tile/0/000")
