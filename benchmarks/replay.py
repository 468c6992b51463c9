"""
Sends export datagrams again and again, at a chosen rate, as exporters would send new ones.

    python benchmarks/replay.py --protocol v9 --rate 1000000 --seconds 10 127.0.0.1:2055

Sequence numbers go on, export times are now, and source addresses change with every pass, so that
neither side can profit from repetition.
"""

import argparse
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import export_payloads
import export_places
import numpy as np
from numpy.typing import NDArray

from hinomi.collect.messages import Outbox
from hinomi.listening import split_address

_BURST: Final = (
    256  # Datagrams in one call at most, so that no burst is longer than 10 ms at 25 k/s.
)
_PAUSE_S: Final = 0.001
_MIX: Final = 0x9E3779B1
_SPARE: Final = 8
_MS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What really went out."""

    datagrams: int
    records: int
    octets: int
    seconds: float
    cpu_s: float  # Of the sending thread; on loopback the kernel's delivery is in it.
    refused: int  # Calls that the kernel ended early, as nobody listened.
    records_by_exporter: tuple[int, ...]

    @property
    def records_per_s(self) -> float:
        """The rate that was reached."""
        return self.records / self.seconds


class _Ragged:
    """Numbers of many datagrams in one array, with a part for each datagram."""

    def __init__(self, parts: Sequence[Sequence[int]], start: NDArray[np.int64]) -> None:
        sizes = np.array([len(part) for part in parts], dtype=np.int64)
        flat = np.array([one for part in parts for one in part], dtype=np.int64)
        self.places = flat + np.repeat(start, sizes)
        self.bounds = np.concatenate([[0], np.cumsum(sizes)])

    def part(self, first: int, last: int) -> slice:
        return slice(int(self.bounds[first]), int(self.bounds[last]))


class Train:
    """
    The datagrams of one exporter, ready to be sent pass after pass.

    Args:
        payloads: Of one exporter, in their order.
        mask: Bits of IPv4 source addresses that change with every pass.
    """

    def __init__(self, payloads: Sequence[bytes], *, mask: int = 0xFFFF) -> None:
        found = export_places.find(payloads)
        self.length: NDArray[np.int64] = np.array([len(one) for one in payloads], dtype=np.int64)
        self.start: NDArray[np.int64] = np.cumsum(self.length) - self.length
        self.records: NDArray[np.int64] = np.array([one.records for one in found], dtype=np.int64)
        self.buffer: NDArray[np.uint8] = np.frombuffer(
            bytearray(b"".join(payloads) + bytes(_SPARE)), dtype=np.uint8
        )
        self._u4 = np.ndarray((self.buffer.size - 3,), ">u4", self.buffer, strides=(1,))
        self._u8 = np.ndarray((self.buffer.size - 7,), ">u8", self.buffer, strides=(1,))
        self._mask = mask
        self._sequence = self.start + np.array([one.sequence for one in found], dtype=np.int64)
        self._number, self._step = _numbering(found)
        self._seconds = _Ragged(
            [[] if p.seconds is None else [p.seconds] for p in found], self.start
        )
        self._uptime = _Ragged([[] if p.uptime is None else [p.uptime] for p in found], self.start)
        self._times = _Ragged([one.times_ms for one in found], self.start)
        self._sources = _Ragged([one.sources for one in found], self.start)
        self._source_values = self._u4[self._sources.places].astype(np.uint32)
        self._set_uptimes()
        times = self._u8[self._times.places].astype(np.int64)
        self._before_ms = times.max(initial=0) - times

    def __len__(self) -> int:
        return self.start.size

    def prepare(self, first: int, last: int, times_sent: int) -> None:
        """Make the datagrams first..last-1 new, after *times_sent* passes."""
        number = self._number[first:last] + self._step[first:last] * times_sent
        self._u4[self._sequence[first:last]] = (number & 0xFFFFFFFF).astype(np.uint32)
        now_ms = time.time_ns() // 1_000_000
        self._u4[self._seconds.places[self._seconds.part(first, last)]] = now_ms // _MS
        times = self._times.part(first, last)
        self._u8[self._times.places[times]] = now_ms - self._before_ms[times]
        sources = self._sources.part(first, last)
        change = np.uint32(times_sent * _MIX & self._mask)
        self._u4[self._sources.places[sources]] = self._source_values[sources] ^ change

    def _set_uptimes(self) -> None:
        """Give all the same uptime: going back at each pass it would tell of restarts."""
        places = self._uptime.places
        self._u4[places] = self._u4[places].max(initial=0)


def _numbering(found: Sequence[export_places.Places]) -> tuple[NDArray[np.int64], ...]:
    """Give each datagram's sequence number in the first pass, and how far each pass goes on."""
    totals: dict[tuple[int, int, int], int] = {}
    numbers = []
    for one in found:
        numbers.append(totals.get(one.stream, 0))
        totals[one.stream] = numbers[-1] + one.units
    steps = [totals[one.stream] for one in found]
    return np.array(numbers, dtype=np.int64), np.array(steps, dtype=np.int64)


