"""Captures of real exporters with what others read in them, held against what we read."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from arrivals import Arrivals, Row
from builders import NOON_MS

Columns = Mapping[str, Any]
"""What the other program says of a flow, by our columns; `end_ms` is start and duration."""

MISSING: Final = "no such record"
"""The other program has a flow where we have none with these ends."""

A_SECOND_LATE: Final = "times a second late"
"""Theirs are one second and up to 999 ms later than ours."""

WRAPPED: Final = "start 49.7 days late"
"""Theirs is 2^32 ms later than ours."""

EXTRA: Final = "records where theirs has none"
"""The other program's output shows nothing at all of this capture."""

SUMS: Final = "sums"
"""Packets and bytes of some flows, added up by their keys, are not the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """One capture and what another program made of it."""

    collection: str  # Whose: a folder of the real data's exporters.
    name: str  # File, folder or case.
    exporter: str  # Vendor, product and version as far as they are known.
    datagrams: Sequence[tuple[str, bytes]]  # Source and payload, in the order of arrival.
    expected: Sequence[Columns]
    kind: Literal["each", "sums"] = "each"
    others: int = 0  # What the other program read besides flows: options, counters.
    keys: tuple[str, ...] = ()  # Columns by which sums are made.
    times_rate: bool = False  # Their counters are multiplied by the sampling interval.


@dataclass(slots=True)
class Outcome:
    """What came of one capture."""

    records: int
    counted: Mapping[str, int]
    differences: Counter[str] = field(default_factory=Counter)


def protocol_of(golden: Golden) -> str:
    """Name the protocols of a capture's datagrams."""
    names = {5: "NetFlow v5", 9: "NetFlow v9", 10: "IPFIX"}
    seen = dict.fromkeys(
        names.get(int.from_bytes(payload[:2], "big"), "sFlow v5")
        for _, payload in golden.datagrams
        if len(payload) > 2
    )
    return ", ".join(seen)


def exported_ms(payload: bytes) -> int:
    """Give the time in a datagram's header, as though it had arrived at once; sFlow has none."""
    at = {5: 8, 9: 8, 10: 4}.get(int.from_bytes(payload[:2], "big"))
    return NOON_MS if at is None else int.from_bytes(payload[at : at + 4], "big") * 1_000


def hold_against(golden: Golden) -> Outcome:
    """Decode a capture and list how often each column differs from what is expected."""
    arrivals = Arrivals()
    rows = [
        row
        for source, payload in golden.datagrams
        for row in arrivals.send(payload, source=source, at_ms=exported_ms(payload))
    ]
    for row in rows:
        row["end_ms"] = row["ts_ms"] + row["duration_ms"]
    outcome = Outcome(records=len(rows), counted=arrivals.counted())
    if golden.kind == "sums":
        _compare_sums(golden, rows, outcome)
    else:
        _compare_each(golden, rows, outcome)
    if not golden.expected and not golden.others and rows:
        outcome.differences[EXTRA] = len(rows)
    return outcome


def _compare_each(golden: Golden, rows: list[Row], outcome: Outcome) -> None:
    left = list(rows)
    for wanted in golden.expected:
        ends = [name for name in ("src", "dst") if name in wanted]
        near = [row for row in left if all(row[name] == wanted[name] for name in ends)]
        if not near:
            outcome.differences[MISSING] += 1
            continue
        best = min(near, key=lambda row: len(_unequal(wanted, row)))
        left.remove(best)
        outcome.differences.update(_unequal(wanted, best))


def _unequal(wanted: Columns, row: Row) -> list[str]:
    return [
        _of_time(name, value - row[name]) if name in {"ts_ms", "end_ms"} else name
        for name, value in wanted.items()
        if row[name] != value
    ]


def _of_time(name: str, late_ms: int) -> str:
    """Name a difference of times by how far theirs is behind ours."""
    if 1_000 <= late_ms < 2_000:
        return A_SECOND_LATE
    if late_ms == 1 << 32:
        return WRAPPED
    return {"ts_ms": "start", "start_s": "start"}.get(name, "end")


def _compare_sums(golden: Golden, rows: list[Row], outcome: Outcome) -> None:
    theirs = _sums(golden, golden.expected)
    ours = _sums(golden, [_as_sum(golden, row) for row in rows])
    for key in theirs.keys() | ours.keys():
        left, right = theirs.get(key), ours.get(key)
        if left is None or right is None or left.total != right.total:
            outcome.differences[SUMS] += 1
            continue
        for name, wanted, found in _paired_times(left, right):
            if wanted != found:
                outcome.differences[_of_time(name, (wanted - found) * 1_000)] += 1


@dataclass(slots=True)
class _Sum:
    """What records of one key add up to."""

    packets: int = 0
    octets: int = 0
    flags: int = 0
    parts: list[Columns] = field(default_factory=list)

    @property
    def total(self) -> tuple[int, int, int]:
        return self.packets, self.octets, self.flags


def _sums(golden: Golden, rows: Sequence[Columns]) -> dict[tuple[Any, ...], _Sum]:
    sums: defaultdict[tuple[Any, ...], _Sum] = defaultdict(_Sum)
    for row in rows:
        found = sums[tuple(row[name] for name in golden.keys)]
        found.packets += row["packets"]
        found.octets += row["bytes"]
        found.flags |= row["tcp_flags"]
        found.parts.append(row)
    return dict(sums)


def _paired_times(theirs: _Sum, ours: _Sum) -> Iterator[tuple[str, int, int]]:
    """Give the times of records that can be told apart by nothing else, in their order."""
    names = [name for name in ("start_s", "end_s") if name in theirs.parts[0]]
    if not names or len(theirs.parts) != len(ours.parts):
        return  # They added records up whose times are the same to them.
    order = ("packets", "bytes", *names)
    left, right = (
        sorted(each.parts, key=lambda row: [row[name] for name in order]) for each in (theirs, ours)
    )
    for wanted, found in zip(left, right, strict=True):
        for name in names:
            yield name, wanted[name], found[name]


def _as_sum(golden: Golden, row: Row) -> Row:
    """Put one of our records into the form in which sums are expected."""
    rate = max(row["sampling_interval"], 1) if golden.times_rate else 1
    return row | {
        "start_s": row["ts_ms"] // 1_000,
        "end_s": row["end_ms"] // 1_000,
        "in_if": max(row["in_if"], 0),
        "out_if": max(row["out_if"], 0),
        "tcp_flags": max(row["tcp_flags"], 0),
        "packets": row["packets"] * rate,
        "bytes": row["bytes"] * rate,
    }
