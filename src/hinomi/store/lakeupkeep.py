"""
Keeping a lake in order: compaction, removal, other key periods. Nothing is read out of it.

It is the half of `store.lake.LocalLake` that changes what is there; the other half takes
rows in and gives them out.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

from hinomi.clock import Clock, day_of
from hinomi.govern.mandate import Guard, Mandate
from hinomi.govern.matrix import Power
from hinomi.store import compaction
from hinomi.store.durable import on_disk, sync_folder
from hinomi.store.figures import FIRST, Compacted, Period, Removed, removed
from hinomi.store.flowfile import FLOWS, HOUR_MS
from hinomi.store.keeper import KeyKeeper
from hinomi.store.locking import WriteLock
from hinomi.store.manifest import FileEntry, Manifest, State, arrival_day
from hinomi.store.retokenising import Translator, moved, no_translator
from hinomi.store.sealing import Seal
from hinomi.store.spreading import SpreadLimits
from hinomi.store.staging import StagingFolder, sweep_staging


class LakeUpkeep:
    """What sees to a lake in one folder."""

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
        translator: Translator = no_translator,
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
            limits: How much `LocalLake.append` holds in memory.
            full_rows: Rows of one compacted file at most.
            guard: Who lets mandates in; None: one that writes nothing down.
            keeper: Of the keys under which files are sealed; None: one in the lake itself.
            translator: Knows the keys of key periods.
        """
        self._guard = guard or Guard(clock)
        self._keeper = keeper or KeyKeeper(root / "keys", clock, guard=guard)
        self._translator = translator
        self._root = root
        self._clock = clock
        self._lateness_ms = lateness_ms
        self._reader_grace_ms = reader_grace_ms
        self._lock = WriteLock(root, wait_s=lock_wait_s, sweep=self._sweep)
        self._limits = limits or SpreadLimits()
        self._full_rows = full_rows
        self._manifest = Manifest(root / "manifest")

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

    def period(self) -> Period:
        """Tell under which key period all lines are; reads the manifest alone."""
        return self._manifest.ask(_period)

    def retokenise(self, period: str, mandate: Mandate) -> Removed:
        """
        Put the lines of all records under another key period, at one moment for every reader.

        Returns:
            What was put in place of what there was: the same hours and rows.

        Raises:
            Unavailable: If the disk refuses, or a key is gone; nothing has changed then.
            NotPermitted: If *mandate* lacks the power to maintain.

        Notes:
            Needs room for all records once more, until readers of the old files are done.
        """
        self._guard.admit(mandate, Power.MAINTAIN)
        old = self.period().name
        if old == period:
            return removed([])
        translate = self._translator(old, period)
        folder = StagingFolder.create(self._root)
        done: dict[str, FileEntry] = {}

        def move() -> None:
            for file in self._manifest.ask(lambda state: tuple(state.files.values())):
                if file.path not in done:
                    seal = self._seal_of(file, mandate)
                    done[file.path] = moved(
                        self._root, folder.path, file, seal, period=period, translate=translate
                    )

        try:
            move()  # Most of it, while others write on.
            with self._lock.held():
                move()
                there = self._manifest.ask(lambda state: set(state.files))
                added = [made for path, made in done.items() if path in there]
                self._link(folder.path, added)
                self._sync(added)
                self._manifest.commit(self._clock(), added=added, replaced=there, period=period)
        finally:
            folder.discard()
        return removed(added)

    def clean(self) -> None:
        """Delete what no reader can see any more: orphans of killed writers, old files."""
        with self._lock.held():
            self._sweep()

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
        seal = self._seal_of(files[0], mandate)
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

    def _seal_of(self, file: FileEntry, mandate: Mandate) -> Seal:
        """Give the key that a file is to be written under again."""
        day = arrival_day(file)
        if file.seal:
            return self._keeper.hand([day], mandate, Power.MAINTAIN)[day]
        return self._keeper.make(day, mandate, Power.MAINTAIN)  # Before files were sealed.


def _period(state: State) -> Period:
    return Period(state.period or FIRST, state.period_since_ms)


def _holds(paths: set[str], state: State) -> bool:
    return paths <= state.files.keys()


def _references(state: State, oldest_ms: int) -> tuple[set[str], list[str]]:
    """Give the paths that must stay, and those whose time after replacement is over."""
    due = [path for path, (_, at_ms) in state.replaced.items() if at_ms <= oldest_ms]
    return set(state.files) | (state.replaced.keys() - set(due)), due
