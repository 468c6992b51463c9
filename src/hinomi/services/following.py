"""
Following a spool: a folder into which another program rotates its flow files.

Each finished file is imported once, also across restarts and kills: the case book remembers
what was taken, and if that is lost the lake still knows the content. A file counts as
finished when its size and time of change stood still for the settle time. Files that are
being written under a name of their own (``nfcapd.current.PID``, ``*.tmp``, dot files) and
links are left alone; files that vanish are the other program's business.
"""

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from hinomi.collect.files.reading import FileFormat
from hinomi.errors import (
    HinomiError,
    MalformedDocument,
    NotFound,
    NotPermitted,
    UsageError,
)
from hinomi.services.home import Home
from hinomi.services.importing import (
    ImportedFile,
    ImportRequest,
    ImportRun,
    Progress,
    choose_format,
)
from hinomi.store.casebook import CaseBook

SETTLE_S: Final = 10.0
INTERVAL_S: Final = 5.0

LONGEST_RETRY_S: Final = 600.0
"""What may pass by itself (a full disk, a busy lake) is tried again, at the latest after this."""

_UNFINISHED_NAMES: Final = ("nfcapd.current", "sfcapd.current", "nfpcapd.current")
_UNFINISHED_ENDINGS: Final = (".tmp", ".part", ".partial", ".lock", "~")

_LASTING: Final = (MalformedDocument, NotPermitted, UsageError)
"""What the same bytes will meet again: not tried again until they change."""

_GREW: Final = (
    "grew after it was imported: its first records would be stored twice. Let the other program "
    "begin a new file for each period (pmacct: print_output_file_append: false), or wait longer "
    "with --settle"
)
_REST_FACTOR: Final = 10
"""The pause is at least so many times as long as the look: big spools cost a tenth of a core."""

_FILES_PER_RUN: Final = 100
"""Files under one mandate, and one reading of the own networks."""

Pause = Callable[[float], bool]
"""Waits so many seconds, 0 for not at all; true if it is time to stop."""

_log = structlog.get_logger(__name__)


class Stamp(NamedTuple):
    """What tells whether a file changed."""

    size: int
    mtime_ns: int


class Found(NamedTuple):
    """A file of the spool."""

    name: str  # Below the folder; bytes that are no text are escaped.
    path: Path
    stamp: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowRequest:
    """Which folder to follow, and how to read its files."""

    folder: Path
    reading: ImportRequest  # Its paths are not looked at.
    settle_s: float = SETTLE_S
    interval_s: float = INTERVAL_S


@dataclass(frozen=True, slots=True)
class Follower:
    """Who is told what became of each file."""

    imported: Callable[[ImportedFile], None]  # Also of failures: once for the same bytes.
    skipped: Callable[[Path], None]  # It is no flow file, or of another format than named.
    progress: Progress = lambda _path, _done, _total: None


@dataclass(slots=True)
class _Watched:
    """A file that was not taken yet."""

    stamp: Stamp
    not_before_s: float  # On the clock of the caller.
    delay_s: float = 0.0  # Of the last retry.
    told: type[HinomiError] | None = None  # The failure that was told.


