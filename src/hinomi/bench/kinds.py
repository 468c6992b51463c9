"""The kinds of worlds by name: how many lines, how many of them infected, for how long."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from hinomi.bench.blueprints import BLUEPRINTS
from hinomi.bench.families import draw_families
from hinomi.bench.population import stream
from hinomi.bench.spec import WorldSpec, demo_spec, tiny_spec

SPLITS: Final = tuple(BLUEPRINTS)
"""Families, operators and parameters are drawn for each split from a stream of its own."""


def _of(lines: int) -> Callable[[int], WorldSpec]:
    return lambda seed: WorldSpec(seed=seed, lines=lines, botnets=())


KINDS: Final[dict[str, Callable[[int], WorldSpec]]] = {
    "demo": demo_spec,
    "tiny": tiny_spec,
    "dense": _of(60_000),
    "sparse": _of(400_000),
    "realistic": _of(500_000),
}

INFECTED: Final[dict[str, float]] = {"dense": 0.11, "sparse": 0.008, "realistic": 0.004}
"""Share of infected lines of the kinds whose families are drawn; the others' are fixed."""


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
    spec = KINDS[kind](seed)
    spec = replace(
        spec,
        lines=spec.lines if lines is None else lines,
        days=spec.days if days is None else days,
        interval=spec.interval if interval is None else interval,
    )
    if kind not in INFECTED:
        return spec
    rng = stream(spec, f"families {split}")
    return replace(spec, botnets=draw_families(rng, split, spec, INFECTED[kind]))
