"""What a what-if found: the document that is kept as evidence, and what is read off it."""

import math
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final, Literal

import msgspec
import numpy as np

from hinomi.bench.calibration import wilson
from hinomi.clock import render_time
from hinomi.errors import MalformedDocument
from hinomi.model.window import Window

KIND: Final = "what-if"
VERSION: Final = 1

REFERENCE: Final = f"{KIND}:"
"""What begins the reference by which a parameter cites a what-if."""

SAME: Final = 1e-6
"""Figures that differ by no more are the same: probabilities are rounded so."""

_GROUPS: Final = ("unlisted", "listed", "top")


class Axis(StrEnum):
    """What is made lesser."""

    PRESENT = "present"  # Nothing: all that is held.
    SAMPLING = "sampling"
    DAYS = "days"
    WITHOUT = "without"


class Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One lesser setting, or the present one."""

    axis: Axis
    value: int | str = ""  # N of 1-in-N, days, or what is withheld.

    @property
    def words(self) -> str:
        """Name it for people."""
        if self.axis is Axis.SAMPLING:
            return f"1 in {self.value:,}"
        if self.axis is Axis.DAYS:
            return f"{self.value} day{'' if self.value == 1 else 's'}"
        return "as held" if self.axis is Axis.PRESENT else f"without {self.value}"


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was asked; the same again gives the same figures."""

    since_ms: int
    until_ms: int
    sampling: tuple[int, ...]
    days: tuple[int, ...]
    without: tuple[str, ...]
    seed: int
    seeds: int  # Drawings of each sparser sampling.

    @property
    def window(self) -> Window:
        """The window as it is held."""
        return Window(self.since_ms, self.until_ms)


