"""All botnets of a world: families, their servers, and everything that their bots do."""

from dataclasses import dataclass, field
from typing import Final

from hinomi.bench.communal.control import command
from hinomi.bench.communal.devices import Devices
from hinomi.bench.communal.families import Design, Family, plan_families
from hinomi.bench.communal.floods import strike
from hinomi.bench.communal.membership import Health, examine, recruit
from hinomi.bench.communal.mesh import gossip
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.sidelines import go_astray, prepare
from hinomi.bench.communal.spreading import spread
from hinomi.bench.communal.upper import carry, rise

_FEWEST: Final = 3


@dataclass(frozen=True, slots=True)
class Plague:
    """All that is infected."""

    health: Health
    families: list[Family] = field(default_factory=list)
    sensed: list[tuple[int, int]] = field(default_factory=list)
    """Addresses whose scanning was seen elsewhere, with the port they scanned."""


def infest(scene: Scene, devices: Devices) -> Plague:
    """Draw all botnets of a world."""
    prepare(scene, scene.chance("sidelines"))
    plans = plan_families(scene.size, scene.chance("families"))
    plague = Plague(examine(scene, devices, scene.chance("health")))
    fresh = scene.size.infected / max(1, sum(plan.size for plan in plans))
    for plan in plans:
        chance = scene.chance(plan.name)
        family = recruit(plan, fresh, devices, plague.health, chance)
        if family.size < _FEWEST:
            continue
        if plan.design is Design.MESH:
            gossip(scene, family, chance)
        else:
            calls, resident = command(scene, family, chance)
            rise(scene, family, resident, chance)
            carry(scene, family, calls, chance)
        plague.sensed.extend(spread(scene, family, chance))
        strike(scene, family, chance)
        go_astray(scene, family, chance)
        plague.families.append(family)
    return plague
