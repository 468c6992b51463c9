"""
The second kind of world: real captures replayed from many lines into a real background.

Each infected host of a capture becomes a family: as many lines as are drawn do what it did,
each at times of its own and with others of its own, over and over until the window is full.
Everyone else does what hosts of benign captures did; some do what an infected host did
besides being infected. Packets are sampled 1 in N. The background's own lines begin at a time
of their own, since such files hold minutes. Own addresses are synthetic, all others are those
of the captures: such a world is for measuring, not for publishing.
"""

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from hinomi.bench.addressing import OWN_V4
from hinomi.bench.captures import (
    Infection,
    Numbers,
    read_background,
    read_infections,
    read_people,
)
from hinomi.bench.compose import replay
from hinomi.bench.individuals import (
    USUAL_PORTS,
    Mask,
    individualise,
    rarity,
    scanned_ports,
)
from hinomi.bench.recording import SCHEMA
from hinomi.bench.replaytruth import meets, sent_by_line, truth_beside, truth_of
from hinomi.bench.sampling import scatter
from hinomi.bench.spec import DAY_MS
from hinomi.model.address import Address, render_address
from hinomi.model.flow import RECORDS, Ingress

NETWORK: Final = "198.18.0.0/15,ppp,32,private"

_MOST_LINES: Final = 60_000
_STRIDE: Final = 40_507  # Odd: visits each place of the /15 once.
_V4_MAPPED: Final = 0xFFFF << 32
_MOST_REPEATS: Final = 60
_BOTS: Final = (20, 200)  # Lines of a family, on a scale of orders of magnitude.
_KNOWN: Final = 0.35  # Share of the families whose server is listed.
_COINFECTED: Final = 0.3  # Share of a family's lines that another has too: IEICE 2025.
_TWINS: Final = 3  # For each bot so many lines have the same programs without the infection.
_OWN_NETWORKS: Final = 3  # So many /16 of the background count as own.


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySpec:
    """What is replayed, and how it is observed."""

    seed: int = 1
    split: str = "development"
    lines: int = 6_000
    days: int = 3
    interval: int = 10_000
    starts_ms: int = 1_748_822_400_000  # 2025-06-02T00:00Z, a Monday.

    def __post_init__(self) -> None:
        if not 10 * _BOTS[0] <= self.lines <= _MOST_LINES:
            raise ValueError(f"a replayed world has {10 * _BOTS[0]} to {_MOST_LINES} lines")

    @property
    def window_ms(self) -> tuple[int, int]:
        """Start and end."""
        return self.starts_ms, self.starts_ms + self.days * DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A replayed world."""

    records: pa.Table  # `model.flow.RECORDS`, ascending by time.
    truth: list[dict[str, object]]  # Rows as a truth has them.
    known: list[tuple[str, str, str]]  # The known-C&C list.


def replay_world(folder: Path, spec: ReplaySpec) -> Replayed:
    """
    Compose a world from the captures in *folder* (`bench.captures`).

    Raises:
        NotFound: If there are no captures with a truth.
    """
    rng = np.random.default_rng([spec.seed, zlib.crc32(spec.split.encode())])
    infections = _of_split(list(read_infections(folder)), spec.split)
    tables = _background(folder, spec, rng) + _benign(folder, spec, rng)
    known = _known(infections, rng)
    infected, truth = np.empty(0, np.int64), []
    for name in dict.fromkeys(each.name for each in infections):
        servers = [each for each in infections if each.name == name]
        low, high = np.log(_BOTS)
        count = int(min(np.exp(rng.uniform(low, high)), spec.lines // 20))
        free = np.setdiff1d(np.arange(spec.lines), infected)
        again = rng.permutation(infected)[: int(count * _COINFECTED)]
        fresh = rng.choice(free, count - again.size, replace=False)
        done = _replayed(
            servers[0].records,
            servers[0].host,
            np.concatenate([again, fresh]),
            spec,
            rng,
            servers=servers,
        )
        infected = np.union1d(infected, fresh)
        twins = rng.choice(np.setdiff1d(free, fresh), count * _TWINS, replace=False)
        clean = servers[0].records.filter(pa.array(_is_usual(servers[0].records, servers)))
        tables += [done, _replayed(clean, servers[0].host, twins, spec, rng)]
        truth += [truth_of(each, done, count, known=name in known) for each in servers]
        truth += truth_beside(servers, done, count, truth)
    records = pa.concat_tables([RECORDS.empty_table(), *tables])
    listed = [
        (str(row["address"]), str(row["protocol"]), str(row["port"]))
        for row in truth
        if row["known"]
    ]
    return Replayed(records=records.sort_by("ts_ms"), truth=truth, known=listed)


def _known(infections: Sequence[Infection], rng: np.random.Generator) -> set[str]:
    """
    Draw which families' servers are listed.

    Of the certain ones one is listed and one is not, if there are two: without any, nothing
    would lead to the others, and without the others nothing would be to find.
    """
    names = list(dict.fromkeys(each.name for each in infections))
    known = {name for name in names if rng.random() < _KNOWN}
    certain = [name for name in names if any(e.is_certain for e in infections if e.name == name)]
    if len(certain) > 1:
        first, second = rng.permutation(len(certain))[:2].tolist()
        known = (known | {certain[first]}) - {certain[second]}
    return known


def _of_split(infections: Sequence[Infection], split: str) -> list[Infection]:
    """Keep every other family: which, never depends on the seed."""
    names = sorted({each.name for each in infections})
    mine = set(names[0::2] if split == "development" else names[1::2])
    return [each for each in infections if each.name in mine]


def _replayed(
    records: pa.Table,
    host: Address,
    lines: Numbers,
    spec: ReplaySpec,
    rng: np.random.Generator,
    *,
    servers: Sequence[Infection] = (),
) -> pa.Table:
    """Let lines do what a host did, as often as the window has room for, each in its way."""
    if not records.num_rows or not lines.size:
        return RECORDS.empty_table()
    begins_ms, ends_ms = spec.window_ms
    starts_ms = records["ts_ms"].to_numpy()
    span_ms = max(int(np.ptp(starts_ms)), 60_000)
    times = int(np.clip((ends_ms - begins_ms) // span_ms, 1, _MOST_REPEATS))
    step_ms = (ends_ms - begins_ms) // times
    place = records.schema.get_field_index("ts_ms")
    field = records.schema.field(place)
    repeated = pa.concat_tables(
        [
            records.set_column(place, field, pa.array(starts_ms + step_ms * time))
            for time in range(times)
        ]
    )
    clones = replay(
        repeated,
        host=host,
        victims=_addresses(lines),
        rng=rng,
        window_ms=spec.window_ms,
        interval=spec.interval,
    )
    kept = [server.server for server in servers]
    scanned = scanned_ports(records, host)
    return individualise(clones, sent_by_line(clones), scanned, kept, spec.seed)


def _benign(folder: Path, spec: ReplaySpec, rng: np.random.Generator) -> list[pa.Table]:
    """Let every line be one of the hosts of the benign captures."""
    people = list(read_people(folder))
    if not people:
        return []
    fellows = Counter(person.name for person in people)
    weight = np.array(
        [rarity(person.records, person.host) / fellows[person.name] for person in people]
    )
    who = rng.choice(len(people), spec.lines, p=weight / weight.sum())
    return [
        _replayed(person.records, person.host, np.flatnonzero(who == index), spec, rng)
        for index, person in enumerate(people)
    ]


def _background(folder: Path, spec: ReplaySpec, rng: np.random.Generator) -> list[pa.Table]:
    """
    Take a provider's sampled flows as those of our lines.

    Most records stand for one sampled packet, multiplied by the exporter: divided back they
    are what 1 in N leaves. The busiest /16s count as own.
    """
    records = read_background(folder)
    if records is None:
        return []
    halves = {end: records[f"{end}_hi"].to_numpy() for end in ("src", "dst")}
    scaled = records["counts_scaled"].to_numpy() == 1
    records = records.filter(pa.array((halves["src"] == 0) & (halves["dst"] == 0) & scaled))
    lows = {end: records[f"{end}_lo"].to_numpy() & 0xFFFFFFFF for end in ("src", "dst")}
    network, met = np.unique(np.concatenate(list(lows.values())) >> 16, return_counts=True)
    own = network[np.argsort(-met, kind="stable")][:_OWN_NETWORKS]
    inside = {end: np.isin(low >> 16, own) for end, low in lows.items()}
    rows = inside["src"] != inside["dst"]
    records = records.filter(pa.array(rows))
    near = np.where(inside["src"], lows["src"], lows["dst"])[rows]
    host, which = np.unique(near, return_inverse=True)
    tables = []
    for first in range(0, spec.lines, max(host.size, 1)):
        line = (np.arange(host.size) + first)[which]
        kept = np.flatnonzero(line < spec.lines)
        moved = _moved(records.take(pa.array(kept)), line[kept], inside["src"][rows][kept])
        tables.append(_spread(moved, line[kept] - first, host.size, spec, rng))
    return tables


def _moved(records: pa.Table, line: Numbers, is_source: Mask) -> pa.Table:
    """Give the own end of each record the address of a line."""
    hi, lo = _addresses(line)
    for end, mine in (("src", is_source), ("dst", ~is_source)):
        for half, value in (("hi", hi), ("lo", lo)):
            name = f"{end}_{half}"
            before = records[name].to_numpy()
            records = _with(records, name, np.where(mine, value, before))
    return records


def _spread(
    records: pa.Table, line: Numbers, lines: int, spec: ReplaySpec, rng: np.random.Generator
) -> pa.Table:
    """Let every line begin at a time of its own, and divide multiplied counters back."""
    begins_ms, ends_ms = spec.window_ms
    shift_ms = rng.integers(0, ends_ms - begins_ms, lines)[line]
    packets = records["packets"].to_numpy()
    usual = int(np.bincount(packets).argmax()) if packets.size else 1
    changed = {
        "ts_ms": begins_ms + (records["ts_ms"].to_numpy() + shift_ms) % (ends_ms - begins_ms),
        "packets": np.maximum(packets // usual, 1),
        "bytes": np.maximum(records["bytes"].to_numpy() // usual, 20),
        "counts_scaled": np.zeros(packets.size, np.int64),
        "sampling_interval": np.full(packets.size, spec.interval),
    }
    for name, values in changed.items():
        records = _with(records, name, values)
    return records


def _with(records: pa.Table, name: str, values: Numbers) -> pa.Table:
    place = records.schema.get_field_index(name)
    field = records.schema.field(place)
    return records.set_column(place, field, pa.array(values).cast(field.type))


def _is_usual(records: pa.Table, servers: Sequence[Infection]) -> Mask:
    """Mark what an infected host does as others do: usual ports, and none of its C&C servers."""
    source, target = records["src_port"].to_numpy(), records["dst_port"].to_numpy()
    usual: Mask = np.isin(source, USUAL_PORTS) | np.isin(target, USUAL_PORTS)
    for server in servers:
        usual &= ~meets(records, server.server)
    return usual


def _addresses(lines: Numbers) -> tuple[Numbers, Numbers]:
    places = (np.asarray(lines, np.int64) + 1) * _STRIDE % (1 << 17)
    return np.zeros(places.size, np.int64), _V4_MAPPED | (OWN_V4 + places)


def plain_flows(records: pa.Table) -> pa.Table:
    """Turn replayed records into `recording.SCHEMA`: addresses as text, one exporter."""
    count = records.num_rows
    is_own = sent_by_line(records)
    columns = {
        "exporter": pa.DictionaryArray.from_arrays(
            pa.array(np.zeros(count, np.int32)), pa.array(["edge-1"])
        ),
        "src_addr": _texts(records, "src"),
        "dst_addr": _texts(records, "dst"),
        "ingress": pa.array(np.where(is_own, Ingress.SUBSCRIBER, Ingress.TRANSIT)),
    }
    arrays = [
        columns[field.name].cast(field.type)
        if field.name in columns
        else records[field.name].cast(field.type)
        for field in SCHEMA
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _texts(records: pa.Table, end: str) -> pa.DictionaryArray:
    hi, lo = (records[f"{end}_{half}"].to_numpy() for half in ("hi", "lo"))
    keys = scatter(hi, lo)
    _, first, where = np.unique(keys, return_index=True, return_inverse=True)
    texts = [
        render_address(Address(high, low))
        for high, low in zip(hi[first].tolist(), lo[first].tolist(), strict=True)
    ]
    return pa.DictionaryArray.from_arrays(pa.array(where.astype(np.int32)), pa.array(texts))
