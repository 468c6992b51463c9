"""
Many datagrams with one system call: recvmmsg(2) and sendmmsg(2) over memory of our own.

The kernel writes each datagram where decoding will read it. The calls go through ctypes, which
lets go of the interpreter's lock meanwhile. Where they are missing, plain calls do the same.

Source: recvmmsg(2), sendmmsg(2), ip(7), ipv6(7); the layout of struct mmsghdr for 64-bit Linux.
"""

import ctypes
import errno
import mmap
import os
import socket
import struct
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.datagrams import SPARE_BYTES

SLOTS: Final = 1024
"""Datagrams that one call moves at most: the kernel takes no more (UIO_MAXIOV)."""

SLOT_BYTES: Final = 9216
"""Room for one datagram: a jumbo frame. What is longer is cut, and seen to be cut."""

_NAME_BYTES: Final = 28  # struct sockaddr_in6, the longer one.
_MESSAGE: Final = np.dtype(
    {
        "names": ["name", "name_bytes", "parts", "part_count", "flags", "length"],
        "formats": [np.uint64, np.uint32, np.uint64, np.uint64, np.int32, np.uint32],
        "offsets": [0, 8, 16, 24, 48, 56],
        "itemsize": 64,
    }
)
_PART: Final = np.dtype([("base", np.uint64), ("length", np.uint64)])
_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_IS_NATIVE: Final = (
    ctypes.sizeof(ctypes.c_void_p) == 8  # noqa: PLR2004 - bytes; the layout above is that of 64 bits.
    and hasattr(_LIBC, "recvmmsg")
    and hasattr(_LIBC, "sendmmsg")
)
if _IS_NATIVE:
    _LIBC.recvmmsg.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int]
    _LIBC.recvmmsg.argtypes += [ctypes.c_void_p]
    _LIBC.sendmmsg.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int]

_NOTHING: Final = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR})


