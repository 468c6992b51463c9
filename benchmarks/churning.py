"""
Exporters that never leave a collector in peace: templates change, rates change, they restart.

Each has an address of its own on loopback, its own sequence numbers and its own uptime. Every
datagram of one protocol holds the same number of records, so that whatever its sequence
numbers miss can be turned into records exactly; IPFIX counts a row of options in each message
as well.
"""

import itertools
import socket
import struct
import time
from collections.abc import Iterator
from typing import Final

import export_payloads
import numpy as np
from export_payloads import UPTIME_MS, Columns, Fields, draw, dtype_of, put_set, rows_of

RATES: Final = (10_000, 20_000, 10_000, 5_000)
"""The last is denser than an operational home keeps: its records are refused, and counted."""

RECORDS: Final = {"v5": 30, "v9": 30, "ipfix": 24, "sflow": 7}
"""Records in a datagram."""

UNITS: Final = {"v5": 30, "v9": 1, "ipfix": 25, "sflow": 1}
"""What one datagram moves its exporter's sequence number on."""

_BODIES: Final = 16  # Different ones, drawn once; times are put in anew each second.
_TEMPLATES_EVERY: Final = 10  # Datagrams.
_BOOT_MS: Final = 60_000
_FIRST_TEMPLATE, _LAST_TEMPLATE = 300, 400
_OPTIONS: Final = 299
_SAME_LENGTH: Final = (("in_if", "out_if"), ("src_port", "dst_port"), ("first", "last"))
"""Fields that change places when a number is used again: nobody can tell by the length."""


class Exporter:
    """One exporter; `send` sends one datagram."""

    def __init__(self, protocol: str, address: str, target: tuple[str, int], seed: int) -> None:
        self.protocol = protocol
        self.sent = 0  # Records.
        self.restarts = self.changes = 0
        self._target = target
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 0))
        self._columns = [
            draw(np.random.default_rng((seed, at)), RECORDS[protocol]) for at in range(_BODIES)
        ]
        self._began_s = time.monotonic() - UPTIME_MS / 1000
        self._start()

    def _start(self) -> None:
        self._sequence = self._datagrams = 0
        self._bodies: list[bytes] = []
        self._made_s = 0.0

    @property
    def uptime_ms(self) -> int:
        """Since it started, or was started again."""
        return int((time.monotonic() - self._began_s) * 1000)

    def send(self) -> None:
        """Send the next datagram; whether anybody listens is not asked."""
        now_s = time.monotonic()
        if now_s - self._made_s > 1.0:
            self._made_s = now_s
            self._bodies = [self._body(columns) for columns in self._columns]
        payload = self._datagram(self._bodies[self._datagrams % _BODIES])
        self._socket.sendto(payload, self._target)
        self._datagrams += 1
        self._sequence = (self._sequence + UNITS[self.protocol]) & 0xFFFFFFFF
        self.sent += RECORDS[self.protocol]

    def restart(self) -> None:
        """Begin anew: sequence, uptime, templates."""
        self.restarts += 1
        self._began_s = time.monotonic() - _BOOT_MS / 1000
        self._start()

    def change(self) -> None:
        """Change a template or a rate, if the protocol has any."""

    def calm(self) -> None:
        """State a rate that is kept."""

    def close(self) -> None:
        """Close its socket."""
        self._socket.close()

    def _body(self, columns: Columns) -> bytes:
        raise NotImplementedError

    def _datagram(self, body: bytes) -> bytes:
        raise NotImplementedError

    def _timed(self, columns: Columns, now_ms: int) -> Columns:
        """Put times before *now_ms* in place of those that were drawn."""
        ages = {name: UPTIME_MS - columns[name] for name in ("first", "last")}
        return columns | {name: now_ms - np.minimum(age, 50_000) for name, age in ages.items()}


class NetFlow5(Exporter):
    """Flows in the fixed layout."""

    def _body(self, columns: Columns) -> bytes:
        return rows_of(self._timed(columns, self.uptime_ms), export_payloads.V5)

    def _datagram(self, body: bytes) -> bytes:
        interval = 1 << 14 | export_payloads.SAMPLING
        return body_behind(
            "!HHIIIIBBH", 5, RECORDS["v5"], self.uptime_ms, int(time.time()), 0, self._sequence,
            0, 0, interval, body=body,
        )  # fmt: skip


class Sampling(Exporter):
    """sFlow: no templates, and the rate in each sample."""

    def _body(self, columns: Columns) -> bytes:
        return export_payloads.sflow_samples(columns, 0)

    def _datagram(self, body: bytes) -> bytes:
        return body_behind(
            "!IIIIIII", 5, 1, 0xC0000201, 0, self._sequence, self.uptime_ms, RECORDS["sflow"],
            body=body,
        )  # fmt: skip


