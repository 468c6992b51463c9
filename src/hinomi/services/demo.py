"""
The demo: a small made-up world, the whole way on it, and the truth beside the result.

It does what an operator would do, through the same services: init, import, lists, detect.
"""

import csv
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hinomi.bench.spec import WorldSpec, demo_spec
from hinomi.bench.world import build_world
from hinomi.bench.writing import write_world
from hinomi.clock import Clock, wall_clock
from hinomi.errors import Conflict, Unavailable
from hinomi.model.address import parse_address
from hinomi.model.context import DAY_MS
from hinomi.model.listed import ListKind
from hinomi.model.protocol import parse_protocol
from hinomi.model.service import Service
from hinomi.model.window import Window
from hinomi.services.cases import keep
from hinomi.services.detecting import Detection, run_detection
from hinomi.services.findings import finder_for
from hinomi.services.home import Home, create_home, open_home
from hinomi.services.importing import ImportRequest, import_files
from hinomi.services.listing import add_list
from hinomi.services.ownership import own_matcher
from hinomi.services.report import write_report

MARK: Final = ".made-by-hinomi-demo"
"""Lies in a folder that the demo made, and may therefore replace."""

SOURCE: Final = "demo"

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is true of one service of the made-up world."""

    label: str  # Such as cc, vendor-cloud, ddos-victim.
    family: str
    tier: int | None
    known: bool  # Stands on the known-C&C list that detection was given.
    detectable: bool  # Enough lines were sampled with it.

    @property
    def is_cc(self) -> bool:
        """Tell whether it is a C&C server."""
        return self.label == "cc"

    def __str__(self) -> str:
        return f"{self.label} ({self.family})" if self.family else self.label


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What the demo made and found."""

    folder: Path
    home: Path
    report: Path
    detection: Detection
    truths: Mapping[Service, Truth]
    records: int
    seconds: float


def run_demo(
    folder: Path,
    tell: Tell,
    *,
    top: int = 20,
    spec: WorldSpec | None = None,
    clock: Clock = wall_clock,
) -> Demo:
    """
    Build the world in *folder* and go the whole way on it.

    Args:
        folder: Is made; one that an earlier demo made is replaced.
        tell: Is told each step as it begins.
        top: So many candidates.
        spec: The world; the demo's own where None.
        clock: What time it is.

    Raises:
        Conflict: If *folder* holds something that no demo made.
        Unavailable: If the disk refuses.
    """
    started = time.monotonic()
    _clear(folder)
    drawn = spec or _of_late(demo_spec(), clock())
    tell(f"drawing a world: {drawn.lines:,} lines, {drawn.days} days, 1 in {drawn.interval:,}")
    paths = write_world(build_world(drawn), folder / "world")
    tell(f"hinomi init --own-prefixes {paths['own-networks'].name} --sampling {drawn.interval}")
    create_home(folder / "home", paths["own-networks"], drawn.interval, clock, made_up=True)
    home = open_home(folder / "home", clock)
    tell(f"hinomi import {paths['flows'].name}")
    (flows,) = import_files(home, ImportRequest(paths=[paths["flows"]])).files
    if flows.error is not None:
        raise flows.error
    for kind in ListKind:
        tell(f"hinomi lists add {kind.value} {paths[kind.value].name} --source {SOURCE}")
        add_list(home, kind, paths[kind.value], SOURCE)
    tell("hinomi detect")
    finder = finder_for(home)
    detection = run_detection(home, Window(), top=top, asked=finder.asked, look=finder)
    keep(home, finder)
    report = folder / "report.html"
    write_report(detection, report)
    return Demo(
        folder=folder,
        home=folder / "home",
        report=report,
        detection=detection,
        truths=_read_truths(home, paths["truth"]),
        records=flows.records,
        seconds=time.monotonic() - started,
    )


def _of_late(spec: WorldSpec, now_ms: int) -> WorldSpec:
    """Let the days of a world be the last whole ones: evidence of last year has aged."""
    today_ms = now_ms // DAY_MS * DAY_MS
    return replace(spec, starts_ms=today_ms - spec.days * DAY_MS)


def _clear(folder: Path) -> None:
    try:
        if folder.is_dir() and (folder / MARK).exists():
            shutil.rmtree(folder)
        elif folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
            raise Conflict(f"{folder} exists and no demo made it; choose another with --out")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).touch()
    except OSError as error:
        raise Unavailable(f"cannot make {folder}: {error.strerror}") from error


def _read_truths(home: Home, path: Path) -> dict[Service, Truth]:
    """Read what is true, under the names that detection knows services by."""
    with home.casebook() as casebook:
        match_own = own_matcher(casebook.own_networks(), home.cipher(), home.clock())
    truths = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            address = parse_address(row["address"])
            pseudonym = match_own(address)
            service = Service(
                address if pseudonym is None else pseudonym,
                parse_protocol(row["protocol"]),
                int(row["port"]),
                own=pseudonym is not None,
            )
            truths[service] = Truth(
                label=row["label"],
                family=row["family"],
                tier=int(row["tier"]) if row["tier"] else None,
                known=row["known"] == "1",
                detectable=row["detectable"] == "1",
            )
    return truths
