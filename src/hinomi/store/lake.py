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
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

import pyarrow as pa

from hinomi.clock import day_of
from hinomi.govern.mandate import Mandate
from hinomi.govern.matrix import Power
from hinomi.model.window import Window
from hinomi.store.figures import (
    LakeStatistics,
    statistics_of,
)
from hinomi.store.flowfile import (
    HOUR_MS,
    count_rows,
    read_file,
    require_present,
)
from hinomi.store.lakeupkeep import LakeUpkeep
from hinomi.store.manifest import BatchEntry, FileEntry, arrival_day, digest
from hinomi.store.ports import Commit, require_reading
from hinomi.store.retokenising import moved
from hinomi.store.sealing import Seal, SealedFile
from hinomi.store.spreading import Spreader, SpreadLimits
from hinomi.store.staging import LIVE, Staged, Staging, StagingFolder


class LocalLake(LakeUpkeep):
    """A `store.ports.FlowStore` in one folder, for many writers and readers at a time."""

    def append(
        self,
        batches: Iterable[pa.RecordBatch],
        batch_id: str,
        mandate: Mandate,
        *,
        period: str = "",
    ) -> Commit:
        """
        Store *batches* as the port says; rows of removed hours are counted and dropped.

        Args:
            batches: What to store.
            batch_id: The name under which it counts once.
            mandate: Permits to store.
            period: The key period of their lines; empty: the present one.

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
        with self.stage(batch_id, mandate, limits=self._limits, period=period) as staging:
            for batch in batches:
                staging.add(batch)
            return staging.commit()

    def stage(
        self, batch_id: str, mandate: Mandate, *, limits: SpreadLimits = LIVE, period: str = ""
    ) -> Staging:
        """
        Begin a batch that grows as rows come in and is committed by its holder.

        Where *batch_id* is in the lake by the time of the commit, what was staged is dropped.

        Args:
            batch_id: The name under which the batch counts once.
            mandate: Asked now, and again at the commit.
            limits: How much is held in memory.
            period: The key period of the lines that come; empty: the present one. Where the
                lake changes to another meanwhile, the rows are re-tokenised at the commit.

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
        return Staging(batch_id, folder, spreader, partial(self._publish, mandate), period)

    def has(self, batch_id: str) -> bool:
        """Tell whether *batch_id* was committed and its partitions are not all removed."""
        return self._batch(batch_id) is not None

    def scan(
        self, window: Window, mandate: Mandate, power: Power = Power.ANALYSE
    ) -> Iterator[pa.RecordBatch]:
        """Yield the conversation records that start in *window*, hour by hour."""
        require_reading(power)
        self._guard.admit(mandate, power)
        files = self._files_of(window)
        seals = self._seals(files, mandate, power)
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

    def earliest(self, window: Window, mandate: Mandate) -> Seal | None:
        """
        Give the seal of the first day on which rows of the hours of *window* arrived, if any did.

        What is made of these rows is kept under it, and is gone as soon as any of them is. Ask
        before the rows are read: what expires meanwhile then takes what was made along.

        Raises:
            NotPermitted: If *mandate* lacks the power to store.
        """
        days = {arrival_day(file) for file in self._files_of(window)}
        return self._keeper.make(min(days), mandate) if days else None

    def _publish(self, mandate: Mandate, staged: Staged) -> Commit:
        """Bring a finished batch into the lake."""
        self._guard.admit(mandate, Power.STORE)
        with self._lock.held():
            staged = self._brought_up(staged, mandate)
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

    def _brought_up(self, staged: Staged, mandate: Mandate) -> Staged:
        """Give what was staged before the key period changed the pseudonyms of the present one."""
        period = self.period().name
        if staged.period in {"", period}:
            return staged
        translate = self._translator(staged.period, period)
        seals = self._keeper.hand({file.seal for file in staged.files}, mandate, Power.STORE)
        folder = staged.folder / "moved"
        files = tuple(
            moved(staged.folder, folder, file, seals[file.seal], period=period, translate=translate)
            for file in staged.files
        )
        return replace(staged, folder=folder, files=files, period=period)

    def _batch(self, batch_id: str) -> BatchEntry | None:
        return self._manifest.ask(lambda state: state.batches.get(batch_id))

    def _files_of(self, window: Window) -> tuple[FileEntry, ...]:
        return self._manifest.ask(lambda state: state.files_of(window))

    def _seals(
        self, files: Iterable[FileEntry], mandate: Mandate, power: Power = Power.ANALYSE
    ) -> dict[str, Seal]:
        days = {file.seal for file in files if file.seal}
        return self._keeper.hand(days, mandate, power) if days else {}


def _commit(batch: BatchEntry, *, already_stored: bool) -> Commit:
    return Commit(
        batch_id=batch.batch_id,
        rows=batch.rows,
        already_stored=already_stored,
        late_rows=batch.late_rows,
    )


def _is_inside(file: FileEntry, window: Window) -> bool:
    return window.covers(file.first_ms) and window.covers(file.last_ms)
