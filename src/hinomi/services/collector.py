"""
One worker of the collector: datagrams off its sockets, conversations into the lake.

The receiver has a thread of its own, and so have committing and the case book; everything
between happens here, one block of datagrams after the other, and waits for none of them.
"""

import ctypes
import os
import signal
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Final

import msgspec
import pyarrow as pa
import structlog

from hinomi.collect.accounting import Account, write_status
from hinomi.collect.forward import Forwarder
from hinomi.collect.intake import Intake, Rules
from hinomi.collect.listen import SocketMeter, worker_of
from hinomi.collect.memory import keep_freed_memory
from hinomi.collect.receive import Block, Receiver, sources_of
from hinomi.collect.wire.decoder import Decoder, KeptState
from hinomi.collect.wire.sources import Sources
from hinomi.errors import HinomiError
from hinomi.govern.mandate import Mandate
from hinomi.services.bookkeeping import Bookkeeper
from hinomi.services.collectrules import RuleBook
from hinomi.services.home import COLLECT, Home, HomeWatch
from hinomi.services.kept import read_kept, write_kept
from hinomi.services.mandates import Operation, record
from hinomi.services.workerreport import (
    BOOK_FAILURES,
    COMMIT_FAILURES,
    COMMITS,
    CUT,
    KERNEL_DROPS,
    KERNEL_QUEUED,
    STALLED_MS,
    STALLS,
    UNREAD,
    Worker,
    report,
)
from hinomi.services.writing import LakeWriter
from hinomi.store.ports import Commit

FOLDER: Final = COLLECT
"""The folder of the home where workers leave their state and status."""

ANSWERED: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
"""The signals that `Signals` takes over."""

STATUS_S: Final = 2.0
"""How often a worker writes its status."""

_PR_SET_PDEATHSIG: Final = 1  # Source: prctl(2), linux/prctl.h.

SETTLE_S: Final = 15.0
"""How long the end waits for a case book that another process holds."""

_TAKE_S: Final = 0.25

_log = structlog.get_logger(__name__)


