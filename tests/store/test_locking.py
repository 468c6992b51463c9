"""The lake's lock, and the mark that a killed holder leaves."""

import fcntl
import os
from pathlib import Path

import pytest

from hinomi.errors import Conflict, Unavailable
from hinomi.store.locking import WriteLock


class Sweeper:
    """Counts how often it was asked to clean up."""

    def __init__(self) -> None:
        """Begin at none."""
        self.calls = 0

    def __call__(self) -> None:
        """Count."""
        self.calls += 1


def _lock(root: Path, sweep: Sweeper | None = None) -> WriteLock:
    return WriteLock(root, wait_s=0.0, sweep=sweep or Sweeper())


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    """A second one is told to wait, within one process too; afterwards it gets its turn."""
    with (
        _lock(tmp_path).held(),
        pytest.raises(Conflict, match="another process"),
        _lock(tmp_path).held(),
    ):
        pytest.fail("two held the lock")
    with _lock(tmp_path).held():
        assert (tmp_path / "writing").exists()
    assert not (tmp_path / "writing").exists()


def test_whoever_comes_after_a_failure_cleans_up(tmp_path: Path) -> None:
    """The mark stays where the body fails, and goes when the next holder has finished."""
    sweep = Sweeper()
    with pytest.raises(RuntimeError), _lock(tmp_path, sweep).held():
        raise RuntimeError
    assert sweep.calls == 0

    with _lock(tmp_path, sweep).held():
        assert sweep.calls == 1
    with _lock(tmp_path, sweep).held():
        assert sweep.calls == 1


def test_the_lake_is_its_owners_alone(tmp_path: Path) -> None:
    """Folders and lock are made for nobody else."""
    root = tmp_path / "lake"
    with _lock(root).held():
        pass

    assert root.stat().st_mode & 0o777 == 0o700
    assert (root / "manifest").stat().st_mode & 0o777 == 0o700
    assert (root / "lock").stat().st_mode & 0o777 == 0o600


def test_a_lock_that_another_process_gave_up_is_free(tmp_path: Path) -> None:
    """Closing the file is enough, as a kill does it."""
    with _lock(tmp_path).held():
        pass
    descriptor = os.open(tmp_path / "lock", os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(Conflict), _lock(tmp_path).held():
        pytest.fail("two held the lock")
    os.close(descriptor)

    with _lock(tmp_path).held():
        pass


def test_a_disk_that_refuses_is_named(tmp_path: Path) -> None:
    """A file stands where the lake should be."""
    (tmp_path / "lake").write_text("in the way")

    with pytest.raises(Unavailable, match="lake"), _lock(tmp_path / "lake").held():
        pytest.fail("a file is no lake")
