"""
The receiver: a thread that empties the sockets and hands blocks of datagrams on.

Memory is a fixed pool of blocks. When all of them are in use the receiver cannot read: it
counts how long, the kernel's buffer fills, and the kernel counts what finds no room. So
back-pressure is bounded and never unseen.
"""

import errno
import queue
import select
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.clock import Clock, wall_clock
from hinomi.collect.listen import SocketMeter, accept_again, refuse_more
from hinomi.collect.messages import SLOTS, Slots
from hinomi.collect.wire.datagrams import Datagrams
from hinomi.collect.wire.plausible import looks_like_export
from hinomi.collect.wire.sources import REFUSED, Sources
from hinomi.errors import Unavailable

_PLENTY: Final = SLOTS // 4  # So many in one go: go on at once, the kernel's buffer is filling.
_LOOK_AGAIN_S: Final = 0.05  # If it is time to end.


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """When the receiver reads and when it hands over."""

    pause_ms: float = 8.0  # Between two readings, so that one call takes many datagrams.
    window_ms: float = 100.0  # From a block's first datagram to its hand-over, at most.
    blocks: int = 8  # Of 1,024 datagrams each; about 6 MiB with 1,400-byte datagrams.


@dataclass(slots=True, kw_only=True)
class Received:
    """What the receiver did so far; written by its thread only."""

    datagrams: int = 0
    octets: int = 0
    truncated: int = 0  # Longer than a slot: handed over cut.
    blocks: int = 0
    readings: int = 0  # System calls that took at least one.
    errors: int = 0  # Readings that the kernel refused.
    stalls: int = 0  # Times that no block was free.
    stalled_ms: float = 0.0  # How long altogether: the label is `receiver-stalls`.
    unread_bytes: int = 0  # Left in the kernel, as nobody took blocks when all had to end.


@dataclass(slots=True, kw_only=True)
class Block:
    """
    Up to 1,024 datagrams, in the order of their reading.

    Notes:
        The buffer is used again after `release`: copy what must be kept. The other arrays
        are the block's own.
    """

    buffer: NDArray[np.uint8]
    start: NDArray[np.int64]  # Where each payload begins, shape (n,).
    length: NDArray[np.int64]  # Bytes of each payload that are here, shape (n,).
    arrived_ms: NDArray[np.int64]  # When it was read, ms since the Unix epoch, shape (n,).
    addresses: NDArray[np.uint8]  # Where it came from, shape (n, 16); IPv4 as ::ffff:a.b.c.d.
    is_cut: NDArray[np.bool_]  # It was longer than its slot, shape (n,).
    _slots: Slots | None
    _free: "queue.LifoQueue[Slots]"

    def __len__(self) -> int:
        return self.start.size

    def datagrams(self, source: NDArray[np.int32]) -> Datagrams:
        """
        Give the datagrams that may be decoded: those of an exporter with a number.

        Args:
            source: What `sources_of` says of this block, shape (n,).
        """
        batch = Datagrams(
            buffer=self.buffer,
            start=self.start,
            length=self.length,
            source=source,
            arrived_ms=self.arrived_ms,
        )
        allowed = np.flatnonzero(source != REFUSED)
        return batch if allowed.size == source.size else batch.take(allowed)

    def release(self) -> None:
        """
        Give the memory back to the receiver.

        Raises:
            ValueError: If that was done before (the caller's bug).
        """
        if self._slots is None:
            raise ValueError("this block was released before")
        slots, self._slots = self._slots, None
        self._free.put(slots)


@dataclass(slots=True)
class _Filling:
    """The block that is being filled."""

    slots: Slots
    arrived_ms: NDArray[np.int64] = field(default_factory=lambda: np.zeros(SLOTS, np.int64))
    count: int = 0
    began_s: float = 0.0

    def block(self, free: "queue.LifoQueue[Slots]") -> Block:
        count = self.count
        return Block(
            buffer=self.slots.buffer,
            start=self.slots.start[:count],
            length=self.slots.length(count),
            arrived_ms=self.arrived_ms[:count],
            addresses=self.slots.addresses(count),
            is_cut=self.slots.is_cut(count),
            _slots=self.slots,
            _free=free,
        )


