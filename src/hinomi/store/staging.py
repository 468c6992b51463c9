"""
Rows on their way into the lake: written to files beside it, then published all at once.

    root/staging/<name>/owner     locked by the process that stages, as long as it lives
    root/staging/<name>/flows/    the files, where they will lie under root
    root/staging/<name>/spill/    rows of thin hours (store.spreading)

A staging needs no lock of the lake, so that any number of writers stage at once, for as
long as they like. A folder whose owner is gone is deleted by whoever stages or cleans next.
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pyarrow as pa

from hinomi.errors import HinomiError, Unavailable
from hinomi.store.durable import on_disk
from hinomi.store.flowfile import checked
from hinomi.store.manifest import FileEntry
from hinomi.store.ports import Commit
from hinomi.store.spreading import Spreader, SpreadLimits

LIVE: Final = SpreadLimits(rows=1 << 17, hot_rows=1 << 15, row_group_rows=1 << 17, writers=8)
"""For rows that arrive as they happen, nearly all of one or two hours: 12 MiB at most."""

_OWNER: Final = "owner"
_TRIES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """Finished files of one batch, on disk but not in the lake."""

    batch_id: str
    folder: Path  # Under it each file has the path that it will have under the lake's root.
    files: tuple[FileEntry, ...]
    late_rows: int  # Of hours that had been removed when the staging began.
    period: str = ""  # The key period of its lines; empty: whichever the lake is in.


class Staging:
    """
    One batch that grows row by row and becomes visible at `commit`, or never.

    Used by one thread at a time. As a context it is abandoned at the end unless committed.
    """

    def __init__(
        self,
        batch_id: str,
        folder: "StagingFolder",
        spreader: Spreader,
        publish: Callable[[Staged], Commit],
        period: str = "",
    ) -> None:
        """Stage into *folder* by *spreader*, which writes under it; *publish* takes the files."""
        self._batch_id = batch_id
        self._folder = folder
        self._spreader = spreader
        self._publish = publish
        self._period = period
        self._staged: Staged | None = None
        self._commit: Commit | None = None
        self.rows = 0
        """Rows added so far, those of removed hours included."""
        self.is_lost = False
        """The disk refused rows or a file: nothing is left but to abandon it."""

    @property
    def is_finished(self) -> bool:
        """Tell whether all rows stand in finished files, on disk."""
        return self._staged is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.abandon()

    def add(self, batch: pa.RecordBatch) -> None:
        """
        Take *batch* (`model.flow.CONVERSATIONS`): it is held, or written, or both.

        Raises:
            ValueError: If it has another schema, or a flow starts outside the years 1 to
                9999, or the staging has ended (the caller's bug).
            Unavailable: If the disk refuses: the staging is lost.
        """
        if self._staged is not None or not self._folder.is_held:
            raise ValueError("a staging takes no rows once it is committed or abandoned")
        self._require_whole()
        rows = checked(batch)
        try:
            self._spreader.add(rows)
        except BaseException:
            self.is_lost = True
            raise
        self.rows += rows.num_rows

    def commit(self) -> Commit:
        """
        Make all rows durable and visible at once; the lake's lock is held for a moment.

        After a failure it may be called again unless the staging `is_lost`; after success
        it gives the same answer.

        Raises:
            Unavailable: If the disk refuses.
            Conflict: If another process holds the lake's lock for too long.
            NotPermitted: If the mandate has ended meanwhile.
            ValueError: If the staging was abandoned (the caller's bug).
        """
        if self._commit is not None:
            return self._commit
        if not self._folder.is_held:
            raise ValueError("an abandoned staging cannot be committed")
        self._require_whole()
        if self._staged is None:
            self._staged = self._finish()
        self._commit = self._publish(self._staged)
        self._folder.discard()
        return self._commit

    def abandon(self) -> None:
        """Delete what is not committed; nothing of it was ever visible."""
        if self._folder.is_held:
            with suppress(OSError, HinomiError):  # What stays is swept by the next owner.
                self._spreader.abandon()
            self._folder.discard()

    def _finish(self) -> Staged:
        try:
            files = self._spreader.finish()
        except BaseException:
            self.is_lost = True
            raise
        return Staged(
            batch_id=self._batch_id,
            folder=self._folder.path,
            files=files,
            late_rows=self._spreader.late_rows,
            period=self._period,
        )

    def _require_whole(self) -> None:
        if self.is_lost:
            raise Unavailable(f"{self._folder.path} lost rows that the disk refused; abandon it")


class StagingFolder:
    """A folder of one's own under ``staging``, held by a lock that a kill gives up."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self.is_held = True

    @classmethod
    def create(cls, root: Path) -> Self:
        """
        Make a folder in the lake at *root*, and delete those whose owners are gone.

        Raises:
            Unavailable: If the disk refuses.
        """
        parent = root / "staging"
        with on_disk(parent):
            for folder in (root, parent):
                folder.mkdir(mode=0o700, exist_ok=True)  # A lake makes no home.
            sweep_staging(root)
            for _ in range(_TRIES):
                path = parent / secrets.token_hex(8)
                path.mkdir(mode=0o700)
                descriptor = _hold(path / _OWNER)
                if descriptor is not None:
                    return cls(path, descriptor)
        raise Unavailable(f"{parent}: somebody keeps deleting what is made there")

    def discard(self) -> None:
        """Delete the folder, as far as the disk lets us, and give up its lock."""
        if self.is_held:
            self.is_held = False
            _delete(self.path)
            os.close(self._descriptor)


def sweep_staging(root: Path) -> None:
    """Delete the staging folders of the lake at *root* whose owners are gone."""
    with suppress(FileNotFoundError):
        for folder in list((root / "staging").iterdir()):
            try:
                descriptor = os.open(folder / _OWNER, os.O_RDWR)
            except OSError:
                # Its owner was killed right after making it, or is about to lock it: an
                # owner that finds it gone makes another one.
                with suppress(OSError):
                    folder.rmdir()
                continue
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _delete(folder)
            except BlockingIOError:
                pass  # Its owner lives.
            finally:
                os.close(descriptor)


def _hold(path: Path) -> int | None:
    """Create and lock *path*; None where a sweep came in between."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.stat().st_ino == os.fstat(descriptor).st_ino:
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None


def _delete(folder: Path) -> None:
    """Delete *folder*, its lock last: a kill half way leaves what the next sweep finds."""
    with suppress(OSError):
        for path in list(folder.iterdir()):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != _OWNER:
                path.unlink(missing_ok=True)
        (folder / _OWNER).unlink(missing_ok=True)
        folder.rmdir()
