"""What killed processes left is found by its age, and what may be a key is overwritten."""

import os
from pathlib import Path

from hinomi.store.leftovers import changed_ms, delete, drafts_in


def test_a_folder_is_as_young_as_the_youngest_in_it(tmp_path: Path) -> None:
    """A process that writes deep inside is alive."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_text("x", "utf-8")
    for path, at_s in ((tmp_path / "a" / "b" / "file", 900), (tmp_path / "a" / "b", 100)):
        os.utime(path, (at_s, at_s))
    os.utime(tmp_path / "a", (100, 100))

    assert changed_ms(tmp_path / "a") == 900_000
    assert changed_ms(tmp_path / "a" / "b" / "file") == 900_000


def test_what_is_gone_is_as_old_as_can_be(tmp_path: Path) -> None:
    """Another process was faster: nothing to keep it for."""
    assert changed_ms(tmp_path / "gone") == 0


def test_drafts_are_found_at_any_depth(tmp_path: Path) -> None:
    """By the name that drafts have; folders and other files are none."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    draft = tmp_path / "a" / "b" / ".card.json.tmp"
    draft.touch()
    (tmp_path / "a" / "card.json").touch()
    (tmp_path / "a" / ".folder.tmp").mkdir()

    assert list(drafts_in([tmp_path])) == [draft]


def test_a_secret_is_overwritten_before_it_goes(tmp_path: Path) -> None:
    """The draft of a key, say: a second name shows what became of its bytes."""
    secret, seen = tmp_path / ".2026-01-01.1-2", tmp_path / "seen"
    secret.write_bytes(b"k" * 32)
    os.link(secret, seen)

    delete(secret, is_secret=True)
    delete(secret, is_secret=True)  # Gone is gone.

    assert not secret.exists()
    assert b"k" * 8 not in seen.read_bytes()


def test_folders_links_and_large_files_go_as_well(tmp_path: Path) -> None:
    """A link goes; what it leads to stays."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(b"x")
    (tmp_path / "large").write_bytes(bytes(10_000))
    (tmp_path / "kept").write_bytes(b"kept")
    (tmp_path / "link").symlink_to(tmp_path / "kept")

    for name in ("folder", "large", "link", "large"):
        delete(tmp_path / name, is_secret=name == "link")

    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept").read_bytes() == b"kept"