class Receiver(threading.Thread):
    """
    Empties sockets into blocks.

    Args:
        sockets: UDP sockets, not blocking; they stay the caller's, to be closed after `join`.
        pace: When to read and to hand over.
        clock: The time of arrival, read once for each reading.
    """

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        *,
        pace: Pace | None = None,
        clock: Clock = wall_clock,
    ) -> None:
        super().__init__(name="receiver", daemon=True)
        self.received = Received()
        self._sockets = list(sockets)
        self._pace = pace or Pace()
        self._clock = clock
        # The block released last is used first: its memory is still in the processor's cache.
        # Not SimpleQueue: a signal that interrupts its `get` past the deadline makes it wait
        # for ever (CPython 3.11), and a worker that was stopped for a moment never ended.
        self._free: queue.LifoQueue[Slots] = queue.LifoQueue()
        self._full: queue.Queue[Block | None] = queue.Queue()
        for _ in range(self._pace.blocks):
            self._free.put(Slots())
        self._filling: _Filling | None = None
        self._is_stopping = False
        self._deadline_s = float("inf")
        self._failure: OSError | None = None
        self._is_over = False  # The consumer has seen the end.
        self._poll = select.poll()
        for receiving in self._sockets:
            accept_again(receiving)
            self._poll.register(receiving, select.POLLIN)

    @property
    def is_over(self) -> bool:
        """All that was received has been taken, and nothing more will come."""
        return self._is_over

    def take(self, timeout_s: float | None = None) -> Block | None:
        """
        Wait for the next block.

        Args:
            timeout_s: How long at most; None waits.

        Returns:
            The block, to be released after use; None if there is none yet, or if `is_over`.

        Raises:
            Unavailable: If the receiver failed, after its last block.
        """
        if not self._is_over:
            try:
                block = self._full.get(timeout=timeout_s)
            except queue.Empty:
                return None
            if block is not None:
                return block
            self._is_over = True
        if self._failure is not None:
            raise Unavailable(f"receiving ended: {self._failure.strerror}; start it again")
        return None

    def stop(self, *, within_s: float = 10.0) -> None:
        """
        Refuse what arrives from now on, hand over what the kernel holds, and end.

        Args:
            within_s: How long to wait for free blocks, if nobody takes and releases them.
        """
        self._deadline_s = time.monotonic() + within_s
        self._is_stopping = True

    def run(self) -> None:
        """Receive until `stop`."""
        try:
            last = 0
            while not self._is_stopping:
                self._wait(last)
                last = self._read_all()
                self._hand_over_if_due()
            for receiving in self._sockets:
                refuse_more(receiving)
            while self._read_all():
                pass
            self._count_unread()
        except OSError as error:
            self._failure = error
        finally:
            self._hand_over()
            self._full.put(None)

    def _wait(self, last: int) -> None:
        """Wait until reading is worth while."""
        if last >= _PLENTY:
            return
        if not last and not self._poll.poll(self._patience_ms()):
            return
        time.sleep(self._pace.pause_ms / 1000)

    def _patience_ms(self) -> float:
        filling = self._filling
        if filling is None or not filling.count:
            return _LOOK_AGAIN_S * 1000
        age_ms = (time.monotonic() - filling.began_s) * 1000
        return min(max(0.0, self._pace.window_ms - age_ms), _LOOK_AGAIN_S * 1000)

    def _read_all(self) -> int:
        """Read each socket once; the first of now is the last of next time."""
        taken = sum([self._read(receiving) for receiving in self._sockets])
        self._sockets.append(self._sockets.pop(0))
        return taken

    def _read(self, receiving: socket.socket) -> int:
        filling = self._open_block()
        if filling is None:
            return 0
        first = filling.count
        try:
            taken = filling.slots.receive(receiving, first)
        except OSError as error:
            if not _is_passing(error):
                raise
            self.received.errors += 1
            return 0
        if not taken:
            return 0
        if not first:
            filling.began_s = time.monotonic()
        filling.count += taken
        filling.arrived_ms[first : filling.count] = self._clock()
        self.received.readings += 1
        if filling.count == filling.slots.count:
            self._hand_over()
        return taken

    def _open_block(self) -> _Filling | None:
        """Give the block in hand or the next free one; None if none came until the deadline."""
        if self._filling is None:
            try:
                slots: Slots | None = self._free.get_nowait()
            except queue.Empty:
                slots = self._stall()
            self._filling = None if slots is None else _Filling(slots)
        return self._filling

    def _stall(self) -> Slots | None:
        """Wait for a free block while the kernel's buffer fills, and count it."""
        if not self._poll.poll(0):
            return None  # Nothing waits to be read.
        self.received.stalls += 1
        began_s = time.monotonic()
        before_ms = self.received.stalled_ms
        slots: Slots | None = None
        while slots is None and time.monotonic() < self._deadline_s:
            try:
                slots = self._free.get(timeout=_LOOK_AGAIN_S)
            except queue.Empty:
                slots = None
            self.received.stalled_ms = before_ms + (time.monotonic() - began_s) * 1000
        return slots

    def _hand_over_if_due(self) -> None:
        filling = self._filling
        if filling is None or not filling.count:
            return
        if (time.monotonic() - filling.began_s) * 1000 >= self._pace.window_ms:
            self._hand_over()

    def _hand_over(self) -> None:
        filling, self._filling = self._filling, None
        if filling is None:
            return
        if not filling.count:
            self._free.put(filling.slots)
            return
        block = filling.block(self._free)
        self.received.datagrams += len(block)
        self.received.octets += int(block.length.sum())
        self.received.truncated += int(np.count_nonzero(block.is_cut))
        self.received.blocks += 1
        self._full.put(block)

    def _count_unread(self) -> None:
        queued = [SocketMeter(receiving).read().queued_bytes for receiving in self._sockets]
        self.received.unread_bytes = sum(queued)


def _is_passing(error: OSError) -> bool:
    """Tell a shortage of memory, which ends by itself, from a socket that is gone."""
    return error.errno in {errno.ENOMEM, errno.ENOBUFS}


def sources_of(block: Block, sources: Sources) -> NDArray[np.int32]:
    """
    Give the exporter's number of each datagram; what is refused is counted in *sources*.

    Args:
        block: n datagrams.
        sources: Who may send, and the numbers so far.

    Returns:
        Numbers, shape (n,); `REFUSED` for whoever may not send.
    """
    if not len(block):
        return np.zeros(0, dtype=np.int32)
    halves = block.addresses.view(np.uint64)
    key = halves[:, 1]
    if (halves[:, 0] != halves[0, 0]).any():
        # Not all IPv4, whose first half is the same: rank both halves, then pairs of ranks.
        hi = np.unique(halves[:, 0], return_inverse=True)[1].astype(np.uint64)
        lo = np.unique(key, return_inverse=True)[1].astype(np.uint64)
        key = hi << np.uint64(32) | lo
    _, first, place, count = np.unique(
        key, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(first)  # New exporters get their numbers in the order of arrival.
    is_export = np.ones(first.size, np.bool_)
    if sources.is_choosy:
        is_export[:] = False
        is_export[place[looks_like_export(block.buffer, block.start, block.length)]] = True
    found = np.empty(first.size, dtype=np.int32)
    found[order] = sources.find(block.addresses[first[order]], count[order], is_export[order])
    return found[place]
