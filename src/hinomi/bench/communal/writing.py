"""Writes a communal world as files like those of any other world."""

import csv
import json
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hinomi.bench.communal.chance import Ints
from hinomi.bench.communal.families import Family
from hinomi.bench.communal.kinds import HOUR_MS, INTERVAL, STARTS_MS, WEEK_MS
from hinomi.bench.communal.lines import EDGES
from hinomi.bench.communal.places import (
    LINES_V4,
    LINES_V6,
    MACHINES,
    REMOTE_V6,
    SHARED,
    render_place,
    render_places,
)
from hinomi.bench.communal.traffic import BORDERS, Packets
from hinomi.bench.communal.truth import SERVER, calls_a_day
from hinomi.bench.communal.world import World, draw_world
from hinomi.bench.recording import SCHEMA
from hinomi.bench.writing import LIST_COLUMNS, TRUTH_COLUMNS
from hinomi.model.protocol import Protocol, render_protocol

_FURTHER_COLUMNS: Final = ("clients", "bots", "members", "packets_a_day", "design")
_ROW_GROUP: Final = 1_000_000  # Records, about.
_SLICE_MS: Final = 12 * HOUR_MS  # Written at once.
_WRITTEN: Final = tuple(name for name in Packets.__slots__ if name not in {"line", "up"})
_DICTIONARY_BYTES: Final = 64 << 20  # The addresses of a row group, each once.
_IPV4_BITS: Final = 32


def build(kind: str, seed: int, scale: float, folder: Path) -> dict[str, Path]:
    """
    Draw a world and write it.

    Args:
        kind: ``dense`` or ``sparse``.
        seed: Fixes all that is drawn.
        scale: Of the number of lines; 1 is the whole size.
        folder: Created if missing; files of the same names are replaced.

    Returns:
        The path of each file by its name without ending.

    Raises:
        ValueError: If there is no such world.

    Notes:
        All packets lie in memory until they are written.
    """
    world = draw_world(kind, seed, scale)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("flows*.parquet"):
        old.unlink()
    paths = {"own-networks": folder / "own-networks.txt", "world": folder / "world.json"}
    paths["own-networks"].write_text(_networks(world), encoding="utf-8")
    said = {"school": "communal", "kind": kind, "seed": seed, "scale": scale}
    versions = {name: metadata.version(name) for name in ("hinomi", "numpy", "pyarrow")}
    document = json.dumps({**said, "versions": versions}, indent=1)
    paths["world"].write_text(f"{document}\n", encoding="utf-8")
    for name, rows in world.lists.rows.items():
        paths[name] = folder / f"{name}.csv"
        _write_csv(paths[name], LIST_COLUMNS, rows)
    paths["truth"] = folder / "truth.csv"
    _write_csv(paths["truth"], (*TRUTH_COLUMNS, *_FURTHER_COLUMNS), _truth(world))
    paths["flows"] = folder / "flows.parquet"
    _write_flows(paths["flows"], world.scene.traffic.parts)
    return paths


def _networks(world: World) -> str:
    """Name the own prefixes, and nothing more: that lines share addresses is not told."""
    lines = f"{render_place(LINES_V4)}/{_IPV4_BITS - world.scene.lines.bits}"
    prefixes = f"{SHARED}\n{MACHINES}\n{lines}\n{LINES_V6}"
    return f"# Synthetic ranges, nobody's addresses.\n{prefixes}\n"


def _truth(world: World) -> list[tuple[object, ...]]:
    """Give one row a named service, and one for each listed server that is long dead."""
    families = {family.name: family for family in world.plague.families}
    counted, known = world.counted, world.lists.known
    numbers = zip(
        counted.clients.tolist(), counted.bots.tolist(), counted.detectable.tolist(), strict=True
    )
    texts = render_places(np.array([named.code for named in world.named], np.int64)).to_pylist()
    rows: list[tuple[object, ...]] = []
    for text, named, (clients, bots, detectable) in zip(texts, world.named, numbers, strict=True):
        is_known = named.service in known and named.code < REMOTE_V6  # Lists name IPv4 only.
        rows.append((
            text, render_protocol(named.proto), named.port, named.family,
            named.tier or "", named.label, int(is_known), int(detectable), clients, bots,
            *_of_family(families.get(named.family), calling=named.label == SERVER, tier=named.tier),
        ))  # fmt: skip
    tcp = render_protocol(Protocol.TCP)
    rows.extend(
        (render_place(code), tcp, port, "", "", "dead-cc", 1, 0, 0, 0, "", "", "")
        for code, port in world.lists.long_dead
    )
    return rows


def _of_family(
    family: Family | None, *, calling: bool, tier: int
) -> tuple[int | str, float | str, str]:
    """Give members, packets a day of a bot with its first-tier server, and design."""
    if family is None:
        return "", "", ""
    pace = round(calls_a_day(family), 3) if calling and tier == 1 else ""
    return family.size, pace, family.design.value


def _write_flows(path: Path, parts: Sequence[Packets]) -> None:
    """Write all packets in order of time, some hours at once."""
    # Without the Arrow schema every reader takes the addresses for plain text.
    with pq.ParquetWriter(
        path,
        SCHEMA,
        compression="zstd",
        store_schema=False,
        dictionary_pagesize_limit=_DICTIONARY_BYTES,
    ) as writer:
        for first_ms in range(0, WEEK_MS, _SLICE_MS):
            columns = _gather(parts, first_ms, first_ms + _SLICE_MS)
            if columns["ts_ms"].size:
                writer.write_table(_table(columns), row_group_size=2 * _ROW_GROUP)


def _gather(parts: Sequence[Packets], first_ms: int, last_ms: int) -> dict[str, Ints]:
    """Give the packets from *first_ms* to before *last_ms* as columns, in order of time."""
    mine = [np.flatnonzero((part.ts_ms >= first_ms) & (part.ts_ms < last_ms)) for part in parts]
    columns = {
        name: np.concatenate([
            getattr(part, name)[some] for part, some in zip(parts, mine, strict=True)
        ])
        for name in _WRITTEN
    }  # fmt: skip
    order = np.argsort(columns["ts_ms"], kind="stable")
    return {name: column[order] for name, column in columns.items()}


def _table(columns: dict[str, Ints]) -> pa.Table:
    count = columns["ts_ms"].size
    routers = [f"edge-{number + 1}" for number in range(EDGES)]
    routers += [f"border-{number + 1}" for number in range(BORDERS)]
    arrays = {
        "ts_ms": pa.array(columns["ts_ms"] + STARTS_MS),
        "exporter": pa.DictionaryArray.from_arrays(
            pa.array(columns["router"].astype(np.int32)), pa.array(routers, pa.string())
        ),
        "sampling_interval": pa.array(np.full(count, INTERVAL, np.int32)),
        "src_addr": _texts(columns["src"]),
        "dst_addr": _texts(columns["dst"]),
        "tcp_flags": pa.array(columns["flags"].astype(np.int16)),
        "bytes": pa.array(columns["octets"].astype(np.int64)),
    }
    plain = [name for name in SCHEMA.names if name not in arrays]
    arrays |= {name: pa.array(columns[name]).cast(SCHEMA.field(name).type) for name in plain}
    return pa.table([arrays[name] for name in SCHEMA.names], schema=SCHEMA)


def _texts(codes: Ints) -> pa.DictionaryArray:
    """Render a column of codes, each distinct address once."""
    distinct, place = np.unique(codes, return_inverse=True)
    return pa.DictionaryArray.from_arrays(pa.array(place.astype(np.int32)), render_places(distinct))


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
