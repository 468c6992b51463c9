"""Writes a motley world as files like those of any other world."""

import json
from dataclasses import asdict
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
from hinomi.bench.motley.world import compose


def build(kind: str, seed: int, scale: float, folder: Path) -> dict[str, Path]:
    """
    Draw a world and write it.

    Args:
        kind: ``dense`` or ``sparse``.
        seed: Fixes all that is drawn.
        scale: Of the number of lines; 1 is the whole size.
        folder: Created if missing; files of the same names are replaced.

    Returns:
        The path of each file by its name without ending; ``world`` tells the laws.

    Raises:
        ValueError: If there is no such kind, or the scale leaves too few lines.
    """
    world = compose(kind, seed, scale)
    laws, lines = world.scene.laws, world.scene.lines
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("flows*.parquet"):
        old.unlink()
    paths = write_lists(folder, world.lesson.lists)
    for name in ("truth.csv", "own-networks.txt", "world.json", "flows.parquet"):
        paths[Path(name).stem] = folder / name
    designs = {family.name: family.design for family in world.families}
    known = world.lesson.known
    write_truth(paths["truth"], world.scene.book, world.sightings, known, designs)
    write_networks(paths["own-networks"], lines)
    versions = {name: metadata.version(name) for name in ("hinomi", "numpy", "pyarrow")}
    said = {"school": "motley", "kind": kind, "seed": seed, "scale": scale, "versions": versions}
    document = json.dumps({**said, "laws": asdict(laws)}, indent=1)
    paths["world"].write_text(f"{document}\n", encoding="utf-8")
    starts_ms = window_start(Draws(seed, kind, "motley date"))
    write_flows(paths["flows"], world.records, lines, starts_ms=starts_ms, interval=laws.interval)
    return paths
