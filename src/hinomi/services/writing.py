"""
Received conversations on their way to the lake: staged as they come, committed by interval.

Committing waits for the disk, so it happens on a thread of its own while the next records
are staged. A commit that fails is tried again; when the disk refuses for too long, the
oldest records are given up and counted: the receiving side never waits for the disk.
"""

import threading
import uuid
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa
import structlog

from hinomi.errors import Conflict, HinomiError, Unavailable
from hinomi.govern.mandate import Mandate
from hinomi.store.lake import LocalLake
from hinomi.store.ports import Commit
from hinomi.store.staging import Staging

MOST_WAITING: Final = 30
"""Staged batches that may wait for the disk; at one a minute, half an hour of them."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Written:
    """What became of the rows handed over so far."""

    stored: int = 0  # Conversation records that are durable.
    removed_hour: int = 0  # Of hours that were removed for good.
    given_up: int = 0  # The disk refused them for too long.
    waiting: int = 0  # Staged.
    commits: int = 0
    failures: int = 0  # Commits and writes that failed, those tried again included.


@dataclass(slots=True)
class _Waiting:
    """A batch that waits for the disk."""

    staging: Staging
    then: Callable[[], None] | None


class LakeWriter:
    """Stages batches and commits them; used by one thread."""

    def __init__(
        self,
        lake: LocalLake,
        mandate: Callable[[], Mandate],
        committed: Callable[[Commit], None],
        *,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """
        Write to *lake*.

        Args:
            lake: Where to.
            mandate: Gives the mandate under which the next batch is stored.
            committed: Is told of every commit, on the committing thread.
            most_waiting: Staged batches that may wait for the disk.
        """
        self._lake = lake
        self._mandate = mandate
        self._committed = committed
        self._most_waiting = most_waiting
        self._open: Staging | None = None
        self._rows = 0
        self._waiting: deque[_Waiting] = deque()
        self._running: Future[None] | None = None
        self._failure: HinomiError | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._lock = threading.Lock()  # Rows wait or are written, at every moment.
        self._written = Written()

    def written(self) -> Written:
        """Tell what became of the rows handed over so far."""
        with self._lock:
            waiting = self._rows + sum(each.staging.rows for each in self._waiting)
            return replace(self._written, waiting=waiting)

    def add(self, batch: pa.RecordBatch) -> None:
        """Stage *batch*; where the disk refuses, what is staged so far is given up, counted."""
        if not batch.num_rows:
            return
        self._rows += batch.num_rows
        try:
            if self._open is None:
                self._open = self._lake.stage(uuid.uuid4().hex, self._mandate())
            self._open.add(batch)
        except (Unavailable, Conflict) as error:
            self._fail(error)
            self._give_up(self._open, self._rows)

    def flush(self, then: Callable[[], None] | None = None) -> None:
        """
        Let what is staged become durable; returns at once.

        Where too much waits for the disk already, the oldest of it is given up; while the
        disk holds on to that, the newest.

        Args:
            then: Is called once all that was added so far is durable, on the committing
                thread; not at all where what was staged is given up.
        """
        is_idle = self._running is None or self._running.done()
        if len(self._waiting) >= self._most_waiting:
            if is_idle:
                oldest = self._waiting.popleft().staging
                self._rows += oldest.rows
                self._give_up(oldest, oldest.rows)
            elif self._open is not None:
                self._give_up(self._open, self._rows)
        with self._lock:
            if self._open is not None:
                self._waiting.append(_Waiting(self._open, then))
                self._open, self._rows = None, 0
            elif self._waiting and then is not None:
                self._waiting[-1].then = then
            elif then is not None:
                self._pool.submit(then)
        if self._waiting and is_idle:
            self._running = self._pool.submit(self._commit_waiting)

    def close(self) -> None:
        """
        Make all that is staged durable, and wait for it.

        Raises:
            HinomiError: If the disk refuses to the last; the rest was given up, counted.
        """
        self.flush()
        self._pool.shutdown(wait=True)
        self._commit_waiting()
        failure = self._failure
        while self._waiting:
            staging = self._waiting.popleft().staging
            self._rows += staging.rows
            self._give_up(staging, staging.rows)
        if failure is not None:
            raise failure

    def _commit_waiting(self) -> None:
        """Commit in order; what fails stays first in the row and is tried again."""
        self._failure = None
        while self._waiting:
            staging = self._waiting[0].staging
            try:
                commit = staging.commit()
            except HinomiError as error:
                self._fail(error)
                self._failure = error
                if not staging.is_lost:
                    return
                self._waiting.popleft()
                self._rows += staging.rows
                self._give_up(staging, staging.rows)
                continue
            with self._lock:
                then = self._waiting.popleft().then
                self._written.stored += commit.rows
                self._written.removed_hour += commit.late_rows
                self._written.commits += 1
            self._committed(commit)
            if then is not None:
                then()

    def _fail(self, error: HinomiError) -> None:
        self._written.failures += 1
        _log.error("not stored", error=type(error).__name__, what=str(error))

    def _give_up(self, staging: Staging | None, rows: int) -> None:
        with self._lock:
            self._written.given_up += rows
            self._rows -= rows
            if staging is self._open:
                self._open = None
        if staging is not None:
            staging.abandon()
