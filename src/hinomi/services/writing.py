"""
Received conversations on their way to the lake: staged as they come, committed by interval.

Committing waits for the disk, so it happens on a thread of its own while the next records
are staged. Every batch is journalled before it becomes visible, and after. What fails is
tried again: rows that the disk refused are held in memory, as many as `MOST_RETAINED`. When
the disk refuses for too long, rows are given up and counted: the receiving side never waits.
"""

import threading
import uuid
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import pyarrow as pa
import structlog

from hinomi.errors import HinomiError
from hinomi.govern.mandate import Mandate
from hinomi.store.lake import LocalLake
from hinomi.store.ports import Commit
from hinomi.store.staging import Staging

MOST_WAITING: Final = 30
"""Staged batches that may wait for the disk; at one a minute, half an hour of them."""

MOST_RETAINED: Final = 1 << 19
"""Rows that are kept in memory until the disk has taken them: 92 bytes each, 48 MB."""

MOST_UNTOLD: Final = 1_024
"""Batches that are stored while the journal takes no line of it."""

_log = structlog.get_logger(__name__)


class Told(Protocol):
    """Who is told of every batch, on the committing thread: the journal."""

    def storing(self, batch_id: str, rows: int) -> None:
        """
        Take note that a batch is about to be stored.

        Raises:
            HinomiError: If that cannot be noted: the batch is then not stored.
        """

    def stored(self, commit: Commit) -> None:
        """
        Take note that a batch was stored.

        Raises:
            HinomiError: If that cannot be noted: it is told again later.
        """


@dataclass(slots=True)
class Written:
    """What became of the rows handed over so far."""

    stored: int = 0  # Conversation records that are durable.
    removed_hour: int = 0  # Of hours that were removed for good.
    given_up: int = 0  # The disk refused them for too long.
    waiting: int = 0  # Staged, or in memory since the disk refused them.
    commits: int = 0
    failures: int = 0  # Commits, writes and notes that failed, those tried again included.


@dataclass(slots=True)
class _Batch:
    """Rows that become visible at once."""

    batch_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    rows: int = 0
    period: str = ""  # The key period of its lines.
    staging: Staging | None = None  # None: not begun, or the disk refused it.
    retained: list[pa.RecordBatch] | None = field(default_factory=list)  # None: too many.
    is_told: bool = False  # That it is about to be stored.
    then: Callable[[], None] | None = None


