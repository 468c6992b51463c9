"""A folder to work in goes with its process, however that ends."""

import os
from pathlib import Path

import pytest

from hinomi.services.scratch import scratch_folder

NOBODY = 2**22 + 1
"""Above the largest process number of Linux."""


def test_it_is_the_owners_alone_and_goes_afterwards(tmp_path: Path) -> None:
    """With all that is in it."""
    with scratch_folder(tmp_path, "work-") as folder:
        (folder / "file").touch()
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700

    assert list(tmp_path.iterdir()) == []


def test_it_goes_after_an_error_too(tmp_path: Path) -> None:
    """Which comes out as it was."""
    with pytest.raises(KeyboardInterrupt), scratch_folder(tmp_path, "work-"):
        raise KeyboardInterrupt

    assert list(tmp_path.iterdir()) == []


def test_only_what_dead_processes_left_is_removed(tmp_path: Path) -> None:
    """Not what a living one uses, nor what names no process: nobody knows whose it is."""
    kept = {f"work-{os.getppid()}-x", "work-abcd1234", "work-ab-cd", f"other-{NOBODY}-x"}
    for name in (*kept, f"work-{NOBODY}-x"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "key").touch()

    with scratch_folder(tmp_path, "work-") as first, scratch_folder(tmp_path, "work-") as second:
        there = {path.name for path in tmp_path.iterdir()}

    assert there == kept | {first.name, second.name}
