"""Writes a world of profiles as files like those of any other world."""

from pathlib import Path

from hinomi.bench.ground.draws import Draws
from hinomi.bench.ground.files import Papers, window_start, write_papers
from hinomi.bench.profiled.scene import INTERVAL
from hinomi.bench.profiled.world import compose


def build(kind: str, seed: int, scale: float, folder: Path) -> dict[str, Path]:
    """
    Draw a world and write it.

    Args:
        kind: ``dense`` or ``sparse``.
        seed: Fixes all that is drawn.
        scale: Of the number of lines; 1 is the whole size.
        folder: Created if missing; files of the same names are replaced.

    Returns:
        The path of each file by its name without ending.

    Raises:
        ValueError: If there is no such kind, or the scale leaves too few lines.
    """
    world = compose(kind, seed, scale)
    papers = Papers(
        records=world.records,
        lines=world.scene.lines,
        book=world.scene.book,
        sightings=world.sightings,
        known=world.lesson.known,
        designs={family.name: family.design.value for family in world.under.families},
        lists=world.lesson.lists,
        starts_ms=window_start(Draws(seed, kind, "date")),
        interval=INTERVAL,
    )
    drawn = {"school": "profiled", "kind": kind, "seed": seed, "scale": scale}
    return write_papers(folder, papers, drawn)
