"""Writes records, and what is true, as the files that all worlds consist of."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

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
from hinomi.bench.ground.book import Book, Service, Sighting
from hinomi.bench.ground.draws import Draws, Wholes
from hinomi.bench.ground.lines import Lines
from hinomi.bench.ground.records import Records
from hinomi.bench.recording import SCHEMA
from hinomi.bench.spec import DAY_MS
from hinomi.bench.teachers import ListRow
from hinomi.bench.writing import LIST_COLUMNS, TRUTH_COLUMNS
from hinomi.model.protocol import render_protocol

_FIRST_MS: Final = 1_767_225_600_000  # 2026-01-01: a window begins within
_WITHIN_DAYS: Final = 300
_EXPORTERS: Final = ("edge-a", "edge-b", "edge-c")
_ROW_GROUP: Final = 1_000_000
_MORE_COLUMNS: Final = ("bots", "members", "design")


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """A drawn world, as far as it is written down."""

    records: Records  # Times since the window began.
    lines: Lines
    book: Book
    sightings: Mapping[Service, Sighting]
    known: set[Service]
    designs: Mapping[str, str]  # By family.
    lists: Mapping[str, Sequence[ListRow]]
    starts_ms: int  # When the window begins, ms since the Unix epoch.
    interval: int  # N of 1-in-N.


def write_papers(
    folder: Path, papers: Papers, drawn: Mapping[str, Any], laws: Mapping[str, Any] | None = None
) -> dict[str, Path]:
    """
    Write a world as files.

    Args:
        folder: Created if missing; files of the same names are replaced.
        papers: The world.
        drawn: School, kind, seed and scale.
        laws: What else it was drawn from, if it says so.

    Returns:
        The path of each file by its name without ending.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("flows*.parquet"):
        old.unlink()
    paths = write_lists(folder, papers.lists)
    for name in ("truth.csv", "own-networks.txt", "world.json", "flows.parquet"):
        paths[Path(name).stem] = folder / name
    write_truth(paths["truth"], papers.book, papers.sightings, papers.known, papers.designs)
    write_networks(paths["own-networks"], papers.lines)
    versions = {name: metadata.version(name) for name in ("hinomi", "numpy", "pyarrow")}
    document = {**drawn, "versions": versions, **({} if laws is None else {"laws": laws})}
    paths["world"].write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    write_flows(
        paths["flows"],
        papers.records,
        papers.lines,
        starts_ms=papers.starts_ms,
        interval=papers.interval,
    )
    return paths


def window_start(draws: Draws) -> int:
    """Draw the day on which a window begins, ms since the Unix epoch."""
    return _FIRST_MS + DAY_MS * draws.whole(0, _WITHIN_DAYS)


def write_lists(folder: Path, lists: Mapping[str, Sequence[ListRow]]) -> dict[str, Path]:
    """Write the lists; give their paths by name."""
    paths = {name: folder / f"{name}.csv" for name in lists}
    for name, rows in lists.items():
        _write_csv(paths[name], LIST_COLUMNS, rows)
    return paths


def write_networks(path: Path, lines: Lines) -> None:
    """Write the own networks, one a line."""
    blocks = [f"{render_code(code)}/16" for code in lines.blocks.tolist()]
    networks = "\n".join([*blocks, OWN_V6_PREFIX])
    path.write_text(f"{networks}\n", encoding="utf-8")


def write_truth(
    path: Path,
    book: Book,
    sightings: Mapping[Service, Sighting],
    known: set[Service],
    designs: Mapping[str, str],
) -> None:
    """
    Write what is true, one row a named service.

    Args:
        path: The file.
        book: The named services.
        sightings: Who was sampled with each C&C server.
        known: Services on the list of known C&C servers.
        designs: What each family was drawn from.
    """
    rows = []
    for service, entry in book.entries.items():
        code, proto, port = service
        seen = sightings.get(service)
        rows.append((
            render_code(code),
            render_protocol(proto),
            port,
            entry.family,
            entry.tier or "",
            entry.label,
            int(service in known),
            int(seen is not None and seen.detectable),
            "" if seen is None else seen.seen,
            "" if seen is None else seen.members,
            designs.get(entry.family, ""),
        ))  # fmt: skip
    _write_csv(path, (*TRUTH_COLUMNS, *_MORE_COLUMNS), rows)


def write_flows(
    path: Path, records: Records, lines: Lines, *, starts_ms: int, interval: int
) -> None:
    """
    Write records in order of time, as rows of `recording.SCHEMA`.

    Args:
        path: The file.
        records: Times since the window began.
        lines: Whose addresses they have.
        starts_ms: When the window begins, ms since the Unix epoch.
        interval: N of 1-in-N.
    """
    order = np.argsort(records.ts_ms, kind="stable")
    # Without the Arrow schema every reader takes the addresses for plain text.
    with pq.ParquetWriter(path, SCHEMA, compression="zstd", store_schema=False) as writer:
        for first in range(0, order.size, _ROW_GROUP):
            rows = order[first : first + _ROW_GROUP]
            writer.write_table(_table(records, rows, lines, starts_ms, interval))


def _table(records: Records, rows: Wholes, lines: Lines, starts_ms: int, interval: int) -> pa.Table:
    """Give some records as rows of SCHEMA."""
    exporter = _exporters(records, rows, lines)
    columns = {
        "ts_ms": records.ts_ms[rows] + starts_ms,
        "exporter": pa.DictionaryArray.from_arrays(exporter, pa.array(_EXPORTERS)),
        "sampling_interval": np.full(rows.size, interval),
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