class Spool:
    """What is known of the files of one folder."""

    def __init__(self, folder: Path, settle_s: float, taken: dict[str, Stamp]) -> None:
        """Begin with what was *taken* in before, by name."""
        self._folder = folder
        self._settle_s = settle_s
        self.taken = taken
        self._settled: dict[str, Stamp] = {}  # Failed for good, or no flow files.
        self._watched: dict[str, _Watched] = {}
        self.gone: list[str] = []  # Taken before, and no more there.

    def look(self, now_s: float) -> list[Found]:
        """
        Look at every file, opening none, and give those that are ripe: oldest change first.

        Args:
            now_s: Seconds on a clock that never goes back.

        Raises:
            OSError: If the folder itself cannot be read; nothing is forgotten then.
        """
        there: dict[str, tuple[str, Stamp]] = {}
        is_whole = _scan(str(self._folder), there)
        ripe = []
        for name, (path, stamp) in there.items():
            if self.taken.get(name) == stamp or self._settled.get(name) == stamp:
                continue
            watched = self._watched.get(name)
            if watched is None or watched.stamp != stamp:
                watched = self._watched[name] = _Watched(stamp, now_s + self._settle_s)
            if now_s >= watched.not_before_s:
                ripe.append(Found(name, Path(path), stamp))
        if is_whole:
            self.gone += [name for name in self.taken if name not in there]
            self.taken = {name: s for name, s in self.taken.items() if name in there}
            self._settled = {name: s for name, s in self._settled.items() if name in there}
            self._watched = {name: w for name, w in self._watched.items() if name in there}
        return sorted(ripe, key=lambda found: (found.stamp.mtime_ns, found.name))

    def take(self, found: Found) -> None:
        """Note that a file was imported."""
        self.taken[found.name] = found.stamp
        self._watched.pop(found.name, None)

    def settle(self, found: Found) -> None:
        """Note that a file is not to be tried again until it changes."""
        self._settled[found.name] = found.stamp
        self._watched.pop(found.name, None)

    def retry(self, found: Found, error: HinomiError, now_s: float) -> bool:
        """Put a file off, each time for longer; tell whether this failure is a new one."""
        watched = self._watched[found.name]
        watched.delay_s = min(max(2 * watched.delay_s, INTERVAL_S), LONGEST_RETRY_S)
        watched.not_before_s = now_s + watched.delay_s
        is_new = watched.told is not type(error)
        watched.told = type(error)
        return is_new


def follow(
    home: Home,
    request: FollowRequest,
    follower: Follower,
    *,
    pause: Pause,
    seconds: Callable[[], float] = time.monotonic,
) -> None:
    """
    Import what appears in a folder until *pause* says to stop; the present file is finished.

    Args:
        home: Where to.
        request: What to follow.
        follower: Is told what became of each file.
        pause: Waits between looks, and is asked before each file.
        seconds: A clock that never goes back.

    Raises:
        NotFound: If the folder does not exist at the beginning.
        ConfigError: If the home itself is damaged.
        Unavailable: If the journal cannot be written: nothing may then go on.
    """
    if not request.folder.is_dir():
        raise NotFound(f"{request.folder}: no such folder; name the folder of the rotated files")
    watch = _Watch(home, request, follower, pause, seconds)
    while True:
        began_s = seconds()
        ripe = watch.look(began_s)
        rest_s = max(request.interval_s, _REST_FACTOR * (seconds() - began_s))
        if not watch.import_all(ripe) or pause(rest_s):
            return


