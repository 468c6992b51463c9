"""Writes a world of profiles as files like those of any other world."""

import csv
import json
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hinomi.bench.addressing import (
    OWN_V6,
    OWN_V6_PREFIX,
    REMOTE_V6,
    is_own,
    render_code,
    render_codes,
)
from hinomi.bench.profiled.draws import Draws, Wholes
from hinomi.bench.profiled.lines import Lines
from hinomi.bench.profiled.scene import INTERVAL
from hinomi.bench.profiled.sheet import Records
from hinomi.bench.profiled.world import World, compose
from hinomi.bench.recording import SCHEMA
from hinomi.bench.spec import DAY_MS
from hinomi.bench.writing import LIST_COLUMNS, TRUTH_COLUMNS
from hinomi.model.protocol import render_protocol

_FIRST_MS: Final = 1_767_225_600_000  # 2026-01-01: a window begins within
_WITHIN_DAYS: Final = 300
_EXPORTERS: Final = ("edge-a", "edge-b", "edge-c")
_ROW_GROUP: Final = 1_000_000
_MORE_COLUMNS: Final = ("bots", "members", "design")


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
        ValueError: If there is no such kind, or the scale leaves too few lines.
    """
    world = compose(kind, seed, scale)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("flows*.parquet"):
        old.unlink()
    paths = {name: folder / f"{name}.csv" for name in world.lesson.lists}
    for name, rows in world.lesson.lists.items():
        _write_csv(paths[name], LIST_COLUMNS, rows)
    paths["truth"] = folder / "truth.csv"
    _write_csv(paths["truth"], (*TRUTH_COLUMNS, *_MORE_COLUMNS), _truth(world))
    paths["own-networks"] = folder / "own-networks.txt"
    blocks = [f"{render_code(code)}/16" for code in world.scene.lines.blocks.tolist()]
    networks = "\n".join([*blocks, OWN_V6_PREFIX])
    paths["own-networks"].write_text(f"{networks}\n", encoding="utf-8")
    paths["world"] = folder / "world.json"
    said = {"school": "profiled", "kind": kind, "seed": seed, "scale": scale}
    versions = {name: metadata.version(name) for name in ("hinomi", "numpy", "pyarrow")}
    document = json.dumps({**said, "versions": versions}, indent=1)
    paths["world"].write_text(f"{document}\n", encoding="utf-8")
    paths["flows"] = folder / "flows.parquet"
    starts_ms = _FIRST_MS + DAY_MS * Draws(seed, kind, "date").whole(0, _WITHIN_DAYS)
    _write_flows(paths["flows"], world.records, world.scene.lines, starts_ms)
    return paths


def _truth(world: World) -> list[tuple[object, ...]]:
    """Give one row a named service, in the order of the columns."""
    designs = {family.name: family.design.value for family in world.under.families}
    rows: list[tuple[object, ...]] = []
    for service, entry in world.scene.book.entries.items():
        code, proto, port = service
        seen = world.sightings.get(service)
        rows.append((
            render_code(code),
            render_protocol(proto),
            port,
            entry.family,
            entry.tier or "",
            entry.label,
            int(service in world.lesson.known),
            int(seen is not None and seen.detectable),
            "" if seen is None else seen.seen,
            "" if seen is None else seen.members,
            designs.get(entry.family, ""),
        ))  # fmt: skip
    return rows


def _write_flows(path: Path, records: Records, lines: Lines, starts_ms: int) -> None:
    order = np.argsort(records.ts_ms, kind="stable")
    # Without the Arrow schema every reader takes the addresses for plain text.
    with pq.ParquetWriter(path, SCHEMA, compression="zstd", store_schema=False) as writer:
        for first in range(0, order.size, _ROW_GROUP):
            rows = order[first : first + _ROW_GROUP]
            writer.write_table(_table(records, rows, lines, starts_ms))


def _table(records: Records, rows: Wholes, lines: Lines, starts_ms: int) -> pa.Table:
    """Give some records as rows of SCHEMA."""
    exporter = _exporters(records, rows, lines)
    columns = {
        "ts_ms": records.ts_ms[rows] + starts_ms,
        "exporter": pa.DictionaryArray.from_arrays(exporter, pa.array(_EXPORTERS)),
        "sampling_interval": np.full(rows.size, INTERVAL),
        "proto": records.proto[rows],
        "src_addr": render_codes(records.src[rows]),
        "dst_addr": render_codes(records.dst[rows]),
        "src_port": records.src_port[rows],
        "dst_port": records.dst_port[rows],
        "tcp_flags": records.flags[rows],
        "packets": records.packets[rows],
        "bytes": records.octets[rows],
        "duration_ms": records.duration_ms[rows],
        "ingress": records.ingress[rows],
    }
    return pa.table(
        [
            values if isinstance(values, pa.Array) else pa.array(values, SCHEMA.field(name).type)
            for name, values in columns.items()
        ],
        schema=SCHEMA,
    )


def _exporters(records: Records, rows: Wholes, lines: Lines) -> pa.Array:
    """Tell which router a packet passes: the own end decides, by its block."""
    src, dst = records.src[rows], records.dst[rows]
    near = np.where(is_own(src), src, dst)
    is_v6 = is_own(near) & (near >= OWN_V6)
    line = np.where(is_v6, (near & ~OWN_V6) >> 32, 0)
    near = np.where(is_v6, lines.blocks[lines.block[line]], near & ~REMOTE_V6)
    return pa.array(((near >> 16) % len(_EXPORTERS)).astype(np.int32))


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
