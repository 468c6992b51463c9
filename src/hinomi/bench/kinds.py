"""
The kinds of worlds by name: how many lines, how many of them infected, for how long.

``demo`` and ``tiny`` are fixed but for chance. Of the others everything is drawn anew for
each seed: families (`bench.families`), people, devices, services and networks
(`bench.variety`), and the day on which the window begins.
"""

from dataclasses import dataclass, replace
from typing import Final

from hinomi.bench.blueprints import BLUEPRINTS
from hinomi.bench.families import draw_families
from hinomi.bench.population import stream
from hinomi.bench.spec import DAY_MS, WorldSpec, demo_spec, tiny_spec
from hinomi.bench.variety import vary

SPLITS: Final = tuple(BLUEPRINTS)
"""Families, operators and parameters are drawn for each split from a stream of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of world of which everything is drawn."""

    lines: int
    infected: float  # Share of the lines.
    volume: tuple[float, float]  # `WorldSpec.volume` lies between.
    days: int = 7


DRAWN: Final[dict[str, Kind]] = {
    # Many bots, much traffic seen: what a detector can do where there is enough to see.
    "dense": Kind(lines=60_000, infected=0.11, volume=(1.5, 3.0)),
    "sparse": Kind(lines=400_000, infected=0.008, volume=(0.5, 1.0)),
    # Below half a percent, as sinkholes and scans tell of real access networks.
    "realistic": Kind(lines=600_000, infected=0.004, volume=(0.5, 1.0)),
}

KINDS: Final = ("demo", "tiny", *DRAWN)

_BEGINS_MS: Final = (1_740_960_000_000, 1_756_684_800_000)
"""The first Monday of each split's windows: 2025-03-03 and 2025-09-01."""
_WEEKS: Final = 20  # A window begins in one of so many weeks: the splits lie apart in time.


def draw_spec(
    kind: str,
    split: str,
    seed: int,
    *,
    lines: int | None = None,
    days: int | None = None,
    interval: int | None = None,
) -> WorldSpec:
    """
    Draw what a world of a kind is made of; the same arguments give the same world.

    Args:
        kind: One of `KINDS`.
        split: One of `SPLITS`.
        seed: Fixes all that is drawn.
        lines: Instead of the kind's own number of lines.
        days: Instead of its own length.
        interval: Instead of its own N of 1-in-N.
    """
    if split not in SPLITS:
        raise ValueError(f"no split {split!r}: it is one of {', '.join(SPLITS)}")
    if kind in DRAWN:
        drawn = DRAWN[kind]
        spec = WorldSpec(seed=seed, lines=drawn.lines, days=drawn.days, botnets=())
    elif kind in KINDS:
        spec = demo_spec(seed) if kind == "demo" else tiny_spec(seed)
    else:
        raise ValueError(f"no kind {kind!r}: it is one of {', '.join(KINDS)}")
    spec = replace(
        spec,
        kind=kind,
        split=split,
        lines=spec.lines if lines is None else lines,
        days=spec.days if days is None else days,
        interval=spec.interval if interval is None else interval,
    )
    return spec if kind not in DRAWN else _draw(spec, DRAWN[kind])


def _draw(spec: WorldSpec, kind: Kind) -> WorldSpec:
    rng = stream(spec, "variety")
    weeks = int(rng.integers(_WEEKS))
    spec = replace(
        spec,
        starts_ms=_BEGINS_MS[SPLITS.index(spec.split)] + weeks * 7 * DAY_MS,
        volume=float(rng.uniform(*kind.volume)),
    )
    spec = vary(spec, rng)
    botnets = draw_families(stream(spec, "families"), spec.split, spec, kind.infected)
    return replace(spec, botnets=botnets)