class Templated(Exporter):
    """NetFlow v9 or IPFIX: what changes is told in the datagram from which on it holds."""

    def __init__(self, protocol: str, address: str, target: tuple[str, int], seed: int) -> None:
        self._is_v9 = protocol == "v9"
        super().__init__(protocol, address, target, seed)

    def _start(self) -> None:
        super()._start()
        self._plain, self._wide = _layouts(is_v9=self._is_v9)
        self._layout = self._plain
        self._template = _FIRST_TEMPLATE
        self._rates = itertools.cycle(RATES)
        self._rate = next(self._rates)
        self._steps: Iterator[str] = itertools.cycle(("again", "other", "rate"))
        self._told: list[bytes] = []  # Sets for the next datagram.
        self._tell()

    def change(self) -> None:
        """Use a number for another layout, go over to another number, or state another rate."""
        step = next(self._steps)
        self.changes += 1
        if step == "again":
            self._layout = _turned(self._layout)
        elif step == "other":
            if not self._is_v9:
                self._told.append(put_set(2, struct.pack("!HH", self._template, 0)))
            is_plain = len(self._layout) == len(self._plain)
            self._layout = self._wide if is_plain else self._plain
            self._template += 1
            if self._template == _LAST_TEMPLATE:
                self._template = _FIRST_TEMPLATE
        else:
            self._rate = next(self._rates)
        self._made_s = 0.0
        self._tell()

    def calm(self) -> None:
        """State a rate that is kept."""
        self._rate = RATES[0]
        self._made_s = 0.0

    def _tell(self) -> None:
        template = export_payloads.template_of(self._layout, self._template)
        if self._is_v9:
            options = put_set(1, struct.pack("!9H", _OPTIONS, 4, 8, 1, 4, 34, 4, 35, 1))
        else:
            options = put_set(3, struct.pack("!9H", _OPTIONS, 3, 1, 149, 4, 34, 4, 35, 1))
        self._told += [put_set(0 if self._is_v9 else 2, template), options]

    def _body(self, columns: Columns) -> bytes:
        now_ms = self.uptime_ms if self._is_v9 else time.time_ns() // 1_000_000
        rows = rows_of(self._timed(columns, now_ms), dtype_of(self._layout))
        rate = put_set(_OPTIONS, struct.pack("!IIB", 0, self._rate, 2))
        return rate + put_set(self._template, rows)

    def _datagram(self, body: bytes) -> bytes:
        if self._datagrams % _TEMPLATES_EVERY == 0 and not self._told:
            self._tell()
        sets, self._told = b"".join(self._told), []
        if self._is_v9:
            return body_behind(
                "!HHIIII", 9, RECORDS["v9"] + 1, self.uptime_ms, int(time.time()),
                self._sequence, 0, body=sets + body,
            )  # fmt: skip
        length = 16 + len(sets) + len(body)
        return body_behind(
            "!HHIII", 10, length, int(time.time()), self._sequence, 0, body=sets + body
        )


def body_behind(head: str, *values: int, body: bytes) -> bytes:
    """Put a header before *body*."""
    return struct.pack(head, *values) + body


def exporters(target: tuple[str, int], *, of_each: int = 2) -> list[tuple[Exporter, float]]:
    """Make exporters of every protocol, each with its share of the records."""
    kinds: tuple[tuple[str, type[Exporter], float], ...] = (
        ("v5", NetFlow5, 0.3),
        ("v9", Templated, 0.3),
        ("ipfix", Templated, 0.3),
        ("sflow", Sampling, 0.1),
    )
    made: list[tuple[Exporter, float]] = []
    for protocol, kind, share in kinds:
        for _ in range(of_each):
            number = len(made) + 1
            made.append((kind(protocol, f"127.0.3.{number}", target, number), share / of_each))
    return made


def _layouts(*, is_v9: bool) -> tuple[Fields, Fields]:
    """Give a plain layout, and one with other widths and fields that nobody reads."""
    plain = export_payloads.V9 if is_v9 else export_payloads.IPFIX
    narrow = {"in_if": ">u2", "out_if": ">u2", "packets": ">u2"}
    wide = tuple((name, number, narrow.get(name, code)) for name, number, code in plain)
    return plain, (*wide, ("vrf", 234, ">u4"), ("bgp_next_hop", 18, ">u4"))


def _turned(layout: Fields) -> Fields:
    swapped = {one: other for pair in _SAME_LENGTH for one, other in (pair, pair[::-1])}
    by_name = {field[0]: field for field in layout}
    return tuple(by_name[swapped.get(field[0], field[0])] for field in layout)
