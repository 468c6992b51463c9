"""A whole world of profiles: everything in order of who needs whom."""

from dataclasses import dataclass

import numpy as np

from hinomi.bench.ground.book import Service, Sighting
from hinomi.bench.ground.draws import Wholes
from hinomi.bench.ground.records import Records
from hinomi.bench.profiled.conduct import act, deliver_mail, login_hosts, mail_hosts
from hinomi.bench.profiled.control import lead
from hinomi.bench.profiled.devices import Households, equip
from hinomi.bench.profiled.everyday import go_about
from hinomi.bench.profiled.families import Underworld, found
from hinomi.bench.profiled.floods import flood
from hinomi.bench.profiled.hosting import host
from hinomi.bench.profiled.loaders import load
from hinomi.bench.profiled.niches import tend
from hinomi.bench.profiled.outside import disturb
from hinomi.bench.profiled.peers import share
from hinomi.bench.profiled.remains import leave_dead, leave_sunk
from hinomi.bench.profiled.scene import Scene, set_scene
from hinomi.bench.profiled.teachers import Lesson, Remains, teach
from hinomi.bench.profiled.web import browse, name_sites


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A world and everything that is true in it."""

    scene: Scene
    homes: Households
    under: Underworld
    records: Records
    sightings: dict[Service, Sighting]
    lesson: Lesson


def compose(kind: str, seed: int, scale: float) -> World:
    """
    Draw a world; the same arguments give the same world, to the last record.

    Args:
        kind: One of `scene.SIZES`.
        seed: Fixes all that is drawn.
        scale: Of the number of lines; 1 is the whole size.

    Raises:
        ValueError: If there is no such kind, or the scale leaves too few lines.
    """
    scene = set_scene(kind, seed, scale)
    browse(scene)
    go_about(scene)
    share(scene)
    homes = equip(scene)
    niches = tend(scene, homes)
    hosts = host(scene)
    researchers = disturb(scene)
    under = _infest(scene, homes, hosts)
    flood(scene, under, niches)
    remains = Remains(
        dead=leave_dead(scene, under, homes),
        sunk=leave_sunk(scene, under, homes),
        niches=niches,
        researchers=researchers,
    )
    name_sites(scene)
    records = scene.sheet.records()
    sightings = scene.book.sightings(records, scene.lines)
    lesson = teach(scene, under, remains, sightings)
    return World(
        scene=scene,
        homes=homes,
        under=under,
        records=records,
        sightings=sightings,
        lesson=lesson,
    )


def _infest(scene: Scene, homes: Households, hosts: Wholes) -> Underworld:
    draws = scene.draws("underworld")
    families = found(scene, homes)
    infected = np.unique(np.concatenate([family.bots for family in families]))
    under = Underworld(
        families=families,
        infected=infected,
        hosts=hosts,
        mail=mail_hosts(draws),
        logins=login_hosts(draws),
    )
    for family in families:
        lead(scene, under, family)
        load(scene, family)
        act(scene, under, family)
    deliver_mail(scene, under.mail)
    return under
