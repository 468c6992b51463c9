"""What a drill found: counts by size and pace, and the limits that they show."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from hinomi.bench.drillplan import PACES, detection_limit
from hinomi.bench.overlay import Overlay
from hinomi.govern.parameters import Register
from hinomi.model.window import Window
from hinomi.services.drillwatch import Watched
from hinomi.store.drills import DrillRecord

HALF: Final = 0.5
NINE_TENTHS: Final = 0.9
_PARAMETERS: Final = (
    "sizes", "botnets", "lines_share", "scanning_share", "scan_pps", "listed_share",
    "probability_min",
)  # fmt: skip
"""What makes two drills alike, beside the window."""


@dataclass(slots=True, kw_only=True)
class Cell:
    """Botnets of one size and pace."""

    size: int
    pace: str
    botnets: int = 0
    found: int = 0
    possible: float = 0.0  # Sum of the bounds: so many could be found at all.
    silent: int = 0  # Botnets whose bots do not scan.
    silent_found: int = 0

    @property
    def recall(self) -> float:
        """Share of the botnets whose C&C server was found, 0..1."""
        return self.found / max(self.botnets, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceLimit:
    """The smallest botnets of one pace that are found; None where even the largest is not."""

    pace: str
    half: int | None  # Found by half of the botnets of this size and larger.
    nine_tenths: int | None
    possible_half: int | None  # The same of the theoretical bound.
    possible_nine_tenths: int | None
    theory: int | None  # `detect.limits`: members for five sampled lines with 95 % confidence.


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What one drill found."""

    window: Window
    record: DrillRecord
    watched: Watched
    cells: tuple[Cell, ...]  # By pace, then size.
    pace_limits: tuple[PaceLimit, ...]
    limits: Mapping[str, object]
    model: Mapping[str, object]  # Name and digest of the model in use.
    played: int  # Lines that played bots, over all rounds.
    left_out: int  # Botnets that did not fit into the rounds.
    precision_least: float | None  # If every other candidate were wrong, 0..1; None: no candidate.
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round found."""

    overlay: Overlay
    found: tuple[bool, ...]  # By botnet: its unlisted C&C server is above the threshold.
    confirmed: int
    others: int
    wrong: int


def cell_document(cell: Cell) -> dict[str, object]:
    """Give the counts of one cell under the names of the JSON document."""
    return {
        "pace": cell.pace,
        "size": cell.size,
        "botnets": cell.botnets,
        "found": cell.found,
        "recall": round(cell.recall, 4),
        "possible": round(cell.possible / max(cell.botnets, 1), 4),
        "silent": cell.silent,
        "silent_found": cell.silent_found,
    }


def cells_of(done: Sequence[Round]) -> tuple[Cell, ...]:
    """Count the botnets of all rounds by pace, then size."""
    order = {pace.name: place for place, pace in enumerate(PACES)}
    cells: dict[tuple[int, int], Cell] = {}
    for rnd in done:
        for each, found in zip(rnd.overlay.planted, rnd.found, strict=True):
            size, pace = each.botnet.size, each.botnet.pace.name
            cell = cells.setdefault((order[pace], size), Cell(size=size, pace=pace))
            cell.botnets += 1
            cell.found += found
            cell.possible += each.bound
            cell.silent += not each.botnet.scans
            cell.silent_found += found and not each.botnet.scans
    return tuple(cells[place] for place in sorted(cells))


def pace_limit(pace: str, cells: Sequence[Cell], theory: Mapping[str, int]) -> PaceLimit:
    """Read the limits of one pace off its cells; *theory* is `detect.limits.Limits.smallest`."""
    mine = [cell for cell in cells if cell.pace == pace]
    found = [(cell.size, cell.recall) for cell in mine]
    possible = [(cell.size, cell.possible / cell.botnets) for cell in mine]
    return PaceLimit(
        pace=pace,
        half=detection_limit(found, HALF),
        nine_tenths=detection_limit(found, NINE_TENTHS),
        possible_half=detection_limit(possible, HALF),
        possible_nine_tenths=detection_limit(possible, NINE_TENTHS),
        theory=theory.get(pace),
    )


def plan_hash(register: Register) -> str:
    """Tell plans apart: only equal ones are compared."""
    values = {name: register.parameters[f"drill.{name}"].value for name in _PARAMETERS}
    return hashlib.sha256(msgspec.json.encode(values, order="sorted")).hexdigest()
