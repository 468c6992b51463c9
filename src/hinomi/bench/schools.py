"""
The schools: generators of worlds, each written without looking at the others.

What a method has learned from the worlds of one school it may owe to the habits of that
generator. Worlds of a school it never saw tell. The first school, `bench.world`, composes
traffic application by application and is not among these: it has more kinds and options.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from hinomi.bench.communal.writing import build as build_communal
from hinomi.bench.motley.writing import build as build_motley
from hinomi.bench.profiled.writing import build as build_profiled

Build = Callable[[str, int, float, Path], dict[str, Path]]
"""
Builds a world: kind (one of `KINDS`), seed, scale in 0..1 (1 is the whole size), folder.

It writes the files of `writing.write_world` and gives the path of each by its name without
ending. The same arguments give the same files.
"""

KINDS: Final = ("dense", "sparse")
"""Many bots on few lines, and few bots on many."""

SCHOOLS: Final[dict[str, Build]] = {
    "communal": build_communal,
    "profiled": build_profiled,
    "motley": build_motley,
}
"""Each further school by name."""
