"""Writes a world of profiles as files like those of any other world."""

import json
from importlib import metadata
from pathlib import Path

from hinomi.bench.ground.draws import Draws
from hinomi.bench.ground.files import (
    window_start,
    write_flows,
    write_lists,
    write_networks,
    write_truth,
)
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
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("flows*.parquet"):
        old.unlink()
    paths = write_lists(folder, world.lesson.lists)
    paths["truth"] = folder / "truth.csv"
    designs = {family.name: family.design.value for family in world.under.families}
    book, known = world.scene.book, world.lesson.known
    write_truth(paths["truth"], book, world.sightings, known, designs)
    paths["own-networks"] = folder / "own-networks.txt"
    write_networks(paths["own-networks"], world.scene.lines)
    paths["world"] = folder / "world.json"
    said = {"school": "profiled", "kind": kind, "seed": seed, "scale": scale}
    versions = {name: metadata.version(name) for name in ("hinomi", "numpy", "pyarrow")}
    document = json.dumps({**said, "versions": versions}, indent=1)
    paths["world"].write_text(f"{document}\n", encoding="utf-8")
    paths["flows"] = folder / "flows.parquet"
    starts_ms = window_start(Draws(seed, kind, "date"))
    lines = world.scene.lines
    write_flows(paths["flows"], world.records, lines, starts_ms=starts_ms, interval=INTERVAL)
    return paths
