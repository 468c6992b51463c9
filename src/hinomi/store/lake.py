"""
The flow lake on a local disk: Parquet files by hour under a manifest.

    root/flows/date=2026-01-31/hour=23/*.parquet    UTC, by the start of the flow
    root/manifest/                                  what exists (store.manifest)
    root/lock                                       one writer at a time
    root/writing                                    there while someone writes

Readers take no lock. A file that compaction replaced stays for a while, so that a query
which began before still finds it; a file of a removed hour goes at once.
"""

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pyarrow as pa

from hinomi.clock import Clock
from hinomi.errors import Conflict, HinomiError
from hinomi.govern.mandate import Mandate, Power
from hinomi.model.window import Window
from hinomi.store import compaction
from hinomi.store.durable import on_disk, sync_folder
from hinomi.store.flowfile import (
    FLOWS,
    HOUR_MS,
    checked,
    count_rows,
    read_file,
    require_present,
)
from hinomi.store.manifest import BatchEntry, FileEntry, Manifest, State
from hinomi.store.ports import Commit
from hinomi.store.spreading import Spreader, SpreadLimits

_LOCK_POLL_S: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeStatistics:
    """What the manifest says of the lake as a whole."""

    rows: int
    files: int
    batches: int
    first_ms: int | None  # None: the lake is empty.
    last_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """What one compaction did."""

    hours: int
    rows: int
    files_before: int
    files_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What one removal took away."""

    hours: int
    rows: int
    files: int


class LocalLake:
    """A `store.ports.FlowStore` in one folder, for one writer and many readers at a time."""

    def __init__(
        self,
        root: Path,
        clock: Clock,
        *,
        lateness_ms: int = 3_600_000,
        reader_grace_ms: int = 3_600_000,
        lock_wait_s: float = 10.0,
        limits: SpreadLimits | None = None,
        full_rows: int = compaction.FULL_ROWS,
    ) -> None:
        """
        Look at the lake in *root*, which need not exist yet.

        Args:
            root: The lake's folder.
            clock: What time it is.
            lateness_ms: How long after its end an hour is left alone by compaction
                (registered as ``store.lateness_ms``).
            reader_grace_ms: How long replaced files stay (``store.reader_grace_ms``).
            lock_wait_s: How long to wait for another writer.
            limits: How much `append` holds in memory.
            full_rows: Rows of one compacted file at most.
        """
        self._root = root
        self._clock = clock
        self._lateness_ms = lateness_ms
        self._reader_grace_ms = reader_grace_ms
        self._lock_wait_s = lock_wait_s
        self._limits = limits or SpreadLimits()
        self._full_rows = full_rows
        self._manifest = Manifest(root / "manifest")

    def append(self, batches: Iterable[pa.RecordBatch], batch_id: str, mandate: Mandate) -> Commit:
        """
        Store *batches* as the port says; rows of removed hours are counted and dropped.

        Raises:
            ValueError: If a batch is not of `model.flow.CONVERSATIONS` (the caller's bug).
            Unavailable: If the disk refuses; nothing was stored.
            Conflict: If another process keeps writing.
            NotPermitted: If *mandate* lacks the power to store.
        """
        mandate.require(Power.STORE, self._clock())
        if not batch_id:
            raise ValueError("a batch without an id could be stored twice")
        if self._batch(batch_id) is None:
            with self._writing():
                if self._batch(batch_id) is None:  # Another writer may have been first.
                    batch = self._append(batches, batch_id)
                    return _commit(batch, already_stored=False)
        return _commit(self._known(batch_id), already_stored=True)

    def has(self, batch_id: str) -> bool:
        """Tell whether *batch_id* was committed and its partitions are not all removed."""
        return self._batch(batch_id) is not None

    def scan(self, window: Window, mandate: Mandate) -> Iterator[pa.RecordBatch]:
        """Yield the conversation records that start in *window*, hour by hour."""
        mandate.require(Power.ANALYSE, self._clock())
        files = self._files_of(window)
        return (batch for file in files for batch in read_file(self._root, file, window))

    def files(self, window: Window, mandate: Mandate) -> tuple[Path, ...]:
        """
        Name the committed files that may hold records of *window*.

        Raises:
            Unavailable: If one of them is not on disk.
            ConfigError: If one was written under another version of the schema.
            NotPermitted: If *mandate* lacks the power to analyse.
        """
        mandate.require(Power.ANALYSE, self._clock())
        files = self._files_of(window)
        require_present(self._root, files)
        return tuple(self._root / file.path for file in files)

    def rows(self, window: Window, mandate: Mandate) -> int:
        """Count the conversation records that start in *window*."""
        mandate.require(Power.ANALYSE, self._clock())
        return sum(count_rows(self._root, file, window) for file in self._files_of(window))

    def statistics(self) -> LakeStatistics:
        """Say how much there is; reads the manifest alone and needs no mandate."""
        return self._manifest.ask(_statistics)

    def compact(self, mandate: Mandate) -> Compacted:
        """
        Merge the files of each settled hour into few sorted ones.

        The lock is held for one hour's files at a time, so that `append` gets its turn.

        Raises:
            NotPermitted: If *mandate* lacks the power to maintain.
        """
        mandate.require(Power.MAINTAIN, self._clock())
        hours, rows, before, after = 0, 0, 0, 0
        for files in self._plan().values():
            with self._writing():
                paths = {file.path for file in files}
                if not self._manifest.ask(partial(_holds, paths)):
                    continue  # Another process was first.
                added = self._compact_hour(files)
            hours += 1
            rows += sum(file.rows for file in files)
            before, after = before + len(files), after + len(added)
        self.clean()
        return Compacted(hours=hours, rows=rows, files_before=before, files_after=after)

    def remove(self, before_ms: int, mandate: Mandate) -> Removed:
        """
        Remove all hours that ended by *before_ms*, for good: nothing can be added to them.

        Raises:
            NotPermitted: If *mandate* lacks the power to maintain.
        """
        mandate.require(Power.MAINTAIN, self._clock())
        until = before_ms // HOUR_MS
        with self._writing():
            gone = self._manifest.ask(
                lambda state: [file for file in state.files.values() if file.hour < until]
            )
            horizon = self._manifest.ask(lambda state: state.removed_until)
            if horizon is None or horizon < until:
                self._manifest.commit(self._clock(), removed_until=until)
            self._sweep()
        return Removed(
            hours=len({file.hour for file in gone}),
            rows=sum(file.rows for file in gone),
            files=len(gone),
        )

    def clean(self) -> None:
        """Delete what no reader can see any more: orphans of killed writers, old files."""
        with self._writing():
            self._sweep()

    def _append(self, batches: Iterable[pa.RecordBatch], batch_id: str) -> BatchEntry:
        now_ms = self._clock()
        spreader = Spreader(
            self._root,
            self._spill,
            f"{self._next_number():012d}-{hashlib.sha256(batch_id.encode()).hexdigest()[:16]}",
            arrived_ms=now_ms,
            removed_until=self._manifest.ask(lambda state: state.removed_until),
            limits=self._limits,
        )
        try:
            for batch in batches:
                spreader.add(checked(batch))
            files = spreader.finish()
            self._sync(files)
        except BaseException:
            with suppress(OSError, HinomiError):  # The first failure is the one to tell.
                spreader.abandon()
            raise
        entry = BatchEntry(
            batch_id,
            sum(file.rows for file in files),
            spreader.late_rows,
            # A batch without rows is remembered as long as its hour of arrival.
            max((file.hour for file in files), default=now_ms // HOUR_MS),
        )
        self._manifest.commit(now_ms, batch=entry, added=files)
        return entry

    def _plan(self) -> dict[int, list[FileEntry]]:
        settled_until = (self._clock() - self._lateness_ms) // HOUR_MS
        files = self._manifest.ask(lambda state: tuple(state.files.values()))
        return compaction.plan(files, settled_until, full_rows=self._full_rows)

    def _compact_hour(self, files: list[FileEntry]) -> tuple[FileEntry, ...]:
        stem = f"{self._next_number():012d}-hour"
        added = compaction.merge(self._root, files, stem, full_rows=self._full_rows)
        self._sync(added)
        replaced = [file.path for file in files]
        self._manifest.commit(self._clock(), added=added, replaced=replaced)
        return added

    def _sync(self, files: Iterable[FileEntry]) -> None:
        """Make the names of new files durable, up to the root."""
        folders = {
            folder
            for file in files
            for folder in (self._root / file.path).parents
            if folder.is_relative_to(self._root)
        }
        with on_disk(self._root):
            for folder in folders:
                sync_folder(folder)

    def _sweep(self) -> None:
        """Delete what no reader may need: the lock is held."""
        oldest_ms = self._clock() - self._reader_grace_ms
        kept, due = self._manifest.ask(lambda state: _references(state, oldest_ms))
        with on_disk(self._root):
            shutil.rmtree(self._spill, ignore_errors=True)
            for folder, _, names in os.walk(self._root / FLOWS, topdown=False):
                for name in names:
                    path = Path(folder, name)
                    if path.relative_to(self._root).as_posix() not in kept:
                        path.unlink(missing_ok=True)
                with suppress(OSError):  # Not empty: it stays.
                    Path(folder).rmdir()
            self._manifest.sweep()
        if due:
            self._manifest.commit(self._clock(), swept=due)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the lake's lock, and clean up first if the last writer was killed."""
        with on_disk(self._root):
            if not (self._root / "manifest").exists():
                for folder in (self._root, self._root / "manifest"):
                    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                sync_folder(self._root)
            descriptor = os.open(self._root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        mark = self._root / "writing"
        try:
            self._lock(descriptor)
            if mark.exists():
                self._sweep()
            with on_disk(self._root):
                mark.touch(mode=0o600)
            yield
            with suppress(OSError):  # It stays where the body fails: the next writer cleans up.
                mark.unlink()
        finally:
            os.close(descriptor)  # Gives up the lock, as a kill does.

    def _lock(self, descriptor: int) -> None:
        deadline = time.monotonic() + self._lock_wait_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise Conflict(
                        f"{self._root} is being written by another process; "
                        "try again when it has ended"
                    ) from None
                time.sleep(_LOCK_POLL_S)
            else:
                return

    @property
    def _spill(self) -> Path:
        return self._root / "spill"

    def _next_number(self) -> int:
        return self._manifest.ask(lambda state: state.number) + 1

    def _batch(self, batch_id: str) -> BatchEntry | None:
        return self._manifest.ask(lambda state: state.batches.get(batch_id))

    def _known(self, batch_id: str) -> BatchEntry:
        found = self._batch(batch_id)
        if found is None:
            raise Conflict(f"{self._root} was changed meanwhile; append the batch again")
        return found

    def _files_of(self, window: Window) -> tuple[FileEntry, ...]:
        return self._manifest.ask(lambda state: state.files_of(window))


def _commit(batch: BatchEntry, *, already_stored: bool) -> Commit:
    return Commit(
        batch_id=batch.batch_id,
        rows=batch.rows,
        already_stored=already_stored,
        late_rows=batch.late_rows,
    )


def _statistics(state: State) -> LakeStatistics:
    files = state.files.values()
    return LakeStatistics(
        rows=sum(file.rows for file in files),
        files=len(files),
        batches=len(state.batches),
        first_ms=min((file.first_ms for file in files), default=None),
        last_ms=max((file.last_ms for file in files), default=None),
    )


def _holds(paths: set[str], state: State) -> bool:
    return paths <= state.files.keys()


def _references(state: State, oldest_ms: int) -> tuple[set[str], list[str]]:
    """Give the paths that must stay, and those whose time after replacement is over."""
    due = [path for path, (_, at_ms) in state.replaced.items() if at_ms <= oldest_ms]
    return set(state.files) | (state.replaced.keys() - set(due)), due
