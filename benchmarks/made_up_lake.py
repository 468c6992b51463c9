"""
A lake of made-up conversation records of any size, as an exporter at 1 in 10,000 leaves it.

Most records hold one packet. Services are met by Zipf's law, so that most of them are met
once; two records in a hundred come from botnets, an attack comes as a burst. Remote addresses
lie in 240.0.0.0/4 (no use at all) and 2001:db8::/32 (documentation), lines are pseudonyms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hinomi.model.address import Address
from hinomi.model.flow import CONVERSATIONS, Direction
from hinomi.model.listed import ListEntry, ListKind

Ints = NDArray[np.int64]
Columns = Mapping[str, Ints]

HOURS: Final = 168
HOUR_MS: Final = 3_600_000
FIRST_MS: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z.

_TCP: Final = 6
_UDP: Final = 17
_SYN: Final = 0x02
_PORTS: Final = np.array([443] * 14 + [80] * 2 + [993, 8080, 5223, 27015], dtype=np.int64)
_BOTNETS: Final = 60
_SHARES: Final[Mapping[str, float]] = {
    "web": 0.69, "names": 0.08, "peers": 0.10, "scans_in": 0.05, "hosting": 0.03,
    "scans_out": 0.02, "orders": 0.02, "pings": 0.01,
}  # fmt: skip
_ATTACK_SHARE: Final = 0.01
_ATTACK_HOUR: Final = 100

_SLICE_ROWS: Final = 4_000_000
"""So many records are drawn at a time: a quarter of a GiB each million, at most."""


@dataclass(frozen=True, slots=True)
class MadeUp:
    """What a lake is made of; a week of it unless *hours* say otherwise."""

    records: int
    hours: int = HOURS
    subscribers: int = 0  # Lines; 0: as many more as there are records.
    sites: int = 0  # Services; 0: likewise.
    infected: float = 0.05  # Share of lines.

    @property
    def lines(self) -> int:
        """Number of lines there are; nearly all are met in a large lake."""
        return self.subscribers or max(2_000, self.records // 15)

    @property
    def services(self) -> int:
        """Number of services there are; most of them are never met."""
        return self.sites or max(5_000, self.records * 2 // 5)

    def lists(self) -> dict[ListKind, Sequence[ListEntry]]:
        """Name every second C&C of the lake."""
        number = np.arange(0, _BOTNETS, 2)
        hi, lo = _address(-1 - number)
        listed = [
            ListEntry(base=Address(int(high), int(low)), length=128, proto=_TCP, port=4444)
            for high, low in zip(hi, lo, strict=True)
        ]
        return {ListKind.KNOWN_CC: listed}


class Span(NamedTuple):
    """A part of an hour."""

    hour: int  # From 0.
    start_ms: int  # Within the hour.
    end_ms: int  # Exclusive.


def write_lake(folder: Path, made_up: MadeUp, seed: int = 1) -> tuple[Path, ...]:
    """Write one Parquet file an hour into *folder* and name the files."""
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(write_hour(folder, made_up, hour, seed) for hour in range(made_up.hours))


def write_hour(folder: Path, made_up: MadeUp, hour: int, seed: int = 1) -> Path:
    """Write the records of one *hour*, from 0, into *folder*; the same whatever was written."""
    rng = np.random.default_rng((seed, hour))
    hours = made_up.hours
    rows = made_up.records * (hour + 1) // hours - made_up.records * hour // hours
    path = folder / f"hour-{hour:03d}.parquet"
    slices = max(1, -(-rows // _SLICE_ROWS))
    with pq.ParquetWriter(path, CONVERSATIONS, compression="zstd") as file:
        for place in range(slices):
            count = rows * (place + 1) // slices - rows * place // slices
            span = Span(hour, HOUR_MS * place // slices, HOUR_MS * (place + 1) // slices)
            file.write_table(_slice(made_up, span, count, rng))
    return path


def _slice(made_up: MadeUp, span: Span, rows: int, rng: np.random.Generator) -> pa.Table:
    """Draw the records of a part of an hour, in order of time."""
    kinds = {
        "web": _web, "names": _names, "peers": _peers, "scans_in": _scans_in,
        "hosting": _hosting, "scans_out": _scans_out, "orders": _orders, "pings": _pings,
    }  # fmt: skip
    parts = []
    share = (span.end_ms - span.start_ms) / HOUR_MS
    attack = round(made_up.records * _ATTACK_SHARE / 2 * share)
    if span.hour in (_ATTACK_HOUR, _ATTACK_HOUR + 1):
        attack = min(attack, rows // 2)
        parts.append(_attack(made_up, attack, rng))
        rows -= attack
    left = rows
    for name, draw in reversed(kinds.items()):
        count = left if name == "web" else round(rows * _SHARES[name])
        left -= count
        parts.append(draw(made_up, count, rng))
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    total = columns["line"].size
    within = np.sort(rng.integers(span.start_ms, span.end_ms, total))
    starts = within + FIRST_MS + span.hour * HOUR_MS
    mixed = rng.permutation(total)
    return _table({name: column[mixed] for name, column in columns.items()}, starts, rng)


def _table(columns: Columns, starts: Ints, rng: np.random.Generator) -> pa.Table:
    total = starts.size
    line, remote = columns["line"], columns["remote"]
    hi, lo = _address(remote)
    packets = np.where(rng.random(total) < 0.97, 1, rng.integers(2, 6, total))
    size = np.clip(rng.lognormal(5.5, 1.3, total), 52, 1500).astype(np.int64)
    size[columns["tcp_flags"] == _SYN] = 60
    laid = {
        "ts_ms": starts,
        "exporter": line % 4 + 1,
        "sampling_interval": np.full(total, 10_000),
        "counts_scaled": np.zeros(total, dtype=np.int64),
        "ingress": columns["direction"] * 2 + 1,
        "line_hi": _mixed(line, 1),
        "line_lo": _mixed(line, 2),
        "line_net": _mixed(line >> 12, 3) >> 33,
        "remote_hi": hi,
        "remote_lo": lo,
        "remote_own": np.zeros(total, dtype=np.int64),
        "packets": packets,
        "bytes": packets * size,
        "duration_ms": np.where(packets > 1, rng.integers(1, 60_000, total), 0),
    } | {
        name: columns[name]
        for name in ("proto", "direction", "line_port", "remote_port", "tcp_flags")
    }
    return pa.table(
        {field.name: pa.array(laid[field.name]).cast(field.type) for field in CONVERSATIONS}
    ).cast(CONVERSATIONS)


def _web(made_up: MadeUp, count: int, rng: np.random.Generator) -> Columns:
    rank = _zipf(made_up.services, count, rng)
    kind = _mixed(rank, 4)
    port = _PORTS[kind % _PORTS.size]
    quic = (port == 443) & (kind // 64 % 10 < 3)
    direction = rng.integers(0, 2, count)
    return _columns(
        line=_lines(made_up, count, rng),
        remote=rank,
        direction=direction,
        line_port=_ephemeral(count, rng),
        remote_port=port,
        proto=np.where(quic, _UDP, _TCP),
        tcp_flags=np.where(quic, -1, _flags(direction, rng)),
    )


def _names(made_up: MadeUp, count: int, rng: np.random.Generator) -> Columns:
    return _columns(
        line=_lines(made_up, count, rng),
        remote=made_up.services + _zipf(2_000, count, rng),
        direction=rng.integers(0, 2, count),
        line_port=_ephemeral(count, rng),
        remote_port=np.full(count, 53),
        proto=np.full(count, _UDP),
        tcp_flags=np.full(count, -1),
    )


def _peers(made_up: MadeUp, count: int, rng: np.random.Generator) -> Columns:
    """Peer-to-peer: one port of the line, any address, any high port."""
    line = rng.integers(0, made_up.lines, count) // 50 * 50
    return _columns(
        line=line,
        remote=rng.integers(2**33, 2**34, count),
        direction=rng.integers(0, 2, count),
        line_port=10_000 + _mixed(line, 5) % 50_000,
        remote_port=rng.integers(1024, 65_536, count),
        proto=np.full(count, _UDP),
        tcp_flags=np.full(count, -1),
    )


def _scans_in(made_up: MadeUp, count: int, rng: np.random.Generator) -> Columns:
    ports = np.array([22, 23, 80, 443, 445, 3389, 8080], dtype=np.int64)
    return _columns(
        line=rng.integers(0, made_up.lines, count),
        remote=2**34 + rng.integers(0, 50_000, count),
        direction=np.full(count, int(Direction.IN)),
        line_port=rng.choice(ports, count),
        remote_port=_ephemeral(count, rng),
        proto=np.full(count, _TCP),
        tcp_flags=np.full(count, _SYN),
    )


def _hosting(made_up: MadeUp, count: int, rng: np.random.Generator) -> Columns:
    """Lines that serve others."""
    direction = rng.integers(0, 2, count)
    return _columns(
        line=rng.integers(0, made_up.lines, count) // 500 * 500,
        remote=rng.integers(2**35, 2**35 + made_up.records // 10 + 1, count),
        direction=direction,
        line_port=np.full(count, 443),
        remote_port=_ephemeral(count, rng),
        proto=np.full(count, _TCP),
        tcp_flags=_flags(1 - direction, rng),
    )


def _scans_out(made_up: MadeUp, count: int, rng: np.random.Generator) -> Columns:
    return _columns(
        line=_bots(made_up, rng.integers(0, _BOTNETS, count), count, rng),
        remote=rng.integers(2**36, 2**37, count),
        direction=np.full(count, int(Direction.OUT)),
        line_port=_ephemeral(count, rng),
        remote_port=np.where(rng.random(count) < 0.8, 23, 2323),
        proto=np.full(count, _TCP),
        tcp_flags=np.full(count, _SYN),
    )


def _orders(made_up: MadeUp, count: int, rng: np.random.Generator) -> Columns:
    botnet = rng.integers(0, _BOTNETS, count)
    direction = rng.integers(0, 2, count)
    return _columns(
        line=_bots(made_up, botnet, count, rng),
        remote=-1 - botnet,
        direction=direction,
        line_port=_ephemeral(count, rng),
        remote_port=np.full(count, 4444),
        proto=np.full(count, _TCP),
        tcp_flags=_flags(direction, rng),
    )


def _pings(made_up: MadeUp, count: int, rng: np.random.Generator) -> Columns:
    return _columns(
        line=_lines(made_up, count, rng),
        remote=_zipf(made_up.services, count, rng),
        direction=rng.integers(0, 2, count),
        line_port=np.zeros(count, dtype=np.int64),
        remote_port=np.full(count, 8 * 256),
        proto=np.full(count, 1),
        tcp_flags=np.full(count, -1),
    )


def _attack(made_up: MadeUp, count: int, rng: np.random.Generator) -> Columns:
    """Every line at once, towards one victim."""
    return _columns(
        line=rng.integers(0, made_up.lines, count),
        remote=np.full(count, 777),
        direction=np.full(count, int(Direction.OUT)),
        line_port=_ephemeral(count, rng),
        remote_port=np.full(count, 80),
        proto=np.full(count, _TCP),
        tcp_flags=np.where(rng.random(count) < 0.5, _SYN, 0x10),
    )


def _columns(**columns: Ints) -> Columns:
    return columns


def _lines(made_up: MadeUp, count: int, rng: np.random.Generator) -> Ints:
    """Draw lines of which some are much more active than others."""
    return (made_up.lines * rng.random(count) ** 1.7).astype(np.int64)


def _bots(made_up: MadeUp, botnet: Ints, count: int, rng: np.random.Generator) -> Ints:
    """Draw bots, each in one botnet; botnets differ in size."""
    infected = max(_BOTNETS * 5, round(made_up.lines * made_up.infected))
    member = (rng.random(count) ** 2 * (infected // _BOTNETS)).astype(np.int64)
    place = member * _BOTNETS + botnet
    return _mixed(place, 6) % made_up.lines


def _zipf(among: int, count: int, rng: np.random.Generator) -> Ints:
    """Draw ranks with probability 1 / rank, from 0."""
    ranks = np.exp(rng.random(count) * np.log(among))
    return np.asarray(np.floor(ranks), dtype=np.int64)


def _ephemeral(count: int, rng: np.random.Generator) -> Ints:
    return rng.integers(32_768, 61_000, count)


def _flags(direction: Ints, rng: np.random.Generator) -> Ints:
    """Draw what one sampled packet of a conversation shows."""
    common = np.array([0x10] * 13 + [0x18] * 5 + [0x11, 0x04], dtype=np.int64)
    flags = rng.choice(common, direction.size)
    opening = rng.random(direction.size) < 0.02
    opened = np.where(direction == int(Direction.OUT), _SYN, 0x12)
    return np.asarray(np.where(opening, opened, flags), dtype=np.int64)


def _address(remote: Ints) -> tuple[Ints, Ints]:
    """Place remotes: six in seven in 240.0.0.0/4, the others in 2001:db8::/32."""
    mixed = _mixed(remote, 7)
    v4 = mixed % 7 > 0
    low = (0xFFFF << 32) | (0xF0000000 + _mixed(remote, 8) % (2**28 - 1))
    return (
        np.where(v4, 0, (0x20010DB8 << 32) | (mixed & 0xFFFFFFFF)),
        np.where(v4, low, _mixed(remote, 9) >> 1),
    )


def _mixed(number: Ints, salt: int) -> Ints:
    """Scatter numbers over 63 bits, the same each time (SplitMix64's finaliser)."""
    mixed = number.astype(np.uint64) + np.uint64(salt * 0x9E3779B97F4A7C15 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed = (mixed ^ (mixed >> np.uint64(31))) >> np.uint64(1)
    return np.asarray(mixed, dtype=np.int64)
