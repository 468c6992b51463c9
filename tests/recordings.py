"""The same world as different exporters would record it: without flags, or multiplied."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.bench.spec import WorldSpec
from hinomi.bench.teachers import LISTS
from hinomi.bench.world import build_world
from hinomi.bench.writing import write_world
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.collect.files.table import read
from hinomi.collect.normalise import Normaliser
from hinomi.collect.ownership import OwnTable
from hinomi.model.address import parse_address
from hinomi.model.flow import UNKNOWN_FLAGS
from hinomi.model.listed import ListKind
from hinomi.model.protocol import parse_protocol
from hinomi.model.service import Candidate, Service
from hinomi.model.window import Window
from hinomi.services.detecting import Detection, run_detection
from hinomi.services.home import create_home, open_home
from hinomi.services.listing import add_list
from hinomi.services.mandates import Operation, mandate_for
from hinomi.services.ownership import own_matcher

Columns = dict[str, NDArray[np.int64]]
PROBABLE: Final = 0.5


def _full(_: Columns) -> Columns:
    return {}


def _without_flags(columns: Columns) -> Columns:
    return {"tcp_flags": np.full_like(columns["tcp_flags"], UNKNOWN_FLAGS)}


def _multiplied(columns: Columns) -> Columns:
    interval = columns["sampling_interval"]
    return {
        "packets": columns["packets"] * interval,
        "bytes": columns["bytes"] * interval,
        "counts_scaled": np.ones_like(interval),
    }


def _multiplied_by_nobody_knows(columns: Columns) -> Columns:
    return _multiplied(columns) | {"sampling_interval": np.zeros_like(columns["ts_ms"])}


MODES: Final[Mapping[str, Callable[[Columns], Columns]]] = {
    "full records": _full,
    "without TCP flags": _without_flags,
    "counters multiplied": _multiplied,
    "counters multiplied, interval unknown": _multiplied_by_nobody_knows,
}


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one named service."""

    label: str
    tier: int | None
    known: bool
    detectable: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """What detection makes of the world in one mode."""

    detection: Detection
    truth: Mapping[Service, Truth]

    def label(self, candidate: Candidate) -> str:
        """Say what a candidate is in truth."""
        found = self.truth.get(candidate.service)
        return found.label if found else "unnamed"

    def ranks(self) -> dict[Service, int | None]:
        """Give the rank of each C&C server that enough lines were sampled with."""
        place = {each.service: rank for rank, each in enumerate(self.detection.candidates, 1)}
        return {
            service: place.get(service)
            for service, truth in self.truth.items()
            if truth.label == "cc" and truth.detectable
        }

    def precision(self, top: int = 20) -> float:
        """Give the share of C&C servers among the first candidates."""
        first = self.detection.candidates[:top]
        return sum(self.label(each) == "cc" for each in first) / max(len(first), 1)

    def found(self) -> tuple[int, int]:
        """Count the detectable servers that no list names: probable ones, and all."""
        wanted = {service for service in self.ranks() if not self.truth[service].known}
        probable = {c.service for c in self.detection.candidates if c.probability >= PROBABLE}
        return len(wanted & probable), len(wanted)

    def accused(self) -> int:
        """Count the probable candidates that are no C&C servers."""
        return sum(
            each.probability >= PROBABLE and self.label(each) != "cc"
            for each in self.detection.candidates
        )


def record(folder: Path, spec: WorldSpec) -> dict[str, Recording]:
    """
    Build a world once and detect in it as each mode of `MODES` records it.

    Multiplied counters reach the lake through no text format: the records are changed
    between reader and normaliser, as the reader of nfcapd would have left them. All homes
    are copies of one, so that pseudonyms are the same.
    """
    paths = write_world(build_world(spec), folder / "world")
    create_home(folder / "home", paths["own-networks"], spec.interval)
    home = open_home(folder / "home")
    for name in LISTS:
        add_list(home, ListKind(name), paths[name], "story")
    truth = _truth(folder / "home", paths["truth"])
    return {
        mode: Recording(_detect(folder, paths["flows"], number, change), truth)
        for number, (mode, change) in enumerate(MODES.items())
    }


def _detect(
    folder: Path, flows: Path, number: int, change: Callable[[Columns], Columns]
) -> Detection:
    copy = folder / f"home-{number}"
    shutil.copytree(folder / "home", copy)
    home = open_home(copy)
    with home.casebook() as casebook:
        normaliser = Normaliser(
            own=OwnTable(casebook.own_networks()),
            cipher=home.cipher(),
            exporter_number=casebook.exporter_number,
        )
        options, tally = ReadOptions(), Tally()
        batches = (
            normaliser.normalise(_changed(batch, change), tally.dropped)
            for batch in read(flows, options, tally)
        )
        mandate = mandate_for(Operation.IMPORT, home.clock)
        home.lake().append(batches, f"{number:064x}", mandate)
    detection = run_detection(home, Window(), top=100_000)
    shutil.rmtree(copy)
    return detection


def _changed(batch: pa.RecordBatch, change: Callable[[Columns], Columns]) -> pa.RecordBatch:
    names = ("ts_ms", "sampling_interval", "tcp_flags", "packets", "bytes", "counts_scaled")
    columns = {name: batch.column(name).to_numpy().astype(np.int64) for name in names}
    changed = change(columns)
    arrays = [
        pa.array(changed[field.name]).cast(field.type)
        if field.name in changed
        else batch.column(field.name)
        for field in batch.schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=batch.schema)


def _truth(folder: Path, path: Path) -> dict[Service, Truth]:
    home = open_home(folder)
    with home.casebook() as casebook:
        match_own = own_matcher(casebook.own_networks(), home.cipher(), home.clock())
    truth = {}
    header, *rows = (line.split(",") for line in path.read_text("utf-8").splitlines())
    for row in (dict(zip(header, values, strict=True)) for values in rows):
        address = parse_address(row["address"])
        own = match_own(address)
        proto, port = parse_protocol(row["protocol"]), int(row["port"])
        service = Service(own or address, proto, port, own=own is not None)
        truth[service] = Truth(
            label=row["label"],
            tier=int(row["tier"]) if row["tier"] else None,
            known=row["known"] == "1",
            detectable=row["detectable"] == "1",
        )
    return truth
