"""
The journal: an append-only record of what was done under which mandate (R10).

Here it is a file of JSON lines, each bound to the one before by SHA-256. A changed,
removed or reordered line breaks the chain; a cut at the end is seen by comparing the
last hash with one noted elsewhere.
"""

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal, Protocol

from hinomi.clock import Clock, render_time
from hinomi.errors import HinomiError, Unavailable

GENESIS: Final = "0" * 64
"""What the first entry names as the hash before it."""

LOCK_WAIT_S: Final = 5.0
"""How long a writer waits for another one before it gives up."""

_POLL_S: Final = 0.02

_TAIL_BYTES: Final = 4096

_OWN_FIELDS: Final = frozenset({"index", "before", "hash", "time"})

Entry = Mapping[str, object]


class Journal(Protocol):
    """Where acts are recorded."""

    def append(self, entry: Entry) -> int:
        """
        Make *entry* durable and give its index, from 0.

        Raises:
            ValueError: If *entry* names a field of the journal's own (the caller's bug).
            Unavailable: If it may not have been written; the act must then not go on.
        """


class BrokenChain(HinomiError):
    """The journal was altered: a person must find out by whom."""

    exit_code = 65  # EX_DATAERR


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of the whole chain found."""

    entries: int
    head: str  # Hash of the last entry; note it elsewhere to notice a cut.


class FileJournal:
    """A journal in one file of JSON lines, safe against two writers at once."""

    def __init__(self, path: Path, clock: Clock, *, must_exist: bool = False) -> None:
        """
        Write to the file at *path*.

        Args:
            path: Of the file; the first entry makes it.
            clock: What time it is.
            must_exist: Never make the file: where it is gone, so is the chain.
        """
        self._path = path
        self._clock = clock
        self._mode: Literal["r+b", "a+b"] = "r+b" if must_exist else "a+b"

    def append(self, entry: Entry) -> int:
        """Write one line, flushed to the disk before it returns."""
        if named := sorted(_OWN_FIELDS & entry.keys()):
            raise ValueError(f"the journal itself writes {', '.join(named)}")
        try:
            return self._append(entry)
        except OSError as error:
            raise Unavailable(f"journal {self._path}: {error.strerror}; mend that first") from error

    def _append(self, entry: Entry) -> int:
        with self._path.open(self._mode) as file:
            self._lock(file)
            index, before, end = _tail(file)
            file.truncate(end)  # Half a line is what a killed writer left: never acknowledged.
            body = {"time": render_time(self._clock()), **entry}
            line = _seal(index, before, body)
            file.seek(0, os.SEEK_END)
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
            if index == 0:
                _sync_folder(self._path.parent)
            return index

    def _lock(self, file: BinaryIO) -> None:
        ends_s = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= ends_s:
                    raise Unavailable(
                        f"journal {self._path}: another process holds its lock; "
                        "end that one, then repeat"
                    ) from None
                time.sleep(_POLL_S)
            else:
                return

    def entries(self) -> Iterator[dict[str, object]]:
        """Yield every entry, oldest first, without checking the chain."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield _parse(line)

    def verify(self) -> Verified:
        """
        Check every link of the chain.

        Raises:
            BrokenChain: At the first line that does not follow from the one before.
        """
        before, count = GENESIS, 0
        for count, entry in enumerate(self.entries(), start=1):
            claimed = entry.pop("hash", None)
            if entry.get("index") != count - 1 or entry.get("before") != before:
                raise BrokenChain(f"{self._path}, line {count}: does not follow the line before")
            if claimed != _hash(entry):
                raise BrokenChain(f"{self._path}, line {count}: was changed after it was written")
            before = str(claimed)
        return Verified(entries=count, head=before)


class MemoryJournal:
    """A journal for tests."""

    def __init__(self) -> None:
        self.kept: list[dict[str, object]] = []

    def append(self, entry: Entry) -> int:
        """Keep *entry*."""
        self.kept.append(dict(entry))
        return len(self.kept) - 1


def _sync_folder(folder: Path) -> None:
    """Make the name of a new file durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _seal(index: int, before: str, body: Entry) -> bytes:
    entry = {"index": index, "before": before, **body}
    entry["hash"] = _hash(entry)
    return _canonical(entry)


def _hash(entry: Entry) -> str:
    return hashlib.sha256(_canonical(entry)).hexdigest()


def _canonical(entry: Entry) -> bytes:
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _parse(line: bytes) -> dict[str, object]:
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    if not isinstance(entry, dict) or not {"index", "before", "hash"} <= entry.keys():
        raise BrokenChain("the journal has a line that is no entry of it")
    return entry


def _tail(file: BinaryIO) -> tuple[int, str, int]:
    """Find the next index, the last hash, and the offset where the last whole line ends."""
    end = file.seek(0, os.SEEK_END)
    start, text = end, b""
    while start > 0 and text.count(b"\n") < 2:  # noqa: PLR2004 - the last whole line has two ends.
        start = max(0, start - _TAIL_BYTES)
        file.seek(start)
        text = file.read(end - start)
    whole = text.rfind(b"\n") + 1
    if whole == 0:
        return 0, GENESIS, 0
    last = _parse(text[:whole].rstrip(b"\n").rsplit(b"\n", 1)[-1])
    return int(str(last["index"])) + 1, str(last["hash"]), start + whole
