"""
A small synthetic ISP with known truth, as its routers would report it at 1 in N.

The addresses are those of `bench.addressing`: nothing real can be named. What is drawn, and
from which source its size comes, stands in `bench.spec`.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hinomi.bench.addressing import OWN_NETWORKS, OWN_V6, Allocation, render_codes
from hinomi.bench.benign import live
from hinomi.bench.botnets import infest
from hinomi.bench.devices import connect
from hinomi.bench.exchange import Metered, join, meter
from hinomi.bench.population import Scene, settle, stream
from hinomi.bench.spec import WorldSpec
from hinomi.bench.teachers import LISTS, ListRow, teach
from hinomi.bench.traps import set_traps
from hinomi.bench.truth import tabulate

TRUTH_COLUMNS: Final = (
    "address", "protocol", "port", "family", "tier", "label", "known", "detectable",
)  # fmt: skip

_EXPORTERS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A world as observed, with everything that is true in it."""

    spec: WorldSpec
    flows: pa.Table  # Plain flow table (design.md, section 2), ascending by time.
    truth: pa.Table  # `truth.tabulate`: one row a named service.
    lists: dict[str, tuple[ListRow, ...]]  # By the names of LISTS.


def build_world(spec: WorldSpec) -> World:
    """
    Draw a world: the same spec gives the same world, to the last record.

    Raises:
        ValueError: If the spec asks for more than the synthetic prefixes hold.
    """
    salt = int(stream(spec, "addresses").integers(2**28))
    scene = Scene(spec, settle(spec), Allocation(salt))
    parts = [live(scene), connect(scene)]
    plague, herds = infest(scene)
    services = [service for part in (*parts, plague) for service in part.services]
    traps = set_traps(scene, herds, services)
    services.extend(traps.services)
    packets = join([sampled for part in (*parts, plague, traps) for sampled in part.packets])
    records = meter(packets)
    lesson = teach(scene, herds, services)
    return World(
        spec=spec,
        flows=_flow_table(records, spec),
        truth=tabulate(lesson.services, records),
        lists=lesson.lists,
    )


def write_world(world: World, folder: Path) -> dict[str, Path]:
    """
    Write a world as files: flows, own networks, lists, truth.

    Args:
        world: The world.
        folder: Created if missing; files of the same names are replaced.

    Returns:
        The path of each file by its name without ending: ``flows``, ``own-networks``,
        ``truth`` and the names of LISTS.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.csv" for name in (*LISTS, "truth")}
    paths["flows"] = folder / "flows.parquet"
    paths["own-networks"] = folder / "own-networks.txt"
    pq.write_table(world.flows, paths["flows"], compression="zstd")
    header = "# prefix,kind,line_bits,customer: synthetic ranges, nobody's addresses\n"
    lines = [",".join(str(column) for column in row) for row in OWN_NETWORKS]
    paths["own-networks"].write_text(header + "\n".join(lines) + "\n", encoding="utf-8")
    for name in LISTS:
        _write_csv(paths[name], ("address", "protocol", "port"), world.lists[name])
    truth = world.truth.select(list(TRUTH_COLUMNS)).to_pylist()
    rows = [["" if row[name] is None else row[name] for name in TRUTH_COLUMNS] for row in truth]
    _write_csv(paths["truth"], TRUTH_COLUMNS, rows)
    return paths


def _flow_table(records: Metered, spec: WorldSpec) -> pa.Table:
    first = records.first
    outward = first.ingress == 1
    # The subscriber's end decides which router it is; both directions pass the same one.
    own = np.where(outward, first.src, first.dst)
    exporter = np.where(own >= OWN_V6, own >> 32, own >> 8) % _EXPORTERS
    names = pa.array([f"edge-{number + 1}" for number in range(_EXPORTERS)], pa.string())
    return pa.table(
        {
            "ts_ms": pa.array(first.ts_ms),
            "exporter": pa.DictionaryArray.from_arrays(
                pa.array(exporter.astype(np.int32)), names
            ).cast(pa.string()),
            "sampling_interval": pa.array(np.full(first.ts_ms.size, spec.interval, np.int32)),
            "proto": pa.array(first.proto),
            "src_addr": render_codes(first.src).cast(pa.string()),
            "dst_addr": render_codes(first.dst).cast(pa.string()),
            "src_port": pa.array(first.src_port),
            "dst_port": pa.array(first.dst_port),
            "tcp_flags": pa.array(first.flags),
            "packets": pa.array(records.packets),
            "bytes": pa.array(records.octets),
            "duration_ms": pa.array(records.duration_ms),
            "ingress": pa.array(first.ingress),
        }
    )


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