class Slots:
    """
    Memory for a number of datagrams, which the kernel fills.

    Args:
        count: Number of slots, 1..`SLOTS`.
        is_plain: Receive one by one, as where recvmmsg is missing.

    Notes:
        A page of memory is taken only once a datagram was written to it: with 1,400-byte
        datagrams 1,024 slots hold about 6 MiB and not 9.
    """

    def __init__(self, count: int = SLOTS, *, is_plain: bool = not _IS_NATIVE) -> None:
        if not 1 <= count <= SLOTS:
            raise ValueError(f"{count} slots are outside 1..{SLOTS}")
        self.count = count
        # An anonymous map of our own: numpy would ask for huge pages, resident as a whole.
        memory = mmap.mmap(-1, count * SLOT_BYTES + SPARE_BYTES)
        self.buffer: NDArray[np.uint8] = np.frombuffer(memory, dtype=np.uint8)
        self.start: NDArray[np.int64] = np.arange(count, dtype=np.int64) * SLOT_BYTES
        self._is_plain = is_plain
        self._view = memoryview(memory)
        self._names: NDArray[np.uint8] = np.zeros((count, _NAME_BYTES), dtype=np.uint8)
        self._parts: NDArray[Any] = np.zeros(count, dtype=_PART)
        self._parts["base"] = self.buffer.ctypes.data + self.start
        self._parts["length"] = SLOT_BYTES
        self._messages: NDArray[Any] = np.zeros(count, dtype=_MESSAGE)
        self._messages["name"] = self._names.ctypes.data + np.arange(count) * _NAME_BYTES
        self._messages["parts"] = self._parts.ctypes.data + np.arange(count) * _PART.itemsize
        self._messages["part_count"] = 1
        self._messages["name_bytes"] = _NAME_BYTES
        self._name_bytes = self._messages["name_bytes"]
        self._address = self._messages.ctypes.data

    def receive(self, receiving: socket.socket, first: int) -> int:
        """
        Take the datagrams that wait at a socket into the slots from *first* on, without waiting.

        Returns:
            Number of datagrams, 0 if none waited.

        Raises:
            OSError: If the kernel refuses; nothing was taken.
        """
        if self._is_plain:
            return self._receive_plain(receiving, first)
        taken: int = _LIBC.recvmmsg(
            receiving.fileno(),
            self._address + first * _MESSAGE.itemsize,
            self.count - first,
            socket.MSG_DONTWAIT,
            None,
        )
        if taken < 0:
            code = ctypes.get_errno()
            if code in _NOTHING:
                return 0
            raise OSError(code, os.strerror(code))
        # The kernel wrote the length of each address here, which is the room for the next one.
        self._name_bytes[first : first + taken] = _NAME_BYTES
        return taken

    def length(self, count: int) -> NDArray[np.int64]:
        """Copy out the bytes of each of the first *count* payloads, cut ones as they are here."""
        return self._messages["length"][:count].astype(np.int64)

    def is_cut(self, count: int) -> NDArray[np.bool_]:
        """Say of each of the first *count* datagrams if it was longer than its slot."""
        flags: NDArray[np.int32] = self._messages["flags"][:count]
        return (flags & np.int32(socket.MSG_TRUNC)).astype(np.bool_)

    def addresses(self, count: int) -> NDArray[np.uint8]:
        """Copy out where each came from, shape (count, 16); IPv4 as ::ffff:a.b.c.d."""
        names = self._names[:count]
        family = names[:, :2].copy().view(np.uint16)[:, 0]
        found = np.zeros((count, 16), dtype=np.uint8)
        found[:, 10:12] = 0xFF
        found[:, 12:] = names[:, 4:8]
        is_v6 = family == socket.AF_INET6
        if is_v6.any():
            found[is_v6] = names[is_v6, 8:24]
        return found

    def _receive_plain(self, receiving: socket.socket, first: int) -> int:
        row = first
        while row < self.count:
            start = int(self.start[row])
            room = self._view[start : start + SLOT_BYTES]
            try:
                size, _, flags, name = receiving.recvmsg_into([room], 0, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            raw = _pack_name(receiving.family, name)
            self._names[row, : len(raw)] = np.frombuffer(raw, dtype=np.uint8)
            self._messages[row]["length"], self._messages[row]["flags"] = size, flags
            row += 1
        return row - first


def _pack_name(family: int, name: tuple[Any, ...]) -> bytes:
    """Write a socket's address as the kernel would."""
    text, port = name[0].partition("%")[0], name[1]
    head = struct.pack("=H", family) + struct.pack("!H", port)
    gap = bytes(4) if family == socket.AF_INET6 else b""
    return head + gap + socket.inet_pton(family, text)


UNTOLD: Final = -1
"""The kernel stopped at a datagram and gave no reason: it tells only how many went before."""


class Sent(NamedTuple):
    """How far one call came."""

    datagrams: int  # That went.
    error: int  # Why the next one did not, an errno or `UNTOLD`; 0: they all went.

    @property
    def has_no_room(self) -> bool:
        """The kernel's buffer is, or may be, full: there may be room later."""
        return self.error in {UNTOLD, errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, errno.EINTR}

    @property
    def is_unreachable(self) -> bool:
        """The other side answered that nobody listens, or no way leads there."""
        return self.error in {errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH}


class Outbox:
    """
    Hands payloads that lie in one buffer to a connected socket.

    Args:
        is_plain: Send one by one, as where sendmmsg is missing.
    """

    def __init__(self, *, is_plain: bool = not _IS_NATIVE) -> None:
        self._is_plain = is_plain
        self._parts: NDArray[Any] = np.zeros(SLOTS, dtype=_PART)
        self._messages: NDArray[Any] = np.zeros(SLOTS, dtype=_MESSAGE)
        self._messages["parts"] = self._parts.ctypes.data + np.arange(SLOTS) * _PART.itemsize
        self._messages["part_count"] = 1
        self._address = self._messages.ctypes.data

    def send(
        self,
        sending: socket.socket,
        buffer: NDArray[np.uint8],
        start: NDArray[np.int64],
        length: NDArray[np.int64],
        *,
        may_wait: bool = False,
    ) -> Sent:
        """
        Send payloads in their order, until the first that the kernel refuses.

        Args:
            sending: A connected datagram socket.
            buffer: Where the payloads lie, contiguous.
            start: Where each begins, shape (n,).
            length: Bytes of each, shape (n,); 0..65507.
            may_wait: Wait for room in the socket's buffer; otherwise EAGAIN is an error.
        """
        flags = 0 if may_wait else socket.MSG_DONTWAIT
        if self._is_plain:
            return _send_plain(sending, buffer, start, length, flags)
        base, done = buffer.ctypes.data, 0
        while done < start.size:
            part = slice(done, done + SLOTS)
            count = start[part].size
            self._parts["base"][:count] = base + start[part]
            self._parts["length"][:count] = length[part]
            went = _LIBC.sendmmsg(sending.fileno(), self._address, count, flags)
            if went < 0:
                return Sent(done, ctypes.get_errno())
            done += went
            if went < count:
                return Sent(done, UNTOLD)
        return Sent(done, 0)


def _send_plain(
    sending: socket.socket,
    buffer: NDArray[np.uint8],
    start: NDArray[np.int64],
    length: NDArray[np.int64],
    flags: int,
) -> Sent:
    view = memoryview(buffer.data)
    for row, (begin, size) in enumerate(zip(start.tolist(), length.tolist(), strict=True)):
        try:
            sending.send(view[begin : begin + size], flags)
        except OSError as error:
            return Sent(row, error.errno or errno.EIO)
    return Sent(start.size, 0)
