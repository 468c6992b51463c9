"""
The journal of a running hub: what left it, to whom, written before it leaves; and who was refused.

Many requests that wait for the journal are written at once: whoever comes first writes for all
that wait by then, so that a disk that takes its time slows one commit down and not each request.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from hinomi.errors import HinomiError, Unavailable
from hinomi.govern.journal import Entry
from hinomi.govern.mandate import Mandate
from hinomi.services.home import Home
from hinomi.services.hub.doors import Caller
from hinomi.services.hub.meters import Meters
from hinomi.services.hub.pace import Buckets
from hinomi.services.mandates import Operation
from hinomi.store.journal import FileJournal

BATCH_MOST: Final = 512
"""Entries that are written under one checkpoint."""

GATHER_S: Final = 0.03
"""
From the beginning of one commit to that of the next: who comes alone is written at once.

A commit takes about 3 ms of a processor however many entries it has, and as long as the disk
takes for two syncs. At 100 requests a second this makes three or four entries a commit.
"""

MANDATE_MS: Final = 60_000
"""How long the matrix need not be asked again whether the list may be given."""

REFUSALS_AT_ONCE: Final = 20
REFUSALS_PER_MINUTE: Final = 6.0
"""Refusals of one node that get an entry each; of the others the number is told."""

NODE_LETTERS: Final = 16
"""Of a certificate's fingerprint, in entries of the journal."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Waiting:
    entry: Entry
    index: int | None = None
    failure: str | None = None

    @property
    def is_settled(self) -> bool:
        return self.index is not None or self.failure is not None


class GroupCommit:
    """Writes entries of many threads to one journal, as few times as it can."""

    def __init__(self, journal: FileJournal, meters: Meters) -> None:
        self._journal = journal
        self._meters = meters
        self._queue: deque[_Waiting] = deque()
        self._committing = threading.Lock()
        self._begun_s = float("-inf")

    def append(self, entry: Entry) -> int:
        """
        Write *entry*; it is on the disk when this returns.

        Raises:
            Unavailable: If it may not have been written; what it tells of must not be done.
        """
        mine = _Waiting(entry)
        self._queue.append(mine)
        with self._committing:
            while not mine.is_settled:
                self._commit()
        if mine.index is None:
            raise Unavailable(mine.failure or "the journal was not written")
        return mine.index

    def _commit(self) -> None:
        """Write what waits; only who holds the lock does."""
        if (wait_s := self._begun_s + GATHER_S - time.monotonic()) > 0:
            time.sleep(wait_s)
        self._begun_s = time.monotonic()
        batch = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH_MOST))]
        try:
            written = self._journal.append_many([each.entry for each in batch])
        except HinomiError as error:
            for each in batch:
                each.failure = str(error)
        except BaseException:
            for each in batch:  # Nobody may wait for ever for what nobody will write.
                each.failure = "the journal was not written"
            raise
        else:
            self._meters.commits.inc()
            for each, index in zip(batch, written, strict=True):
                each.index = index


class ReadJournal:
    """Notes every read and refusal of one running hub."""

    def __init__(
        self,
        home: Callable[[], Home],
        meters: Meters,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Open the journal.

        Args:
            home: Gives the hub's home as it is now.
            meters: Count what is written, and what could not be.
            ticks: Seconds that never go back.
        """
        self._home = home
        self._meters = meters
        self._commit = GroupCommit(home().journal(), meters)
        self._buckets = Buckets(most=REFUSALS_AT_ONCE, per_minute=REFUSALS_PER_MINUTE, ticks=ticks)
        self._lock = threading.Lock()
        self._unsaid = 0
        self._mandate: Mandate | None = None
        self._asked_ms = 0
        self.is_failing = False
        """Whether the last attempt to write failed."""

    def give(self, caller: Caller, what: str, number: int | None = None) -> int:
        """
        Note that *what* is given to *caller*, before it is.

        Args:
            caller: Who gets it.
            what: Such as ``listings.json``; never an address.
            number: Of the snapshot; None: it is of none.

        Returns:
            The entry of the journal.

        Raises:
            Unavailable: If it could not be noted; then it must not be given.
        """
        facts: dict[str, object] = {
            "member": caller.member.name,
            "node": caller.credential.fingerprint[:NODE_LETTERS],
            "given": what,
        }
        if number is not None:
            facts["number"] = number
        entry = self._write(facts)
        self._meters.reads.inc()
        return entry

    def refuse(self, fingerprint: str | None, door: str, reason: str) -> None:
        """
        Note that somebody was refused; of one that comes often, now and then.

        Args:
            fingerprint: Of the certificate, hex; None: there was none.
            door: Which one.
            reason: In one line.
        """
        node = (fingerprint or "none")[:NODE_LETTERS]
        with self._lock:
            if not self._buckets.take(node):
                self._unsaid += 1
                return
            unsaid, self._unsaid = self._unsaid, 0
        facts: dict[str, object] = {"node": node, "door": door, "refused": reason}
        if unsaid:
            facts["refused_unsaid"] = unsaid
        try:
            self._write(facts)
        except Unavailable:  # Refused it is all the same.
            with self._lock:
                self._unsaid += unsaid + 1

    def mandate(self) -> Mandate:
        """
        Give the mandate under which the list leaves; the matrix is asked once a minute.

        Raises:
            NotPermitted: If the list may not be given any more.
        """
        home = self._home()
        with self._lock:
            now_ms = home.clock()
            found = self._mandate
            if found is None or not 0 <= now_ms - self._asked_ms < MANDATE_MS:
                self._mandate = None
                found = home.mandate(Operation.SERVE)
                self._mandate, self._asked_ms = found, now_ms
        return found

    def _write(self, facts: dict[str, object]) -> int:
        try:
            told = {"operation": Operation.SERVE.word, "mandate": self.mandate().render(), **facts}
            entry = self._commit.append(told)
        except HinomiError as error:
            self._meters.failures.labels("journal").inc()
            if not self.is_failing:  # Told once, and anew only after it went well again.
                _log.error(
                    "journal-not-written", reason=str(error), do="nothing is given until then"
                )
            self.is_failing = True
            raise Unavailable(str(error)) from error
        self.is_failing = False
        return entry