class _Watch:
    """One run of `follow`."""

    def __init__(
        self,
        home: Home,
        request: FollowRequest,
        follower: Follower,
        pause: Pause,
        seconds: Callable[[], float],
    ) -> None:
        self._home = home
        self._request = request
        self._follower = follower
        self._pause = pause
        self._seconds = seconds
        self._key = _plain(str(request.folder.resolve()))
        with home.casebook() as casebook:
            seen = casebook.spool_seen(self._key)
        taken = {name: Stamp(*stamp) for name, stamp in seen.items()}
        self._spool = Spool(request.folder, request.settle_s, taken)
        self._is_missing = False

    def look(self, now_s: float) -> list[Found]:
        """Give the ripe files; none while the folder cannot be read."""
        try:
            ripe = self._spool.look(now_s)
        except OSError as error:  # Unmounted, say: it may come back.
            if not self._is_missing:
                _log.warning("the followed folder cannot be read", reason=error.strerror)
            self._is_missing = True
            return []
        self._is_missing = False
        if gone := self._spool.gone:
            with self._home.casebook() as casebook:
                casebook.spool_forget(self._key, gone)
            gone.clear()
        return ripe

    def import_all(self, ripe: list[Found]) -> bool:
        """Import files in their order; false if it is time to stop."""
        for start in range(0, len(ripe), _FILES_PER_RUN):
            with self._home.casebook() as casebook:
                run = ImportRun(
                    self._home, self._request.reading, casebook, self._follower.progress
                )
                for found in ripe[start : start + _FILES_PER_RUN]:
                    if self._pause(0.0):
                        return False
                    self._import(run, casebook, found)
        return True

    def _import(self, run: ImportRun, casebook: CaseBook, found: Found) -> None:
        if _stamp(found.path) != found.stamp:
            return  # It changed or vanished since the look: the next one will tell.
        chosen = choose_format(found.path, None)
        wanted = self._request.reading.format_name
        if isinstance(chosen, MalformedDocument) or (
            isinstance(chosen, FileFormat) and wanted not in {None, chosen.name}
        ):
            self._spool.settle(found)
            self._follower.skipped(found.path)
            return
        if self._has_grown(found):
            result = ImportedFile(path=found.path, error=MalformedDocument(_GREW, str(found.path)))
        else:
            result = run.take(found.path, chosen)
        if result.error is None:
            self._spool.take(found)
            casebook.spool_take(self._key, found.name, *found.stamp, self._home.clock())
        elif _stamp(found.path) != found.stamp:
            return  # It changed or vanished meanwhile: that is what the failure came from.
        elif isinstance(result.error, _LASTING):
            self._spool.settle(found)
        elif not self._spool.retry(found, result.error, self._seconds()):
            return
        self._follower.imported(result)

    def _has_grown(self, found: Found) -> bool:
        """Tell whether a file begins with the very bytes that were imported under its name."""
        before = self._spool.taken.get(found.name)
        if before is None or not 0 < before.size < found.stamp.size:
            return False
        digest, left = hashlib.sha256(), before.size
        try:
            with found.path.open("rb") as file:
                while left and (part := file.read(min(left, 1 << 20))):
                    digest.update(part)
                    left -= len(part)
        except OSError:
            return False  # Reading it again tells what is wrong.
        return self._home.lake().has(digest.hexdigest())


def _scan(root: str, there: dict[str, tuple[str, Stamp]]) -> bool:
    """
    Find the files under *root*: path and stamp of each by its name below it.

    Returns:
        Whether every sub-folder could be read.

    Raises:
        OSError: If *root* itself cannot be read.
    """
    is_whole, waiting = True, [(root, "")]
    while waiting:
        folder, below = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if not entry.name.startswith("."):
                        _note(entry, below + entry.name, there, waiting)
        except FileNotFoundError:
            if folder == root:
                raise
        except OSError:
            if folder == root:
                raise
            is_whole = False  # What lies there is not gone, only out of sight.
    return is_whole


def _note(
    entry: "os.DirEntry[str]",
    name: str,
    there: dict[str, tuple[str, Stamp]],
    waiting: list[tuple[str, str]],
) -> None:
    with suppress(FileNotFoundError):  # It vanished between the listing and the look.
        if entry.is_dir(follow_symlinks=False):
            waiting.append((entry.path, name + "/"))
        elif entry.is_file(follow_symlinks=False) and not _is_unfinished(entry.name):
            state = entry.stat(follow_symlinks=False)
            there[_plain(name)] = entry.path, Stamp(state.st_size, state.st_mtime_ns)


def _is_unfinished(name: str) -> bool:
    return name.startswith(_UNFINISHED_NAMES) or name.endswith(_UNFINISHED_ENDINGS)


def _stamp(path: Path) -> Stamp | None:
    try:
        state = path.lstat()
    except OSError:
        return None
    return Stamp(state.st_size, state.st_mtime_ns)


def _plain(name: str) -> str:
    """Give a name that a database can hold: bytes that are no text are shown escaped."""
    if name.isascii():
        return name
    return os.fsencode(name).decode("utf-8", "backslashreplace")
