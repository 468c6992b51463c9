"""
Worlds composed of real captures, replayed from many lines and thinned 1 in 10,000.

The background is one home computer, an office, and a transit ISP's flows. The botnet does
what two captures show: it scans and loads as one Mirai bot does, and keeps in touch as one
QuasarRAT client does, some twenty sessions a day. No capture holds the servers that resemble
its C&C server without being one: those are drawn by `hinomi.bench`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from builders import NOON_MS
from captures import DATA, Label, capture, labels, own_networks
from hinomi.bench.compose import replay
from hinomi.bench.exchange import (
    ACK,
    SYN,
    Clock,
    Flows,
    Packets,
    Sessions,
    Shape,
    ephemeral_ports,
    join,
    lone_packets,
    meter,
    sample_flows,
    sample_sessions,
)
from hinomi.bench.sampling import sample_within
from hinomi.collect.files.catalogue import find_format
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.model.address import Address, parse_address, render_address
from hinomi.model.listed import ListKind
from hinomi.model.protocol import Protocol
from hinomi.model.service import Service
from hinomi.model.window import Window
from hinomi.services.detecting import Detection, run_detection
from wire import INTERVAL, OWN_V4, TCP, settle, v4

Numbers = NDArray[np.int64]

DAYS: Final = 3
WINDOW_MS: Final = (NOON_MS, NOON_MS + DAYS * 86_400_000)
V4_MAPPED: Final = 0xFFFF << 32
LINES: Final = 3_000
COINFECTED: Final = np.r_[:40, 200:230]  # With a second family, whose server is listed.
UNANSWERED: Final = np.arange(300, 460)  # Call a server that never answers.
CLEAN: Final = np.arange(500, LINES, 3)  # Have the same programs as the infected hosts.
OWNERS: Final = np.arange(1_000)  # Of the device that the bots run on.
FLOOD_S: Final = 900
FLOOD_PACKETS: Final = 48_000 * FLOOD_S
BOTNET: Final = {"mirai-class10": 24, "quasarrat": 60}  # Captures, and how often they happen.
TWINS: Final = BOTNET | {"androidtester": 1}

TRAPS: Final = {
    "vendor cloud": ("240.0.0.1", 8_600),
    "DDoS victim, ACK": ("240.0.0.2", 80),
    "DDoS victim, forged SYN": ("240.0.0.3", 443),
    "scan target": ("240.0.0.4", 23),
    "update server": ("240.0.0.5", 443),
    "loader": ("240.0.0.6", 80),
}


@dataclass(frozen=True, slots=True)
class Composed:
    """What came out of a composed world."""

    detection: Detection
    services: dict[str, Service]  # By role.
    records: int

    def rank(self, role: str) -> float:
        """Give the rank of a role; beyond all if nothing speaks for it."""
        ranked = [each.service for each in self.detection.candidates]
        service = self.services[role]
        return ranked.index(service) + 1 if service in ranked else float("inf")

    def probability(self, role: str) -> float:
        """Give the probability of a role; 0 if nothing speaks for it."""
        rank = self.rank(role)
        return 0.0 if rank == float("inf") else self.detection.candidates[int(rank) - 1].probability


def compose(folder: Path, seed: int, members: int) -> Composed:
    """
    Replay, thin, draw the traps, import, and detect.

    Args:
        folder: A new folder.
        seed: Fixes all that is drawn.
        members: Lines that belong to the botnet, at most 200.
    """
    bots = np.arange(members)
    rng = np.random.default_rng(seed)
    label = {each.name: each for each in labels()}
    isp, networks = _transit_isp(rng)
    tables = [
        *_background(rng),
        isp,
        *(_replay(name, bots, rng, times=times) for name, times in BOTNET.items()),
        _replay("androidtester", COINFECTED, rng),
        _replay("njrat", UNANSWERED, rng, times=12),
        *(_replay(name, CLEAN, rng, times=times, clean=True) for name, times in TWINS.items()),
    ]
    flows = pa.concat_tables([*(_as_text(table) for table in tables), _traps(bots, rng)])
    listed = label["androidtester"].service
    known = f"{listed.render_address()},tcp,{listed.port}"
    home, imported = settle(
        folder, flows, ["198.18.0.0/15", *networks], {ListKind.KNOWN_CC: [known]}
    )
    services = {
        role: Service(parse_address(text), TCP, port) for role, (text, port) in TRAPS.items()
    }
    services["C&C"] = label["quasarrat"].service
    services["listed C&C"] = listed
    services["C&C that never answers"] = label["njrat"].service
    services["loader of the capture"] = _beside(label["mirai-class10"], 80)
    services["C&C of the capture"] = label["mirai-class10"].service
    detection = run_detection(home, Window(), top=100_000)
    return Composed(detection, services, imported.files[0].records)


def _beside(label: Label, port: int) -> Service:
    return Service(label.service.address, TCP, port)


def _read(path: Path) -> pa.Table:
    found = find_format(path, None)
    assert found is not None
    return pa.Table.from_batches(list(found.read(path, ReadOptions(), Tally())))


def _busiest(records: pa.Table, count: int) -> list[Address]:
    """Give the private IPv4 hosts that most records have as an end."""
    low = np.concatenate([records[f"{end}_lo"].to_numpy() for end in ("src", "dst")])
    high = np.concatenate([records[f"{end}_hi"].to_numpy() for end in ("src", "dst")])
    number = low[high == 0] & 0xFFFFFFFF
    private = (number >> 16 == 0xC0A8) | (number >> 24 == 10) | (number >> 20 == 0xAC1)
    host, met = np.unique(number[private & (number & 255 != 255)], return_counts=True)
    return [Address(0, V4_MAPPED | int(each)) for each in host[np.argsort(-met)][:count]]


def _victims(lines: Sequence[int] | Numbers) -> tuple[Numbers, Numbers]:
    low = V4_MAPPED | _own(lines)
    return np.zeros(low.size, np.int64), low


def _own(lines: Sequence[int] | Numbers) -> Numbers:
    return OWN_V4 + 1 + np.asarray(lines, np.int64) * 13


def _repeated(records: pa.Table, times: int) -> pa.Table:
    """Let a capture happen several times, evenly over the window."""
    step_ms = (WINDOW_MS[1] - WINDOW_MS[0]) // times
    place = records.schema.get_field_index("ts_ms")
    starts = records["ts_ms"].to_numpy()
    return pa.concat_tables(
        [
            records.set_column(
                place, records.schema.field(place), pa.array(starts + step_ms * time)
            )
            for time in range(times)
        ]
    )


def _replay(
    name: str,
    lines: Numbers,
    rng: np.random.Generator,
    *,
    times: int = 1,
    host: Address | None = None,
    clean: bool = False,
) -> pa.Table:
    """Replay a capture from many lines; *clean*: less all that its infection did."""
    records = _read(capture(name))
    host = host or _busiest(records, 1)[0]
    if clean:
        records = records.filter(pa.array(~_of_the_infection(name, records)))
    return replay(
        _repeated(records, times),
        host=host,
        victims=_victims(lines),
        rng=rng,
        window_ms=WINDOW_MS,
        interval=INTERVAL,
    )


def _of_the_infection(name: str, records: pa.Table) -> NDArray[np.bool_]:
    """Mark the records of the labelled server's address, and of the scan for telnet."""
    is_part = np.zeros(records.num_rows, np.bool_)
    servers = [each.service.address for each in labels() if each.name == name]
    for end in ("src", "dst"):
        hi, lo = records[f"{end}_hi"].to_numpy(), records[f"{end}_lo"].to_numpy()
        for server in servers:
            is_part |= (hi == server.hi) & (lo == server.lo)
        if name == "mirai-class10":
            is_part |= records[f"{end}_port"].to_numpy() == 23
    return is_part


