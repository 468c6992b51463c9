"""A whole motley world: everything in order of who needs whom."""

from dataclasses import dataclass

from hinomi.bench.ground.book import Service, Sighting
from hinomi.bench.ground.records import Records
from hinomi.bench.motley.control import Leader, lead
from hinomi.bench.motley.deeds import act, offer
from hinomi.bench.motley.everyday import live, name_sites, resolve
from hinomi.bench.motley.families import Family, found, infected
from hinomi.bench.motley.groups import equip
from hinomi.bench.motley.innocents import keep_apart
from hinomi.bench.motley.lists import Lesson, leave, teach
from hinomi.bench.motley.outside import flood, probe
from hinomi.bench.motley.scene import Scene, set_scene


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A world and everything that is true in it."""

    scene: Scene
    families: list[Family]
    leaders: list[Leader]
    records: Records
    sightings: dict[Service, Sighting]
    lesson: Lesson


def compose(kind: str, seed: int, scale: float) -> World:
    """
    Draw a world; the same arguments give the same world, to the last record.

    Args:
        kind: One of `laws.SIZES`.
        seed: Fixes all that is drawn, and every law of it.
        scale: Of the number of lines; 1 is the whole size.

    Raises:
        ValueError: If there is no such kind, or the scale leaves too few lines.
    """
    scene = set_scene(kind, seed, scale)
    models = equip(scene)
    live(scene)
    resolve(scene)
    researchers = probe(scene)
    families = found(scene, models)
    bots = infected(families)
    abused = offer(scene, models)
    leaders: list[Leader] = []
    for family in families:
        leaders += lead(scene, family)
        act(scene, family, abused)
    small = keep_apart(scene, models, bots)
    flood(scene, families, small)
    remains = leave(scene, bots)
    name_sites(scene)
    records = scene.meetings.ledger.close()
    sightings = scene.book.sightings(records, scene.lines)
    lesson = teach(
        scene, leaders, remains, small=small, abused=abused, researchers=researchers,
        sightings=sightings,
    )  # fmt: skip
    return World(
        scene=scene,
        families=families,
        leaders=leaders,
        records=records,
        sightings=sightings,
        lesson=lesson,
    )