class LakeWriter:
    """Stages batches and commits them; used by one thread."""

    def __init__(
        self,
        lake: LocalLake,
        mandate: Callable[[], Mandate],
        told: Told,
        *,
        most_waiting: int = MOST_WAITING,
        most_retained: int = MOST_RETAINED,
    ) -> None:
        """
        Write to *lake*.

        Args:
            lake: Where to.
            mandate: Gives the mandate under which the next batch is stored.
            told: Is told of every batch before and after, on the committing thread.
            most_waiting: Batches that may wait for the disk.
            most_retained: Rows that may be held in memory until the disk has taken them.
        """
        self.period = ""
        """The key period of what is added from now on: flush before it is changed."""
        self._lake = lake
        self._mandate = mandate
        self._told = told
        self._most_waiting = most_waiting
        self._most_retained = most_retained
        self._open: _Batch | None = None
        self._waiting: deque[_Batch] = deque()
        self._untold: deque[Commit] = deque()
        self._retained = 0
        self._running: Future[None] | None = None
        self._failure: HinomiError | None = None
        self._broken: BaseException | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._lock = threading.Lock()  # Rows wait or are written, at every moment.
        self._written = Written()

    def written(self) -> Written:
        """Tell what became of the rows handed over so far."""
        with self._lock:
            waiting = sum(each.rows for each in self._waiting)
            waiting += 0 if self._open is None else self._open.rows
            return replace(self._written, waiting=waiting)

    def add(self, batch: pa.RecordBatch) -> None:
        """
        Stage *batch*; where the disk refuses, it is held in memory, or given up and counted.

        Raises:
            Exception: What ended the committing thread, if that was no failure of a disk.
        """
        self._require_sound()
        if not batch.num_rows:
            return
        is_new = self._open is None
        current = self._open or _Batch(period=self.period)
        with self._lock:
            self._open = current
            current.rows += batch.num_rows
        self._retain(current, batch)
        if not is_new and current.staging is None:  # The disk refused it: the next flush tries.
            if current.retained is None:
                self._drop_open()
            return
        try:
            if current.staging is None:
                current.staging = self._lake.stage(
                    current.batch_id, self._mandate(), period=current.period
                )
            current.staging.add(batch)
        except HinomiError as error:
            self._fail(error)
            _abandon(current)
            if current.retained is None:
                self._drop_open()

    def flush(self, then: Callable[[], None] | None = None) -> None:
        """
        Let what was added become durable; returns at once.

        Where too much waits for the disk already, the oldest of it is given up; while the
        disk holds on to that, the newest.

        Args:
            then: Is called once all that was added so far is durable, on the committing
                thread; not at all where that is given up.

        Raises:
            Exception: What ended the committing thread, if that was no failure of a disk.
        """
        self._require_sound()
        is_idle = self._running is None or self._running.done()
        if len(self._waiting) >= self._most_waiting:
            if is_idle:
                self._drop_oldest()
            elif self._open is not None:
                self._drop_open()
        with self._lock:
            if self._open is not None:
                self._open.then = then
                self._waiting.append(self._open)
                self._open = None
            elif self._waiting and then is not None:
                self._waiting[-1].then = then
            elif then is not None:
                self._pool.submit(self._guarded, then)
        if is_idle and (self._waiting or self._untold):
            self._running = self._pool.submit(self._guarded, self._commit_waiting)

    def close(self) -> None:
        """
        Make all that is staged durable, and wait for it.

        Raises:
            HinomiError: If the disk refuses to the last; the rest was given up, counted.
            Exception: What ended the committing thread, if that was no failure of a disk.
        """
        try:
            self.flush()
            self._pool.shutdown(wait=True)
            self._require_sound()
            if self._waiting or self._untold:  # Some came after the last commit had begun.
                self._commit_waiting()
        finally:
            self._pool.shutdown(wait=True)
            failure = self._failure
            if self._open is not None:
                self._drop_open()
            while self._waiting:
                self._drop_oldest()
            for commit in self._untold:
                _log.error("never journalled", batch=commit.batch_id)
        self._require_sound()
        if failure is not None:
            raise failure

    def _guarded(self, act: Callable[[], None]) -> None:
        """Let nothing vanish on the committing thread: the other one ends with it."""
        try:
            act()
        except Exception as error:  # noqa: BLE001 - the loop of a service: logged, counted, raised.
            self._written.failures += 1
            self._broken = error
            _log.exception("committing ended", error=type(error).__name__)

    def _require_sound(self) -> None:
        if self._broken is not None:
            raise self._broken

    def _commit_waiting(self) -> None:
        """Commit in order; what fails stays first in the row and is tried again."""
        self._failure = None
        self._tell_untold()
        while self._waiting:
            first = self._waiting[0]
            try:
                commit = self._commit(first)
            except HinomiError as error:
                self._fail(error)
                self._failure = error
                if first.staging is not None and first.staging.is_lost:
                    _abandon(first)
                elif first.staging is not None and first.staging.is_finished:
                    with self._lock:
                        self._release(first)  # The disk has it.
                if first.staging is None and first.retained is None:
                    self._drop_oldest()
                    continue
                return
            with self._lock:
                self._waiting.popleft()
                self._written.stored += commit.rows
                self._written.removed_hour += commit.late_rows
                self._written.commits += 1
                self._release(first)
            self._untold.append(commit)
            self._tell_untold()
            if first.then is not None:
                first.then()

    def _commit(self, batch: _Batch) -> Commit:
        if batch.staging is None:
            batch.staging = self._lake.stage(batch.batch_id, self._mandate(), period=batch.period)
            for rows in batch.retained or ():
                batch.staging.add(rows)
        if not batch.is_told:  # Before it happens, or it does not happen.
            self._told.storing(batch.batch_id, batch.rows)
            batch.is_told = True
        return batch.staging.commit()

    def _tell_untold(self) -> None:
        """Tell of what was stored, in order; the first that cannot be told stays with the rest."""
        while self._untold:
            try:
                self._told.stored(self._untold[0])
            except HinomiError as error:
                self._fail(error)
                self._failure = error
                if len(self._untold) > MOST_UNTOLD:
                    _log.error("never journalled", batch=self._untold.popleft().batch_id)
                return
            self._untold.popleft()

    def _retain(self, batch: _Batch, rows: pa.RecordBatch) -> None:
        """Keep *rows* until the disk has taken them, unless there are too many."""
        with self._lock:
            if batch.retained is None:
                return
            if self._retained + rows.num_rows > self._most_retained:
                if batch.staging is None and batch.retained:
                    # Refused by the disk: what is held stays, what comes now is too much.
                    batch.rows -= rows.num_rows
                    self._written.given_up += rows.num_rows
                    return
                self._release(batch)
                return
            batch.retained.append(rows)
            self._retained += rows.num_rows

    def _release(self, batch: _Batch) -> None:
        self._retained -= sum(rows.num_rows for rows in batch.retained or ())
        batch.retained = None

    def _fail(self, error: HinomiError) -> None:
        self._written.failures += 1
        _log.error("not stored", error=type(error).__name__, what=str(error))

    def _drop_open(self) -> None:
        with self._lock:
            dropped, self._open = self._open, None
            self._give_up(dropped)
        _abandon(dropped)

    def _drop_oldest(self) -> None:
        with self._lock:
            dropped = self._waiting.popleft()
            self._give_up(dropped)
        _abandon(dropped)

    def _give_up(self, batch: _Batch | None) -> None:
        if batch is not None:
            self._written.given_up += batch.rows
            self._release(batch)


def _abandon(batch: _Batch | None) -> None:
    """Delete what is staged; what is retained may be staged again."""
    if batch is not None and batch.staging is not None:
        batch.staging.abandon()
        batch.staging = None
