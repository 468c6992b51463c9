"""
The manifest of a lake: the one place that says which files and batches exist.

It is a folder of numbered entries, each written once and never changed. An entry counts
from the moment its name exists, so that a batch of any number of files becomes visible
at once. A checkpoint sums up all entries to its number; older entries are then not
needed and are pruned one checkpoint late, so that a reader half way through its listing
still finds them.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from hinomi.clock import day_of
from hinomi.errors import Conflict, MalformedDocument, Unavailable
from hinomi.model.window import Window
from hinomi.store.durable import on_disk, sync_folder, write_durably

CHECKPOINT_EVERY: Final = 256
"""Entries between checkpoints: a fresh reader opens at most twice as many small files."""

_RETRIES: Final = 5
_RETRY_S: Final = 0.02
_CHECKPOINT: Final = "checkpoint-"
_SUFFIX: Final = ".json"


class FileEntry(msgspec.Struct, frozen=True, array_like=True):
    """One Parquet file of one hour."""

    path: str  # Relative to the lake's root.
    hour: int  # Hours since the Unix epoch.
    rows: int
    first_ms: int
    last_ms: int
    arrived_ms: int  # When its latest rows were stored.
    schema_version: str
    compacted: bool = False
    seal: str = ""  # The day whose key it takes to read it; empty: written before files were.


class BatchEntry(msgspec.Struct, frozen=True, array_like=True):
    """One committed batch; kept until every hour it touched is removed."""

    batch_id: str
    rows: int  # Stored.
    late_rows: int  # Of hours that had been removed: counted, not stored.
    last_hour: int
    arrived_day: str = ""  # When it was stored, a day as in 2026-01-31; empty: not noted then.


class Entry(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One change of the lake."""

    number: int
    at_ms: int
    batch: BatchEntry | None = None
    added: tuple[FileEntry, ...] = ()
    replaced: tuple[str, ...] = ()  # Read no more, deleted later.
    swept: tuple[str, ...] = ()  # Replaced before, now deleted.
    removed_until: int | None = None  # Every hour before this one is gone.
    expired_until: str | None = None  # What arrived on a day before this one is gone.
    period: str | None = None  # The key period that all lines are now under.


class Checkpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What all entries to *number* come to."""

    number: int = 0
    removed_until: int | None = None
    files: tuple[FileEntry, ...] = ()
    batches: tuple[BatchEntry, ...] = ()
    replaced: dict[str, tuple[int, int]] = {}  # Path to its hour, and when it was replaced, ms.
    expired_until: str | None = None
    period: str | None = None
    period_since_ms: int | None = None


_Read = TypeVar("_Read", Entry, Checkpoint)
_Answer = TypeVar("_Answer")


@dataclass(slots=True)
class State:
    """The lake after some number of entries."""

    number: int = 0
    removed_until: int | None = None
    files: dict[str, FileEntry] = field(default_factory=dict)
    batches: dict[str, BatchEntry] = field(default_factory=dict)
    replaced: dict[str, tuple[int, int]] = field(default_factory=dict)
    expired_until: str | None = None
    period: str | None = None
    period_since_ms: int | None = None

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint) -> "State":
        """Start from a checkpoint."""
        return cls(
            number=checkpoint.number,
            removed_until=checkpoint.removed_until,
            files={file.path: file for file in checkpoint.files},
            batches={batch.batch_id: batch for batch in checkpoint.batches},
            replaced=dict(checkpoint.replaced),
            expired_until=checkpoint.expired_until,
            period=checkpoint.period,
            period_since_ms=checkpoint.period_since_ms,
        )

    def to_checkpoint(self) -> Checkpoint:
        """Sum up."""
        return Checkpoint(
            number=self.number,
            removed_until=self.removed_until,
            files=tuple(self.files.values()),
            batches=tuple(self.batches.values()),
            replaced=self.replaced,
            expired_until=self.expired_until,
            period=self.period,
            period_since_ms=self.period_since_ms,
        )

    def apply(self, entry: Entry) -> None:
        """Go one entry further."""
        for path in entry.replaced:
            self.replaced[path] = (self.files.pop(path).hour, entry.at_ms)
        for path in entry.swept:
            self.replaced.pop(path, None)
        self.files.update((file.path, file) for file in entry.added)
        if entry.batch is not None:
            self.batches[entry.batch.batch_id] = entry.batch
        if entry.removed_until is not None:
            until = entry.removed_until
            self.removed_until = until
            self.files = {p: file for p, file in self.files.items() if file.hour >= until}
            self.batches = {b: kept for b, kept in self.batches.items() if kept.last_hour >= until}
            self.replaced = {p: old for p, old in self.replaced.items() if old[0] >= until}
        if entry.expired_until is not None:
            self._expire(entry.expired_until)
        if entry.period is not None:
            self.period, self.period_since_ms = entry.period, entry.at_ms
        self.number = entry.number

    def _expire(self, until: str) -> None:
        """Let go of what arrived before the day *until*, and of batches that left nothing."""
        self.expired_until = until
        self.files = {p: file for p, file in self.files.items() if arrival_day(file) >= until}
        hours = {file.hour for file in self.files.values()}
        self.batches = {
            name: batch
            for name, batch in self.batches.items()
            if batch.arrived_day >= until or (not batch.arrived_day and batch.last_hour in hours)
        }

    def files_of(self, window: Window) -> tuple[FileEntry, ...]:
        """Give the files that may hold rows of *window*, oldest hour first."""
        found = [f for f in self.files.values() if window.overlaps(f.first_ms, f.last_ms)]
        return tuple(sorted(found, key=lambda file: (file.hour, file.path)))


def arrival_day(file: FileEntry) -> str:
    """Name the day, UTC, on which the latest rows of *file* arrived."""
    return file.seal or day_of(file.arrived_ms)


def digest(files: Iterable[FileEntry]) -> str:
    """
    Digest what is said of the rows in *files*, hour by hour, however they lie in files.

    Returns:
        SHA-256, hex.
    """
    hours: dict[int, list[FileEntry]] = {}
    for file in files:
        hours.setdefault(file.hour, []).append(file)
    said = [
        (
            hour,
            sum(file.rows for file in hours[hour]),
            min(file.first_ms for file in hours[hour]),
            max(file.last_ms for file in hours[hour]),
            max(file.arrived_ms for file in hours[hour]),
            sorted({file.schema_version for file in hours[hour]}),
        )
        for hour in sorted(hours)
    ]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


class Manifest:
    """The manifest folder; many readers, and one writer at a time (the lake locks)."""

    def __init__(self, folder: Path) -> None:
        """Look at *folder*, which need not exist yet."""
        self._folder = folder
        self._state = State()
        self._mutex = threading.Lock()

    def ask(self, question: Callable[[State], _Answer]) -> _Answer:
        """
        Catch up with all entries, then answer *question* from the present state.

        Args:
            question: Looks at the state and takes what it needs; keeps no part of it.

        Raises:
            MalformedDocument: If an entry is damaged.
            Unavailable: If an entry is missing.
        """
        with self._mutex, on_disk(self._folder):
            for _ in range(_RETRIES):
                if self._catch_up():
                    return question(self._state)
                time.sleep(_RETRY_S)  # A listing taken during a commit may show a gap.
        raise Unavailable(
            f"{self._folder}: entry {self._state.number + 1} is missing; restore it from backup"
        )

    def commit(
        self,
        at_ms: int,
        *,
        batch: BatchEntry | None = None,
        added: Iterable[FileEntry] = (),
        replaced: Iterable[str] = (),
        swept: Iterable[str] = (),
        removed_until: int | None = None,
        expired_until: str | None = None,
        period: str | None = None,
    ) -> None:
        """
        Make one change durable and visible; the lake's lock is held.

        Raises:
            Conflict: If another writer took the number meanwhile, past the lock.
            Unavailable: If the disk refuses.
        """
        with self._mutex, on_disk(self._folder):
            entry = Entry(
                number=self._state.number + 1,
                at_ms=at_ms,
                batch=batch,
                added=tuple(added),
                replaced=tuple(replaced),
                swept=tuple(swept),
                removed_until=removed_until,
                expired_until=expired_until,
                period=period,
            )
            path = self._folder / _entry_name(entry.number)
            try:
                write_durably(path, msgspec.json.encode(entry))
            except FileExistsError:
                raise Conflict(f"{path} was written by another process; read again") from None
            self._state.apply(entry)
            if entry.number % CHECKPOINT_EVERY == 0:
                self._checkpoint()

    def sweep(self) -> None:
        """Delete what killed writers left half written; the lake's lock is held."""
        for name in _listing(self._folder):
            if not name.endswith(_SUFFIX):
                (self._folder / name).unlink(missing_ok=True)

    def _catch_up(self) -> bool:
        """Apply what is new; False where the listing has a gap or was overtaken."""
        names = _listing(self._folder)
        latest = max((_number(n) for n in names if n.startswith(_CHECKPOINT)), default=0)
        entries = sorted(_number(n) for n in names if n[0].isdigit() and n.endswith(_SUFFIX))
        try:
            fresh = [number for number in entries if number > self._state.number]
            if latest > self._state.number and (not fresh or fresh[0] != self._state.number + 1):
                checkpoint = self._load(_checkpoint_name(latest), Checkpoint)
                self._state = State.from_checkpoint(checkpoint)
                fresh = [number for number in entries if number > latest]
            for number in fresh:
                if number != self._state.number + 1:
                    return False
                self._state.apply(self._load(_entry_name(number), Entry))
        except FileNotFoundError:
            return False  # Pruned between listing and reading.
        return True

    def _load(self, name: str, kind: type[_Read]) -> _Read:
        path = self._folder / name
        try:
            return msgspec.json.decode(path.read_bytes(), type=kind)
        except msgspec.MsgspecError:
            raise MalformedDocument("is damaged; restore it from backup", str(path)) from None

    def _checkpoint(self) -> None:
        number = self._state.number
        content = msgspec.json.encode(self._state.to_checkpoint())
        path = self._folder / _checkpoint_name(number)
        path.unlink(missing_ok=True)
        write_durably(path, content)
        for name in _listing(self._folder):
            # A reader may hold a listing from just before: keep what that one needs.
            kept = number - CHECKPOINT_EVERY
            if _number(name) < kept or (_number(name) == kept and not name.startswith(_CHECKPOINT)):
                (self._folder / name).unlink(missing_ok=True)
        sync_folder(self._folder)


def _listing(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return []


def _entry_name(number: int) -> str:
    return f"{number:012d}{_SUFFIX}"


def _checkpoint_name(number: int) -> str:
    return f"{_CHECKPOINT}{number:012d}{_SUFFIX}"


def _number(name: str) -> int:
    digits = name.removeprefix(_CHECKPOINT).removesuffix(_SUFFIX)
    return int(digits) if digits.isdigit() else 0