class WorkerTask(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one worker of several shall do."""

    number: int = 0
    workers: int = 1
    meets_all: bool = (
        False  # Any exporter may meet any worker: the kernel cannot choose by address.
    )
    sockets: tuple[int, ...] = ()  # File descriptors, inherited.
    lock: int | None = None  # The same: it stays held as long as this worker lives.
    parent: int = 0  # Its process id; 0: the worker is the collector itself.
    forward: str | None = None
    forward_transparent: bool = False

    @property
    def inherited(self) -> tuple[int, ...]:
        """The file descriptors that the worker takes over."""
        return self.sockets if self.lock is None else (*self.sockets, self.lock)

    @classmethod
    def parse(cls, text: str) -> "WorkerTask":
        """
        Parse what `render` made.

        Raises:
            ValueError: If *text* is none (the caller's bug).
        """
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.MsgspecError as error:
            raise ValueError("is no task of a worker") from error

    def render(self) -> str:
        """Render as one line of JSON."""
        return msgspec.json.encode(self).decode()


class Signals:
    """What the operator asked of this process: SIGTERM or SIGINT to end, SIGHUP to read anew."""

    def __init__(self) -> None:
        self.is_ending = False
        self.is_stale = False

    def install(self) -> None:
        """Take the signals over, for the rest of the process."""
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, self._end)
        signal.signal(signal.SIGHUP, self._reread)
        # A worker is born with these held back: what came meanwhile is answered now.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ANSWERED)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.is_ending = True

    def _reread(self, _number: int, _frame: FrameType | None) -> None:
        self.is_stale = True


def run_worker(home: Home, task: WorkerTask) -> None:
    """Be one worker, on the sockets that were inherited, until a signal ends it."""
    signals = Signals()
    signals.install()
    if task.parent:
        _end_with(task.parent, signals)
    keep_freed_memory()
    sockets = [socket.socket(fileno=each) for each in task.sockets]
    Collector(home, task, sockets).run(signals)


def _end_with(parent: int, signals: Signals) -> None:
    """Let the kernel send SIGTERM when the process that started this one is gone."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # It was gone before.
        signals.is_ending = True


class Collector:
    """One worker and all that it owns."""

    def __init__(self, home: Home, task: WorkerTask, sockets: Sequence[socket.socket]) -> None:
        """Begin where the last run ended; nothing is received yet."""
        self._home = home
        self._watch = HomeWatch(home.folder)
        self._task = task
        self._folder: Path = home.folder / FOLDER
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._worker = Worker(task.number, home.clock(), home.clock)
        self._made = 0  # Conversation records.
        self._forwarder = (
            Forwarder(task.forward, keeps_source=task.forward_transparent, listening=sockets)
            if task.forward
            else None
        )
        self._decoder = Decoder(
            Sources.allowing(home.config.collect.allow),
            default_interval=home.register.integer("collect.sampling_interval"),
            trust_agents=home.config.collect.identify == "agent",
        )
        for kept in read_kept(self._folder, self._is_mine):
            self._decoder.restore(kept)
        self._account = Account()
        self._book = Bookkeeper(home)
        self._rules = RuleBook(
            self._book.said, self._decoder.samplers, is_laboratory=home.is_laboratory
        )
        self._intake = Intake(self._decoder, self._read_rules, self._account)
        self._writer = LakeWriter(home.lake(), self._mandate, self)
        self._writer.period = self._book.said.normaliser.cipher.period
        self._meters = [SocketMeter(each) for each in sockets]
        self._receiver = Receiver(sockets, clock=home.clock)

    def run(self, signals: Signals) -> None:
        """
        Receive until *signals* ask for the end, then make everything accepted durable.

        Raises:
            Unavailable: If receiving or, at the end, storing failed.
            ConfigError: If the home was removed or replaced meanwhile.
        """
        try:
            self._receive(signals)
        except BaseException:
            with suppress(HinomiError):  # The first failure is the one to tell.
                self._end()
            raise
        self._end()

    def _receive(self, signals: Signals) -> None:
        self._book.start()
        self._receiver.start()
        flush_s = self._home.config.collect.flush_seconds
        next_flush = time.monotonic() + flush_s
        next_status = 0.0
        is_stopping = False
        while not self._receiver.is_over:
            if signals.is_ending and not is_stopping:
                self._receiver.stop()
                is_stopping = True
            block = self._receiver.take(_TAKE_S)
            if block is not None:
                self._take(block)
            self._take_up_news()
            now = time.monotonic()
            if signals.is_stale:
                signals.is_stale = False
                self._book.reread(with_config=True)
            if now >= next_flush:
                next_flush = now + flush_s
                self._flush()
            if now >= next_status:
                next_status = now + STATUS_S
                self._write_status()

    def _take(self, block: Block) -> None:
        try:
            source = sources_of(block, self._decoder.sources)
            if self._forwarder is not None:
                self._forwarder.forward(block, source)
            batch = block.datagrams(source)
            if len(batch):
                conversations = self._intake.take(batch, self._home.clock())
                if conversations is not None:
                    self._stage(conversations)
        finally:
            block.release()

    def _flush(self) -> None:
        """Let what was received become durable, and remember what a restart needs."""
        self._watch.require()
        self._turn_over()
        kept = self._decoder.keep()
        # Only with the records: a restart counts as lost whatever came after them.
        self._writer.flush(lambda: self._remember(kept))
        self._add_hours()
        self._book.reread()

    def _add_hours(self) -> None:
        if not self._book.is_adding:  # Else they wait in the account.
            self._account.hand_over_hours(
                lambda source: int(self._rules.numbers[source]), self._book.add_hours
            )

    def _take_up_news(self) -> None:
        """Let what the bookkeeper found out rule from now on."""
        news = self._book.news()
        if news is None:
            return
        if news.allowed is not None:
            self._decoder.sources.allow(news.allowed)
        if news.said is not None:
            self._change_key(news.said.normaliser.cipher.period)
            self._rules.take_up(news.said)
        self._rules.learn(news.numbers)
        self._intake.refresh()

    def _change_key(self, period: str) -> None:
        """Let go of all rows under the old key before the first ones come under another."""
        if period != self._writer.period:
            self._turn_over()
            self._writer.flush()
            self._writer.period = period

    def _remember(self, kept: KeptState) -> None:
        try:
            write_kept(self._folder, self._task.number, kept)
        except HinomiError as error:
            _log.error("not remembered", error=type(error).__name__, what=str(error))

    def _end(self) -> None:
        self._decoder.settle()
        self._account.absorb(self._decoder.ledger.drain(), self._home.clock())
        self._turn_over()
        try:
            self._settle_book()
            self._intake.give_up_unnumbered(self._home.clock())
            self._turn_over()
            kept = self._decoder.keep()
            self._writer.flush(lambda: self._remember(kept))
        finally:
            try:
                self._writer.close()
            finally:
                self._write_status()
                if self._forwarder is not None:
                    self._forwarder.close()
                self._book.close()

    def _settle_book(self) -> None:
        """Wait for what the case book still owes, for a bounded time."""
        ends_s = time.monotonic() + SETTLE_S
        self._add_hours()
        for _ in range(2):  # The hours of exporters that get their numbers only now follow.
            self._book.settle(max(0.0, ends_s - time.monotonic()))
            self._take_up_news()
            self._turn_over()
            self._add_hours()

    def _read_rules(self, addresses: Sequence[bytes]) -> Rules:
        names = [self._decoder.sources.text(number) for number in range(len(addresses))]
        self._book.number(self._rules.unnumbered(names))
        rules = self._rules.rules_for(names)
        own = rules.normaliser.own
        self._decoder.sources.hide(lambda each: own.holds(each, self._home.clock()))
        return rules

    def _mandate(self) -> Mandate:
        return self._home.mandate(Operation.COLLECT)

    def storing(self, batch_id: str, rows: int) -> None:
        """Journal that a batch is about to be stored; called on the committing thread."""
        self._watch.require()
        self._note(stage="storing", batch=batch_id, rows=rows)

    def stored(self, commit: Commit) -> None:
        """Journal that a batch was stored; called on the committing thread."""
        self._note(
            stage="stored",
            batch=commit.batch_id,
            stored=commit.rows,
            removed_hour=commit.late_rows,
        )

    def _note(self, **facts: object) -> None:
        rule = {
            "home": self._home.config.node.kind.value,
            "register": self._rules.register_version,
        }
        record(self._home.journal(), Operation.COLLECT, self._mandate(), {**facts, **rule})

    def _is_mine(self, address: bytes) -> bool:
        if self._task.meets_all or self._home.config.collect.identify == "agent":
            return True  # An agent's address does not tell whom its datagrams come from.
        return worker_of(address, self._task.workers) == self._task.number

    def _turn_over(self) -> None:
        """Turn what has gathered into conversations, and stage them."""
        self._stage(self._intake.flush(self._home.clock()))

    def _stage(self, conversations: pa.RecordBatch) -> None:
        self._made += conversations.num_rows
        self._writer.add(conversations)

    def _write_status(self) -> None:
        status = report(
            self._worker, self._decoder, self._account, self._writer.written(), self._made
        )
        status.gathered = self._intake.gathered
        status.counts = self._own_counts()
        try:
            write_status(self._folder / f"worker-{self._task.number}.json", status)
        except OSError as error:
            _log.error("status not written", error=type(error).__name__)

    def _own_counts(self) -> dict[str, int]:
        """Count what no exporter can be blamed for."""
        states = [meter.read() for meter in self._meters]
        received, written = self._receiver.received, self._writer.written()
        return {
            KERNEL_DROPS: sum(state.dropped for state in states),
            KERNEL_QUEUED: sum(state.queued_bytes for state in states),
            STALLS: received.stalls,
            STALLED_MS: int(received.stalled_ms),
            CUT: received.truncated,
            UNREAD: received.unread_bytes,
            COMMITS: written.commits,
            COMMIT_FAILURES: written.failures,
            BOOK_FAILURES: self._book.failures,
            **(self._forwarder.counts if self._forwarder is not None else {}),
        }