def _background(rng: np.random.Generator) -> list[pa.Table]:
    """Let every line be one of the hosts of the two benign captures."""
    (own,) = own_networks("windows-normal-008")
    host = parse_address(own.split("/")[0])
    tables = [_replay("windows-normal-008", np.arange(0, LINES, 2), rng, times=2, host=host)]
    office = _read(capture("office-lan"))
    hosts = _busiest(office, 10)
    for number, each in enumerate(hosts):
        lines = np.arange(1 + 2 * number, LINES, 2 * len(hosts))
        tables.append(_replay("office-lan", lines, rng, times=2, host=each))
    return tables


def _transit_isp(rng: np.random.Generator) -> tuple[pa.Table, list[str]]:
    """
    Take a transit ISP's sampled flows as those of a network of our own.

    Most records stand for one sampled packet, multiplied by the exporter: divided back they
    are what 1 in N leaves. The three busiest /16 count as own; each of their lines begins at
    a time of its own, since the file holds a few minutes only.
    """
    records = _read(DATA / "nfcapd" / "nfcapd-large-bz2")
    v4_only = (records["src_hi"].to_numpy() == 0) & (records["dst_hi"].to_numpy() == 0)
    records = records.filter(pa.array(v4_only & (records["counts_scaled"].to_numpy() == 1)))
    source, target = (records[f"{end}_lo"].to_numpy() & 0xFFFFFFFF for end in ("src", "dst"))
    network, met = np.unique(np.concatenate([source, target]) >> 16, return_counts=True)
    own = network[np.argsort(-met)][:3]
    near = np.where(np.isin(source >> 16, own), source, target)
    line, which = np.unique(near, return_inverse=True)
    length_ms = WINDOW_MS[1] - WINDOW_MS[0]
    shift_ms = rng.integers(0, length_ms, line.size)[which]
    packets = records["packets"].to_numpy()
    usual = int(np.bincount(packets).argmax())
    once = {
        "ts_ms": WINDOW_MS[0] + (records["ts_ms"].to_numpy() + shift_ms) % length_ms,
        "packets": np.maximum(packets // usual, 1),
        "bytes": records["bytes"].to_numpy() // usual,
        "counts_scaled": np.zeros(packets.size, np.int64),
        "sampling_interval": np.full(packets.size, INTERVAL),
    }
    for name, values in once.items():
        place = records.schema.get_field_index(name)
        field = records.schema.field(place)
        records = records.set_column(place, field, pa.array(values).cast(field.type))
    return records, [f"{int(each) >> 8}.{int(each) & 255}.0.0/16" for each in own]


def _traps(bots: Numbers, rng: np.random.Generator) -> pa.Table:
    """Draw, packet by packet, what no capture holds."""
    code = {role: v4(text) for role, (text, _) in TRAPS.items()}
    ordinary = rng.choice(LINES, 2_000, replace=False)
    parts = [
        _standing(code["vendor cloud"], 8_600, OWNERS, rng),
        _visits(code["update server"], 443, ordinary, rng, packets=3_000, down=1_400, times=4),
        _visits(code["loader"], 80, bots, rng, packets=600, down=1_400, times=12),
        _visits(code["scan target"], 23, bots, rng, packets=300, down=70, times=12),
        _visits(code["DDoS victim, ACK"], 80, ordinary[:60], rng, packets=900, down=900, times=4),
        _flood(code["DDoS victim, ACK"], 80, _own(bots), ACK, rng),
        _flood(code["DDoS victim, forged SYN"], 443, _own(np.arange(LINES)), SYN, rng),
    ]
    records = meter(join(parts))
    first = records.first
    return _table(
        {
            "ts_ms": first.ts_ms,
            "sampling_interval": np.full(first.ts_ms.size, INTERVAL),
            "proto": first.proto,
            "src_port": first.src_port,
            "dst_port": first.dst_port,
            "tcp_flags": first.flags,
            "packets": records.packets,
            "bytes": records.octets,
            "duration_ms": records.duration_ms,
        },
        (np.zeros_like(first.src), V4_MAPPED | first.src),
        (np.zeros_like(first.dst), V4_MAPPED | first.dst),
    )


def _standing(server: int, port: int, lines: Numbers, rng: np.random.Generator) -> Packets:
    count = lines.size
    sessions = Sessions(
        client=_own(lines),
        server=np.full(count, server, np.int64),
        port=np.full(count, port, np.int32),
        start_ms=np.full(count, WINDOW_MS[0], np.int64),
        end_ms=np.full(count, WINDOW_MS[1], np.int64),
        period_ms=np.full(count, 60_000, np.int64),
    )
    clock = Clock(proto=TCP, per_tick=3, up_bytes=92, down_bytes=90)
    return sample_sessions(sessions, clock, INTERVAL, rng)


def _visits(
    server: int,
    port: int,
    lines: Numbers,
    rng: np.random.Generator,
    *,
    packets: int,
    down: int,
    times: int,
) -> Packets:
    client = np.repeat(_own(lines), times)
    flows = Flows(
        client=client,
        server=np.full(client.size, server, np.int64),
        port=np.full(client.size, port, np.int32),
        start_ms=rng.integers(*WINDOW_MS, client.size),
        duration_ms=np.full(client.size, 20_000, np.int64),
        packets=np.maximum(rng.poisson(packets, client.size), 4).astype(np.int64),
    )
    shape = Shape(proto=TCP, up_share=0.4, up_bytes=70, down_bytes=down)
    return sample_flows(flows, shape, INTERVAL, rng, met=False)


def _flood(
    server: int, port: int, sources: Numbers, flags: int, rng: np.random.Generator
) -> Packets:
    """Flood for a quarter of an hour, whoever the sources are, or are said to be."""
    total = FLOOD_PACKETS // sources.size
    source, position = sample_within(np.full(sources.size, total, np.int64), INTERVAL, rng)
    begin_ms = int(rng.integers(WINDOW_MS[0], WINDOW_MS[1] - FLOOD_S * 1_000))
    return lone_packets(
        ts_ms=begin_ms + position * FLOOD_S * 1_000 // total,
        src=sources[source],
        dst=np.full(source.size, server, np.int64),
        ports=(ephemeral_ports(source.size, rng), np.full(source.size, port, np.int32)),
        proto=int(Protocol.TCP),
        flags=flags,
        size=552 if flags == ACK else 60,
    )


def _as_text(records: pa.Table) -> pa.Table:
    """Turn `model.flow.RECORDS` into the plain flow table."""
    names = (
        "ts_ms", "sampling_interval", "proto", "src_port", "dst_port", "tcp_flags", "packets",
        "bytes", "duration_ms",
    )  # fmt: skip
    halves = {
        end: (records[f"{end}_hi"].to_numpy(), records[f"{end}_lo"].to_numpy())
        for end in ("src", "dst")
    }
    columns = {name: records[name].to_numpy() for name in names}
    return _table(columns, halves["src"], halves["dst"])


def _table(
    columns: dict[str, NDArray[np.generic]],
    source: tuple[Numbers, Numbers],
    target: tuple[Numbers, Numbers],
) -> pa.Table:
    return pa.table(
        {
            **{name: pa.array(column).cast(pa.int64()) for name, column in columns.items()},
            "src_addr": _texts(*source),
            "dst_addr": _texts(*target),
        }
    )


def _texts(hi: Numbers, lo: Numbers) -> pa.Array:
    distinct, where = np.unique(np.stack([hi, lo]), axis=1, return_inverse=True)
    texts = [render_address(Address(int(h), int(low))) for h, low in distinct.T]
    return pa.DictionaryArray.from_arrays(pa.array(where.ravel()), pa.array(texts)).cast(
        pa.string()
    )
