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

from hinomi.bench.addressing import OWN_NETWORKS, OWN_V6, Allocation, render_code, render_codes
from hinomi.bench.benign import Part, live
from hinomi.bench.botnets import Herd, infest
from hinomi.bench.devices import connect
from hinomi.bench.exchange import Metered, join, meter
from hinomi.bench.population import Scene, settle, stream
from hinomi.bench.spec import WorldSpec
from hinomi.bench.traps import set_traps
from hinomi.bench.truth import NamedService, tabulate
from hinomi.model.protocol import render_protocol

ListRow = tuple[str, str, str]
"""Address, protocol, port, as a list file holds them; empty where the list does not say."""

LISTS: Final = ("known-cc", "benign", "scanners", "sinkholes", "suspects")
TRUTH_COLUMNS: Final = (
    "address", "protocol", "port", "family", "tier", "label", "known", "detectable",
)  # fmt: skip

_EXPORTERS: Final = 2
_DEAD_ENTRIES: Final = 14  # On the known list, and never met: feeds age fast.
_BENIGN_LABELS: Final = frozenset({
    "web", "cdn", "dns", "ntp", "push", "stun", "mail-server", "update-server", "vendor-cloud",
    "conference", "mining-pool",
})  # fmt: skip
_BENIGN_SHARE: Final = 0.5  # Of these, so many are listed: no benign list is complete.
_SCANNERS_SHARE: Final = 0.7
_SUSPECT_SHARE: Final = 0.3  # Of the scanning bots, seen by a honeypot or a darknet.
_SUSPECT_ERRORS: Final = 3


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
    services, wrong = _mislist(services)
    records = meter(packets)
    lists = _lists(scene, herds, services, traps)
    return World(
        spec=spec,
        flows=_flow_table(records, spec),
        truth=tabulate(services, records),
        lists=lists | {"known-cc": lists["known-cc"] + wrong},
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


def _mislist(
    services: list[NamedService],
) -> tuple[list[NamedService], tuple[ListRow, ...]]:
    """Put one vendor's cloud on the known list by mistake, as happens to real feeds."""
    for place, service in enumerate(services):
        if service.label == "vendor-cloud" and service.family == "vacuum":
            changed = NamedService(
                code=service.code,
                proto=service.proto,
                port=service.port,
                label=service.label,
                family=service.family,
                known=True,
            )
            return [*services[:place], changed, *services[place + 1 :]], (_row(changed),)
    return services, ()


def _lists(
    scene: Scene, herds: Sequence[Herd], services: Sequence[NamedService], traps: Part
) -> dict[str, tuple[ListRow, ...]]:
    rng = stream(scene.spec, "lists")
    dead = scene.allocation.take(_DEAD_ENTRIES)
    dead_ports = rng.choice([443, 8_080, 6_667, 48_101, 4_444, 7_000], dead.size)
    known = [_row(service) for service in services if service.known and service.tier == 1]
    sinkholes = [service for service in services if service.label == "sinkhole"]
    known += [_row(service) for service in sinkholes if service.known]
    known += [
        (render_code(code), "tcp", str(port))
        for code, port in zip(dead.tolist(), dead_ports.tolist(), strict=True)
    ]
    benign = [service for service in services if service.label in _BENIGN_LABELS]
    listed = rng.random(len(benign)) < _BENIGN_SHARE
    scanners = [service for service in traps.services if service.label == "research-scanner"]
    seen = rng.random(len(scanners)) < _SCANNERS_SHARE
    scanning = [herd.address for herd in herds if herd.spec.scan_ports]
    bots = np.unique(np.concatenate([*scanning, np.empty(0, np.int64)]).astype(np.int64))
    suspects = bots[rng.random(bots.size) < _SUSPECT_SHARE]
    errors = rng.choice(scene.population.v4, _SUSPECT_ERRORS)
    return {
        "known-cc": tuple(known),
        "benign": tuple(
            _row(service) for service, taken in zip(benign, listed, strict=True) if taken
        ),
        "scanners": tuple(
            (render_code(service.code), "", "")
            for service, taken in zip(scanners, seen, strict=True)
            if taken
        ),
        "sinkholes": tuple(_row(service) for service in sinkholes if service.known),
        "suspects": tuple(
            (render_code(code), "", "")
            for code in np.unique(np.concatenate([suspects, errors])).tolist()
        ),
    }


def _row(service: NamedService) -> ListRow:
    return render_code(service.code), render_protocol(service.proto), str(service.port)


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
