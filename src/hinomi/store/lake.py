"""
The flow lake on a local disk: Parquet files by hour under a manifest.

    root/flows/date=2026-01-31/hour=23/*.parquet    UTC, by the start of the flow
    root/manifest/                                  what exists (store.manifest)
    root/staging/                                   rows on their way in (store.staging)
    root/lock                                       one change at a time (store.locking)
    root/writing                                    there while something is changed

Readers take no lock, and writers take it only to publish what is ready. A file that
compaction replaced stays for a while, so that a query which began before still finds it; a
file of a removed hour goes at once.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pyarrow as pa

from hinomi.clock import Clock, day_of
from hinomi.govern.mandate import Guard, Mandate
from hinomi.govern.matrix import Power
from hinomi.model.window import Window
from hinomi.store import compaction
from hinomi.store.durable import on_disk, sync_folder
from hinomi.store.figures import Compacted, LakeStatistics, Removed, removed, statistics_of
from hinomi.store.flowfile import (
    FLOWS,
    HOUR_MS,
    count_rows,
    read_file,
    require_present,
)
from hinomi.store.keeper import KeyKeeper
from hinomi.store.locking import WriteLock
from hinomi.store.manifest import BatchEntry, FileEntry, Manifest, State, arrival_day, digest
from hinomi.store.ports import Commit
from hinomi.store.sealing import Seal, SealedFile
from hinomi.store.spreading import Spreader, SpreadLimits
from hinomi.store.staging import LIVE, Staged, Staging, StagingFolder, sweep_staging


class LocalLake:
    """A `store.ports.FlowStore` in one folder, for many writers and readers at a time."""

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
        guard: Guard | None = None,
        keeper: KeyKeeper | None = None,
    ) -> None:
        """
        Look at the lake in *root*, which need not exist yet.

        Args:
            root: The lake's folder.
            clock: What time it is.
            lateness_ms: How long after its end an hour is left alone by compaction
                (registered as ``store.lateness_ms``).
            reader_grace_ms: How long replaced files stay (``store.reader_grace_ms``).
            lock_wait_s: How long to wait for another writer to publish.
            limits: How much `append` holds in memory.
            full_rows: Rows of one compacted file at most.
            guard: Who lets mandates in; None: one that writes nothing down.
            keeper: Of the keys under which files are sealed; None: one in the lake itself.
        """
        self._guard = guard or Guard(clock)
        self._keeper = keeper or KeyKeeper(root / "keys", clock, guard=guard)
        self._root = root
        self._clock = clock
        self._lateness_ms = lateness_ms
        self._reader_grace_ms = reader_grace_ms
        self._lock = WriteLock(root, wait_s=lock_wait_s, sweep=self._sweep)
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
        self._guard.admit(mandate, Power.STORE)
        if not batch_id:
            raise ValueError("a batch without an id could be stored twice")
        known = self._batch(batch_id)
        if known is not None:
            return _commit(known, already_stored=True)
        with self.stage(batch_id, mandate, limits=self._limits) as staging:
            for batch in batches:
                staging.add(batch)
            return staging.commit()

    def stage(self, batch_id: str, mandate: Mandate, *, limits: SpreadLimits = LIVE) -> Staging:
        """
        Begin a batch that grows as rows come in and is committed by its holder.

        Where *batch_id* is in the lake by the time of the commit, what was staged is dropped.

        Args:
            batch_id: The name under which the batch counts once.
            mandate: Asked now, and again at the commit.
            limits: How much is held in memory.

        Raises:
            Unavailable: If the disk refuses.
            NotPermitted: If *mandate* lacks the power to store.
        """
        self._guard.admit(mandate, Power.STORE)
        if not batch_id:
            raise ValueError("a batch without an id could be stored twice")
        arrived_ms = self._clock()
        seal = self._keeper.make(day_of(arrived_ms), mandate)
        removed_until = self._manifest.ask(lambda state: state.removed_until)
        folder = StagingFolder.create(self._root)
        spreader = Spreader(
            folder.path,
            folder.path / "spill",
            # No two stagings share a folder's name, so no two files ever share one either.
            f"{hashlib.sha256(batch_id.encode()).hexdigest()[:16]}-{folder.path.name}",
            seal,
            arrived_ms=arrived_ms,
            removed_until=removed_until,
            limits=limits,
        )
        return Staging(batch_id, folder, spreader, partial(self._publish, mandate))

    def has(self, batch_id: str) -> bool:
        """Tell whether *batch_id* was committed and its partitions are not all removed."""
        return self._batch(batch_id) is not None

    def scan(self, window: Window, mandate: Mandate) -> Iterator[pa.RecordBatch]:
        """Yield the conversation records that start in *window*, hour by hour."""
        self._guard.admit(mandate, Power.ANALYSE)
        files = self._files_of(window)
        seals = self._seals(files, mandate)
        return (batch for file in files for batch in read_file(self._root, file, window, seals))

    def files(self, window: Window, mandate: Mandate) -> tuple[SealedFile, ...]:
        """
        Name the committed files that may hold records of *window*, with their keys.

        Raises:
            Unavailable: If one of them is not on disk.
            ConfigError: If one was written under another version of the schema.
            NotPermitted: If *mandate* lacks the power to analyse.
        """
        self._guard.admit(mandate, Power.ANALYSE)
        files = self._files_of(window)
        require_present(self._root, files)
        seals = self._seals(files, mandate)
        return tuple(SealedFile(self._root / each.path, seals.get(each.seal)) for each in files)

    def rows(self, window: Window, mandate: Mandate) -> int:
        """Count the conversation records that start in *window*."""
        self._guard.admit(mandate, Power.ANALYSE)
        files = self._files_of(window)
        cut = [file for file in files if not _is_inside(file, window)]
        seals = self._seals(cut, mandate)
        return sum(count_rows(self._root, file, window, seals) for file in files)

    def statistics(self) -> LakeStatistics:
        """Say how much there is; reads the manifest alone and needs no mandate."""
        return self._manifest.ask(statistics_of)

    def digest(self, window: Window, mandate: Mandate) -> str:
        """
        Digest what the manifest says of the rows of the hours that *window* touches.

        Rows that come late change it, hours that are removed too; compaction, which leaves
        every row as it was, does not.

        Raises:
            NotPermitted: If *mandate* lacks the power to analyse.
        """
        self._guard.admit(mandate, Power.ANALYSE)
        return digest(self._files_of(window))

    def earliest(self, window: Window, mandate: Mandate) -> Seal:
        """
        Give the seal of the first day on which rows of the hours of *window* arrived.

        What is made of these rows is kept under it, and is gone as soon as any of them is.

        Raises:
            NotPermitted: If *mandate* lacks the power to store.
        """
        day = min(
            (arrival_day(file) for file in self._files_of(window)), default=day_of(self._clock())
        )
        return self._keeper.make(day, mandate)

    def compact(self, mandate: Mandate) -> Compacted:
        """
        Merge the files of each settled hour into few sorted ones.

        The lock is held for one hour's files at a time, so that `append` gets its turn.

        Raises:
            NotPermitted: If *mandate* lacks the power to maintain.
        """
        self._guard.admit(mandate, Power.MAINTAIN)
        hours, rows, before, after = 0, 0, 0, 0
        for files in self._plan().values():
            with self._lock.held():
                paths = {file.path for file in files}
                if not self._manifest.ask(partial(_holds, paths)):
                    continue  # Another process was first.
                added = self._compact_hour(files, mandate)
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
        self._guard.admit(mandate, Power.MAINTAIN)
        until = before_ms // HOUR_MS
        with self._lock.held():
            gone = self._manifest.ask(
                lambda state: [file for file in state.files.values() if file.hour < until]
            )
            horizon = self._manifest.ask(lambda state: state.removed_until)
            if horizon is None or horizon < until:
                self._manifest.commit(self._clock(), removed_until=until)
            self._sweep()
        return removed(gone)

    def expire(self, before_ms: int, mandate: Mandate) -> Removed:
        """
        Remove all that arrived on days, UTC, that ended by *before_ms*, whenever its flows began.

        The hours stay open: an old capture that is imported today is kept from today on.

        Raises:
            NotPermitted: If *mandate* lacks the power to maintain.
        """
        self._guard.admit(mandate, Power.MAINTAIN)
        until = day_of(before_ms)
        with self._lock.held():
            files = self._manifest.ask(lambda state: tuple(state.files.values()))
            gone = [file for file in files if arrival_day(file) < until]
            told = self._manifest.ask(lambda state: state.expired_until)
            if gone or told is None or told < until:
                self._manifest.commit(self._clock(), expired_until=until)
            self._sweep()
        return removed(gone)

    def clean(self) -> None:
        """Delete what no reader can see any more: orphans of killed writers, old files."""
        with self._lock.held():
            self._sweep()

    def _publish(self, mandate: Mandate, staged: Staged) -> Commit:
        """Bring a finished batch into the lake."""
        self._guard.admit(mandate, Power.STORE)
        with self._lock.held():
            known = self._batch(staged.batch_id)
            if known is not None:  # Another writer was first, or this one in a former try.
                return _commit(known, already_stored=True)
            horizon = self._manifest.ask(lambda state: state.removed_until)
            files = [f for f in staged.files if horizon is None or f.hour >= horizon]
            rows = sum(file.rows for file in files)
            late_rows = staged.late_rows + sum(file.rows for file in staged.files) - rows
            self._link(staged.folder, files)
            self._sync(files)
            now_ms = self._clock()
            entry = BatchEntry(
                staged.batch_id,
                rows,
                late_rows,
                # A batch without rows is remembered as long as its hour of arrival.
                max((file.hour for file in files), default=now_ms // HOUR_MS),
                day_of(now_ms),
            )
            self._manifest.commit(now_ms, batch=entry, added=files)
            return _commit(entry, already_stored=False)

    def _link(self, folder: Path, files: Iterable[FileEntry]) -> None:
        """Give staged files their second name: the first one stays until all is committed."""
        with on_disk(self._root):
            for file in files:
                path = self._root / file.path
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.link(folder / file.path, path)

    def _plan(self) -> dict[tuple[int, str], list[FileEntry]]:
        settled_until = (self._clock() - self._lateness_ms) // HOUR_MS
        files = self._manifest.ask(lambda state: tuple(state.files.values()))
        return compaction.plan(files, settled_until, full_rows=self._full_rows)

    def _compact_hour(self, files: list[FileEntry], mandate: Mandate) -> tuple[FileEntry, ...]:
        stem = f"{self._next_number():012d}-hour"
        day = arrival_day(files[0])
        if files[0].seal:
            seal = self._keeper.hand([day], mandate, Power.MAINTAIN)[day]
        else:  # Written before files were sealed.
            seal = self._keeper.make(day, mandate, Power.MAINTAIN)
        added = compaction.merge(self._root, files, stem, seal, full_rows=self._full_rows)
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
            sweep_staging(self._root)
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

    def _next_number(self) -> int:
        return self._manifest.ask(lambda state: state.number) + 1

    def _batch(self, batch_id: str) -> BatchEntry | None:
        return self._manifest.ask(lambda state: state.batches.get(batch_id))

    def _files_of(self, window: Window) -> tuple[FileEntry, ...]:
        return self._manifest.ask(lambda state: state.files_of(window))

    def _seals(self, files: Iterable[FileEntry], mandate: Mandate) -> dict[str, Seal]:
        days = {file.seal for file in files if file.seal}
        return self._keeper.hand(days, mandate, Power.ANALYSE) if days else {}


def _commit(batch: BatchEntry, *, already_stored: bool) -> Commit:
    return Commit(
        batch_id=batch.batch_id,
        rows=batch.rows,
        already_stored=already_stored,
        late_rows=batch.late_rows,
    )


def _is_inside(file: FileEntry, window: Window) -> bool:
    return window.covers(file.first_ms) and window.covers(file.last_ms)


def _holds(paths: set[str], state: State) -> bool:
    return paths <= state.files.keys()


def _references(state: State, oldest_ms: int) -> tuple[set[str], list[str]]:
    """Give the paths that must stay, and those whose time after replacement is over."""
    due = [path for path, (_, at_ms) in state.replaced.items() if at_ms <= oldest_ms]
    return set(state.files) | (state.replaced.keys() - set(due)), due
