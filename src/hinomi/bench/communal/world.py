"""A communal world: drawn in memory, counted, and told of."""

from dataclasses import dataclass

from hinomi.bench.communal.applications import use
from hinomi.bench.communal.bands import band_together
from hinomi.bench.communal.botnets import Plague, infest
from hinomi.bench.communal.browsing import browse
from hinomi.bench.communal.devices import furnish
from hinomi.bench.communal.innocents import comfort
from hinomi.bench.communal.kinds import size_of
from hinomi.bench.communal.lists import Lists, mistake, tell
from hinomi.bench.communal.naming import look_up
from hinomi.bench.communal.niches import fill_niches
from hinomi.bench.communal.outside import knock
from hinomi.bench.communal.scene import Scene, open_scene
from hinomi.bench.communal.servers import serve_at_home
from hinomi.bench.communal.swarms import swarm
from hinomi.bench.communal.truth import Counted, Named, count_lines, name_services


@dataclass(frozen=True, slots=True)
class World:
    """A world with everything that is true in it."""

    scene: Scene
    plague: Plague
    named: list[Named]
    counted: Counted
    lists: Lists


def draw_world(kind: str, seed: int, scale: float) -> World:
    """
    Draw a world: the same arguments give the same world, to the last packet.

    Args:
        kind: One of `kinds.KINDS`.
        seed: Fixes all that is drawn.
        scale: 1 for the size of the kind.

    Raises:
        ValueError: If there is no such world.
    """
    scene = open_scene(size_of(kind, seed, scale))
    devices = furnish(scene)
    browse(scene)
    fill_niches(scene)
    band_together(scene, devices)
    look_up(scene, devices)
    use(scene, devices)
    swarm(scene)
    servers = serve_at_home(scene)
    knock(scene, servers)
    plague = infest(scene, devices)
    comfort(scene, devices, plague.health)
    mistaken = mistake(scene, devices)
    named = name_services(scene.register, mistaken)
    counted = count_lines(named, scene.traffic.parts, scene.lines, plague.families)
    return World(scene, plague, named, counted, tell(scene, plague, mistaken, counted.services))
