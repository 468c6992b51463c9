"""Writes a world as files that init, import, lists and context take like anybody's."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hinomi.bench.recording import SCHEMA
from hinomi.bench.replays import NETWORK, ReplaySpec, plain_flows, replay_world
from hinomi.bench.spec import DAY_MS, WorldSpec
from hinomi.bench.teachers import LISTS
from hinomi.bench.world import Knowledge, World, observe
from hinomi.store.durable import on_disk, require_folder_place

TRUTH_COLUMNS: Final = (
    "address", "protocol", "port", "family", "tier", "label", "known", "detectable",
)  # fmt: skip
"""What a truth must state; further columns follow it."""

LIST_COLUMNS: Final = ("address", "protocol", "port")

_ROW_GROUP: Final = 1_000_000  # Records; what one reader holds at a time.
_DICTIONARY_BYTES: Final = 64 << 20  # The addresses of a row group, each once.


def make_world(spec: WorldSpec, folder: Path) -> int:
    """
    Draw a world straight to disk: memory does not grow with the records.

    Args:
        spec: The world.
        folder: Created if missing; files of the same names are replaced.

    Returns:
        How many records lie in ``flows-01.parquet`` and so on, one file a day.

    Raises:
        Unavailable: If the disk refuses.
    """
    with on_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with DayFiles(folder, spec.starts_ms) as days:
            known = observe(spec, days.take)
        write_knowledge(known, folder)
    return days.records


def make_replay(captures: Path, spec: ReplaySpec, folder: Path) -> int:
    """
    Compose a world of real captures and write it as files like those of a drawn one.

    There are no routes and allocations: the addresses are real, and so would they have to be.
    Of the lists, only the known C&C servers hold anything.

    Args:
        captures: Folder of captures (`bench.captures`).
        spec: What is replayed.
        folder: Created if missing; files of the same names are replaced.

    Returns:
        How many records were written.

    Raises:
        NotFound: If there are no captures.
        MalformedDocument: If their truth cannot be read.
        Unavailable: If the disk refuses.
    """
    require_folder_place(folder)
    replayed = replay_world(captures, spec)
    with on_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with DayFiles(folder, spec.starts_ms) as days:
            for first in range(0, replayed.records.num_rows, _ROW_GROUP):
                days.take(plain_flows(replayed.records.slice(first, _ROW_GROUP)))
        said = {"kind": "replay", "split": spec.split, "seed": spec.seed}
        _write_json(folder / "world.json", said | {"versions": _versions(), "spec": asdict(spec)})
        (folder / "own-networks.txt").write_text(f"{NETWORK}\n", encoding="utf-8")
        for name in LISTS:
            rows = replayed.known if name == "known-cc" else []
            _write_csv(folder / f"{name}.csv", LIST_COLUMNS, rows)
        columns = list(replayed.truth[0]) if replayed.truth else list(TRUTH_COLUMNS)
        truth = [
            ["" if row[name] is None else row[name] for name in columns] for row in replayed.truth
        ]
        _write_csv(folder / "truth.csv", columns, truth)
    return days.records


def write_world(world: World, folder: Path) -> dict[str, Path]:
    """
    Write a world that lies in memory: as `make_world`, but in one file ``flows.parquet``.

    Returns:
        The path of each file by its name without ending: ``flows``, ``own-networks``,
        ``truth``, the names of the lists, and so on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = write_knowledge(world, folder)
    paths["flows"] = folder / "flows.parquet"
    pq.write_table(world.flows, paths["flows"], compression="zstd")
    return paths


def write_knowledge(known: Knowledge, folder: Path) -> dict[str, Path]:
    """Write everything of a world but its flows; give the paths by name."""
    header = "# prefix,kind,line_bits,customer: synthetic ranges, nobody's addresses\n"
    lines = [",".join(str(column) for column in row) for row in known.networks]
    texts = {"own-networks.txt": header + "\n".join(lines) + "\n", **known.papers}
    _write_json(folder / "world.json", _describe(known.spec))
    paths = {"world": folder / "world.json"}
    for name, text in texts.items():
        paths[Path(name).stem] = folder / name
        (folder / name).write_text(text, encoding="utf-8")
    for name, rows in known.lists.items():
        paths[name] = folder / f"{name}.csv"
        _write_csv(paths[name], LIST_COLUMNS, rows)
    columns = [*TRUTH_COLUMNS, *(n for n in known.truth.column_names if n not in TRUTH_COLUMNS)]
    truth = [
        ["" if row[name] is None else row[name] for name in columns]
        for row in known.truth.to_pylist()
    ]
    paths["truth"] = folder / "truth.csv"
    _write_csv(paths["truth"], columns, truth)
    return paths


class DayFiles:
    """Writes flow records in order of time into one Parquet file a day."""

    def __init__(self, folder: Path, starts_ms: int) -> None:
        """Begin with the day of *starts_ms*; files ``flows-*.parquet`` of before are removed."""
        for old in folder.glob("flows*.parquet"):
            old.unlink()
        self._folder, self._starts_ms = folder, starts_ms
        self._day, self._writer = -1, None
        self._waiting: list[pa.Table] = []
        self.records = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def take(self, table: pa.Table) -> None:
        """Take records that follow on those before; they may cross midnight."""
        ts_ms = table["ts_ms"].to_numpy()
        days = (ts_ms - self._starts_ms) // DAY_MS
        for day in np.unique(days).tolist():
            first, last = np.searchsorted(days, [day, day + 1]).tolist()
            if day > self._day:
                self._close()
                self._open(day)
            self._waiting.append(table.slice(first, last - first))
            self.records += last - first
            if sum(each.num_rows for each in self._waiting) >= _ROW_GROUP:
                self._flush()

    def _open(self, day: int) -> None:
        self._day = day
        # Without the Arrow schema every reader takes the addresses for plain text.
        self._writer = pq.ParquetWriter(
            self._folder / f"flows-{day + 1:02}.parquet",
            SCHEMA,
            compression="zstd",
            store_schema=False,
            dictionary_pagesize_limit=_DICTIONARY_BYTES,
        )

    def _flush(self) -> None:
        if self._writer is not None and self._waiting:
            table = pa.concat_tables(self._waiting).unify_dictionaries().combine_chunks()
            self._writer.write_table(table, row_group_size=2 * _ROW_GROUP)
        self._waiting = []

    def _close(self) -> None:
        if self._writer is not None:
            self._flush()
            self._writer.close()
            self._writer = None


def _describe(spec: WorldSpec) -> dict[str, Any]:
    said = {"kind": spec.kind, "split": spec.split, "seed": spec.seed}
    return said | {"versions": _versions(), "spec": asdict(spec)}


def _versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in ("hinomi", "numpy", "pyarrow")}


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
