"""The kinds of worlds by name: how many lines, how many of them infected, for how long."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from hinomi.bench.spec import WorldSpec, demo_spec, tiny_spec

SPLITS: Final = ("development", "held-out")
"""Families, operators and parameters are drawn for each split from a stream of its own."""


def _dense(seed: int) -> WorldSpec:
    return WorldSpec(seed=seed, lines=60_000)


KINDS: Final[dict[str, Callable[[int], WorldSpec]]] = {
    "demo": demo_spec,
    "tiny": tiny_spec,
    "dense": _dense,
}


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
    wanted = {"lines": lines, "days": days, "interval": interval}
    return replace(spec, **{name: value for name, value in wanted.items() if value is not None})