class Basis(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the figures rest on, by digests; any other may give other figures."""

    hinomi: str  # Its version.
    lake: str  # Of the rows of the window, as `LocalLake.digest` gives it.
    register: str
    model: str
    key_period: str
    lists: str
    context: str
    truth: str  # "" where there was none.


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many of the candidates of the present setting are still there."""

    found: int
    of: int


class Figures(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One detection."""

    records: int
    lines: int
    packets: int  # As sampled.
    octets: int
    hours: int  # With records.
    sampling_interval: int  # The largest; 0 where one is unknown.
    single_packet: float | None  # Share of the records; those thin exactly.
    sure: int  # Candidates at 0.9 or more.
    expected_right: float | None  # Their mean probability.
    confirmed: int  # Listed C&Cs at a half or more.
    fresh: int  # Of them, new beside the present setting; where a truth is known, and wrong.
    before: int  # Candidates at 0.9 or more of the present setting.
    unlisted: Kept  # Of the present setting's candidates at 0.9 on no list, still at 0.9.
    listed: Kept  # The same, of those on a list.
    top: Kept  # Of the first fifty, still among the first fifty.
    model_spoke: bool
    knows_interval: bool  # The model was learned at such a sampling.
    truth: dict[str, float | None] | None = None  # In a laboratory that knows it.


class Run(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One drawing of a setting; settings without chance have one, without a seed."""

    seed: int | None
    figures: Figures


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One setting, and what came of it."""

    setting: Setting
    runs: tuple[Run, ...] = ()
    skipped: str = ""  # Why there are no runs.


class WhatIf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The document."""

    kind: Literal["what-if"] = "what-if"
    version: Literal[1] = 1
    made: str  # ISO 8601 UTC.
    asked: Asked
    basis: Basis
    present: Cell
    cells: tuple[Cell, ...]


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A share of the present candidates, over the drawings of one setting."""

    value: float  # Mean of the drawings.
    low: float  # 95 %, Wilson, for so many candidates.
    high: float
    least: float  # The least drawing,
    most: float  # and the best.
    of: int


def encode(result: WhatIf) -> bytes:
    """Write a what-if as the one JSON text of which the digest is taken."""
    return msgspec.json.format(msgspec.json.encode(result, order="sorted"), indent=1) + b"\n"


def decode(content: bytes, name: str) -> WhatIf:
    """
    Read a what-if; *name* says in messages which it is.

    Raises:
        MalformedDocument: If it is none, or one of another version of hinomi.
    """
    try:
        return msgspec.json.decode(content, type=WhatIf)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise MalformedDocument(
            "is no what-if that this version of hinomi reads; use the one that wrote it", name
        ) from None


def share_of(cell: Cell, group: str) -> Share | None:
    """
    Tell which share of *group* (unlisted, listed, top) a setting still finds.

    Returns:
        None where the present setting found none, or nothing was run. Drawings share their
        candidates, so the interval is that of one drawing: more drawings do not narrow it.
    """
    kept = [getattr(run.figures, group) for run in cell.runs]
    if not kept or kept[0].of == 0:
        return None
    shares = [each.found / each.of for each in kept]
    value = float(np.mean(shares))
    low, high = wilson(value, kept[0].of)
    return Share(
        value=value, low=low, high=high, least=min(shares), most=max(shares), of=kept[0].of
    )


def fresh_of(cell: Cell) -> float | None:
    """Tell how many new candidates a setting brings, as a share of the present ones."""
    shares = [run.figures.fresh / run.figures.before for run in cell.runs if run.figures.before]
    return float(np.mean(shares)) if shares else None


def loss_of(cell: Cell) -> float | None:
    """
    Tell what a setting costs: the largest of three shares of the present candidates at 0.9.

    Those on no list that are lost, those on a list that are lost, and new ones: a candidate
    that only poorer records bring forth is held to be a mistake.

    Returns:
        0 or more; None where the present setting found no candidate: nothing can be said.
    """
    shares = [share for name in ("unlisted", "listed") if (share := share_of(cell, name))]
    if not shares:
        return None
    return max([fresh_of(cell) or 0.0, *(1.0 - each.value for each in shares)])


def mean_of(cell: Cell, name: str) -> float | None:
    """Give the mean of a figure over the drawings; None where one has none."""
    values = [getattr(run.figures, name) for run in cell.runs]
    return None if not values or None in values else float(np.mean(values))


def truth_of(cell: Cell, name: str) -> float | None:
    """Give the mean of a figure against the truth; None where it is not known."""
    values = [(run.figures.truth or {}).get(name) for run in cell.runs]
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known and len(known) == len(values) else None


def changes(before: Basis, now: Basis) -> list[str]:
    """Name what a what-if rests on that is another now."""
    pairs = zip(before.__struct_fields__, msgspec.structs.astuple(before),
                msgspec.structs.astuple(now), strict=True)  # fmt: skip
    return [name for name, old, new in pairs if old != new]


def differences(before: WhatIf, now: WhatIf) -> list[str]:
    """Name the figures that differ: setting, seed, figure, both values."""
    found = []
    for old, new in zip((before.present, *before.cells), (now.present, *now.cells), strict=True):
        told = dict(_flat(msgspec.to_builtins((old.runs, old.skipped))))
        said = dict(_flat(msgspec.to_builtins((new.runs, new.skipped))))
        found += [
            f"{old.setting.words}: {name} was {told.get(name)}, is {said.get(name)}"
            for name in sorted(told.keys() | said.keys())
            if not _same(told.get(name), said.get(name))
        ]
    return found


def document(digest: str, result: WhatIf) -> dict[str, object]:
    """Give the JSON document of a what-if: what is kept, and what is read off it."""
    return {
        "evidence": f"{REFERENCE}{digest}",
        "made": result.made,
        "window": {
            "since": render_time(result.asked.since_ms),
            "until": render_time(result.asked.until_ms),
        },
        "seed": result.asked.seed,
        "seeds": result.asked.seeds,
        "basis": msgspec.to_builtins(result.basis),
        "present": _cell_document(result.present),
        "settings": [_cell_document(cell) for cell in result.cells],
    }


def _cell_document(cell: Cell) -> dict[str, object]:
    shares = {name: share_of(cell, name) for name in _GROUPS}
    return {
        "axis": cell.setting.axis.value,
        "value": cell.setting.value,
        "setting": cell.setting.words,
        "skipped": cell.skipped,
        "loss": loss_of(cell),
        "fresh": fresh_of(cell),
        "still_found": {name: msgspec.to_builtins(share) for name, share in shares.items()},
        "runs": [msgspec.to_builtins(run) for run in cell.runs],
    }


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, object]]:
    """Walk a document down to its values, each with its path."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(each, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from _flat(each, f"{name}.{place}" if name else str(place))
    else:
        yield name, value


def _same(old: object, new: object) -> bool:
    if isinstance(old, float) and isinstance(new, float | int):
        return math.isclose(old, new, rel_tol=SAME, abs_tol=SAME)
    return old == new
