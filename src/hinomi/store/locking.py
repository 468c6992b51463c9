"""Locks on files, and the lake's: one process changes what exists at a time."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from hinomi.errors import Conflict
from hinomi.store.durable import on_disk, sync_folder

_POLL_S: Final = 0.02


class WriteLock:
    """
    The file ``lock`` of a lake, and the mark ``writing`` that a killed holder leaves behind.

    Notes:
        It is held to publish what is ready, never while rows come in.
    """

    def __init__(self, root: Path, *, wait_s: float, sweep: Callable[[], None]) -> None:
        """
        Look at the lake in *root*, which need not exist yet.

        Args:
            root: The lake's folder.
            wait_s: How long to wait for another holder.
            sweep: Called with the lock held where the last holder did not finish.
        """
        self._root = root
        self._wait_s = wait_s
        self._sweep = sweep

    @contextmanager
    def held(self) -> Iterator[None]:
        """
        Hold the lock, and clean up first if the last holder was killed.

        Raises:
            Conflict: If another process holds it for too long.
            Unavailable: If the disk refuses.
        """
        with on_disk(self._root):
            if not (self._root / "manifest").exists():
                for folder in (self._root, self._root / "manifest"):
                    folder.mkdir(mode=0o700, exist_ok=True)  # A lake makes no home.
                sync_folder(self._root)
            descriptor = os.open(self._root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        mark = self._root / "writing"
        try:
            if not taken(descriptor, self._wait_s):
                raise Conflict(
                    f"{self._root} is being written by another process; try again when it has ended"
                )
            if mark.exists():
                self._sweep()
            with on_disk(self._root):
                mark.touch(mode=0o600)
            yield
            with suppress(OSError):  # It stays where the body fails: the next holder cleans up.
                mark.unlink()
        finally:
            os.close(descriptor)  # Gives up the lock, as a kill does.


def taken(descriptor: int, wait_s: float) -> bool:
    """Lock an open file, waiting for another holder for a bounded time; tell whether it is."""
    ends_s = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= ends_s:
                return False
            time.sleep(_POLL_S)
        else:
            return True