class Sender:
    """
    Sends a train from one or more exporters in turn, a whole pass each.

    Args:
        train: What to send.
        target: Where to.
        exporters: Source addresses, of this machine; on loopback any of 127.0.0.0/8.
    """

    def __init__(
        self, train: Train, target: str, *, exporters: Sequence[str] = ("127.0.0.1",)
    ) -> None:
        host, port = split_address(target, "target")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._train = train
        self._outbox = Outbox()
        self._sockets = [socket.socket(family, socket.SOCK_DGRAM) for _ in exporters]
        for sending, source in zip(self._sockets, exporters, strict=True):
            sending.bind((source, 0))
            sending.connect((host, port))
        self._passes = 0
        self._next = 0  # Datagram of the present pass.

    def close(self) -> None:
        """Close the sockets."""
        for sending in self._sockets:
            sending.close()

    def run(
        self,
        *,
        records_per_s: float | None = None,
        seconds: float | None = None,
        records: int | None = None,
    ) -> Sent:
        """
        Send until the time is over, or until so many records went; calls go on where one ended.

        Args:
            records_per_s: The rate; None sends as fast as possible.
            seconds: How long; None: no bound.
            records: How many at least; the last datagram is sent whole. None: no bound.
        """
        if seconds is None and records is None:
            raise ValueError("a replay needs an end: seconds or records")
        endless = float("inf")
        most, rate = records or sys.maxsize, records_per_s or endless
        ends_s = endless if seconds is None else seconds
        by_exporter = [0] * len(self._sockets)
        datagrams = octets = refused = done = 0
        cpu_s, began_s = time.thread_time(), time.monotonic()
        while done < most and (elapsed_s := time.monotonic() - began_s) < ends_s:
            due = int(min(most, rate * elapsed_s + 1) if rate < endless else most) - done
            rows = self._rows(due)
            if not rows:
                time.sleep(_PAUSE_S)
                continue
            part = slice(self._next, self._next + rows)
            exporter = self._passes % len(self._sockets)
            refused += self._send(part, exporter)
            count = int(self._train.records[part].sum())
            done, datagrams, by_exporter[exporter] = (
                done + count, datagrams + rows, by_exporter[exporter] + count,
            )  # fmt: skip
            octets += int(self._train.length[part].sum())
            self._go_on(rows)
        return Sent(
            datagrams=datagrams,
            records=done,
            octets=octets,
            seconds=time.monotonic() - began_s,
            cpu_s=time.thread_time() - cpu_s,
            refused=refused,
            records_by_exporter=tuple(by_exporter),
        )

    def _rows(self, due: int) -> int:
        """Give how many datagrams hold the records that are due, within pass and burst."""
        if due <= 0:
            return 0
        ahead = np.cumsum(self._train.records[self._next : self._next + _BURST])
        return min(int(np.searchsorted(ahead, due)) + 1, ahead.size)

    def _send(self, part: slice, exporter: int) -> int:
        self._train.prepare(part.start, part.stop, self._passes // len(self._sockets))
        start, length = self._train.start[part], self._train.length[part]
        refused = 0
        while start.size:
            sent = self._outbox.send(
                self._sockets[exporter], self._train.buffer, start, length, may_wait=True
            )
            start, length = start[sent.datagrams :], length[sent.datagrams :]
            refused += bool(sent.error)  # An answer to an earlier one: this one goes all the same.
        return refused

    def _go_on(self, rows: int) -> None:
        self._next += rows
        if self._next == len(self._train):
            self._next, self._passes = 0, self._passes + 1


def main(arguments: Sequence[str] | None = None) -> None:
    """Send, and print what was sent."""
    parser = argparse.ArgumentParser(description="Send export datagrams at a chosen rate.")
    parser.add_argument("target", help="ADDRESS:PORT of the collector")
    parser.add_argument("--protocol", choices=export_payloads.PROTOCOLS, default="v9")
    parser.add_argument("--capture", type=Path, help="send the datagrams of a capture instead")
    parser.add_argument("--datagrams", type=int, default=1024, help="of one pass, made up")
    parser.add_argument("--records-per-datagram", type=int, default=30, help="made up")
    parser.add_argument("--rate", type=float, help="records a second (default: all there is)")
    parser.add_argument("--seconds", type=float, help="how long")
    parser.add_argument("--records", type=int, help="how many altogether")
    parser.add_argument("--exporters", type=int, default=1, help="addresses 127.0.1.1 and on")
    parser.add_argument("--mask", type=_number, default=0xFFFF, help="bits of sources that change")
    chosen = parser.parse_args(arguments)
    if chosen.seconds is None and chosen.records is None:
        parser.error("one of --seconds and --records is needed")
    payloads = _payloads(chosen)
    exporters = [f"127.0.{1 + at // 250}.{1 + at % 250}" for at in range(chosen.exporters)]
    sender = Sender(Train(payloads, mask=chosen.mask), chosen.target, exporters=exporters)
    sent = sender.run(records_per_s=chosen.rate, seconds=chosen.seconds, records=chosen.records)
    sender.close()
    print(describe(sent))


def _number(text: str) -> int:
    return int(text, 0)


def describe(sent: Sent) -> str:
    """Say in one line what was sent."""
    values = asdict(sent) | {
        "rate": sent.records_per_s,
        "cpu_us": sent.cpu_s * 1e6 / sent.datagrams,
    }
    return (
        "{records:,} records in {datagrams:,} datagrams, {octets:,} bytes, in {seconds:.2f} s: "
        "{rate:,.0f} records/s; CPU {cpu_s:.2f} s, {cpu_us:.2f} us a datagram; {refused} refused"
    ).format(**values)


def _payloads(chosen: Any) -> list[bytes]:
    if chosen.capture is not None:
        return export_payloads.of_capture(chosen.capture)
    return export_payloads.made_up(
        chosen.protocol, datagrams=chosen.datagrams, records=chosen.records_per_datagram
    )


if __name__ == "__main__":
    main()
