"""Who is infected: open things and careless people, some of them by several families."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, Floats, Ints
from hinomi.bench.communal.devices import RARE, Devices
from hinomi.bench.communal.families import Design, Family, Plan, Platform
from hinomi.bench.communal.kinds import DAY_MS, WEEK_MS
from hinomi.bench.communal.packets import Talk
from hinomi.bench.communal.register import TCP, UDP
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.traffic import Hours

_COMPUTERS: Final = 0.68  # Share of lines with a PC.
_ON_THINGS: Final = frozenset({
    Design.SCANNING, Design.QUIET, Design.FRONTS, Design.RESIDENTS, Design.NAMES, Design.SOCKETS,
})  # fmt: skip
_ON_EITHER: Final = frozenset({Design.MESH, Design.PROXIES, Design.CHAT})
_ON_COMPUTERS: Final = frozenset({Design.WEB, Design.SPAM, Design.LODGERS, Design.CHAT})
_BRIEF: Final = frozenset({Design.WEB, Design.LODGERS, Design.MOBILE, Design.ADS, Design.SPAM})
_COMPUTER, _BOX = 0, 4  # Device numbers.
_RARE_WEIGHT: Final = 12.0  # Rare models fall to few families, but nearly all of them.
_SHARED: Final = (1.08, 0.12, 0.75)  # Share that others have infected: centre, spread, most.
_STAYING: Final = 0.88  # Share that is not cleaned within the week.


@dataclass(frozen=True, slots=True)
class Health:
    """How often lines and things are infected so far, and how careless people are."""

    line: Ints  # Shape (lines,).
    thing: Ints  # Shape (things,).
    with_computer: Floats  # Carelessness of lines, 0 without a PC.
    with_box: Floats

    @property
    def infected(self) -> Ints:
        """Give the lines that any family has."""
        return np.flatnonzero(self.line > 0)


def examine(scene: Scene, devices: Devices, chance: Chance) -> Health:
    """Give everybody's health before the first infection."""
    count = scene.lines.count
    return Health(
        np.zeros(count, np.int64),
        np.zeros(devices.line.size, np.int64),
        chance.spread(1.0, 1.0, count) * chance.each(count, _COMPUTERS),
        chance.spread(1.0, 1.0, count),
    )


def recruit(plan: Plan, fresh: float, devices: Devices, health: Health, chance: Chance) -> Family:
    """
    Infect the members of a family, and draw how they call.

    Args:
        plan: The family.
        fresh: Share of all memberships that must be of lines nobody has infected yet.
        devices: Things on the lines.
        health: Is changed.
        chance: Source of chance.
    """
    centre, spread, most = _SHARED
    shared = float(np.clip(centre - fresh + spread * chance.rng.standard_normal(), 0.0, most))
    on_things = plan.design in _ON_THINGS
    if plan.design in _ON_EITHER:
        on_things = chance.happens(0.5)
    if on_things:
        thing = _things(plan, shared, devices, health, chance)
        health.thing[thing] += 1
        line, device = devices.line[thing], devices.number[thing]
        bought, platform = devices.since_ms[thing], Platform.THING
    else:
        computers = plan.design in _ON_COMPUTERS
        line = _people(plan, shared, health, chance, computers=computers)
        device = np.full(line.size, _COMPUTER if computers else _BOX)
        bought = np.zeros(line.size, np.int64)
        platform = Platform.PERSON if computers else Platform.BOX
    health.line[line] += 1
    return _call(plan, platform, (line, device, np.where(bought > 0, bought, -1)), chance)


def _things(plan: Plan, shared: float, devices: Devices, health: Health, chance: Chance) -> Ints:
    """Choose things of a few open models, one on a line."""
    openness = devices.openness
    open_models = np.flatnonzero(openness > 0.05)  # noqa: PLR2004 - hardly open is closed.
    kinds = chance.whole(2, 9) if plan.size > 25 else chance.whole(1, 4)  # noqa: PLR2004 - ours.
    models = open_models[chance.weighted(openness[open_models], kinds)]
    while True:
        rare = np.where(devices.model >= RARE, _RARE_WEIGHT, 1.0)
        weight = np.where(np.isin(devices.model, models), devices.exposed**2 * rare, 0.0)
        if (weight > 0).sum() > plan.size * 1.3 or models.size >= open_models.size:
            break
        models = np.concatenate([models, chance.some(open_models, 2)])
    wanted = int(plan.size * shared)
    ill = health.thing > 0
    again = chance.weighted(weight * ill, wanted)
    if again.size < wanted * 0.6:
        others = chance.weighted((ill & (weight == 0)).astype(np.float64), wanted - again.size)
        again = np.concatenate([again, others])
    healthy = ~ill & (health.line[devices.line] == 0)
    thing = np.concatenate([again, chance.weighted(weight * healthy, plan.size - again.size)])
    _, first = np.unique(devices.line[thing], return_index=True)
    return thing[first]


def _people(plan: Plan, shared: float, health: Health, chance: Chance, *, computers: bool) -> Ints:
    weight = health.with_computer if computers else health.with_box
    wanted = int(plan.size * shared * (0.8 if computers else 1.0))
    again = chance.weighted(weight * (health.line > 0), wanted)
    anew = chance.weighted(weight * (health.line == 0), plan.size - again.size)
    return np.unique(np.concatenate([again, anew]))


def _call(
    plan: Plan, platform: Platform, members: tuple[Ints, Ints, Ints], chance: Chance
) -> Family:
    """Draw since when, how often and how the members call."""
    line, device, bought = members
    count, person = line.size, platform is Platform.PERSON
    duty = chance.spread(1.0, 0.35, count) * (0.5 if person else chance.between(0.6, 0.98))
    since = np.maximum(_since(count, chance), bought)
    left = WEEK_MS - np.maximum(since, 0)
    cleaned = np.maximum(since, 0) + (chance.unit(count) * left).astype(np.int64)
    until = np.where(chance.each(count, _STAYING), WEEK_MS, cleaned)
    slow = 3_600 if plan.design in {Design.WEB, Design.MOBILE} else 900
    period_s = chance.decade(20, slow)
    if chance.happens(0.12):
        period_s = chance.between(1_200, 3_600)
    brief = plan.design in _BRIEF and chance.happens(0.85)
    quiet = plan.design in {Design.QUIET, Design.PROXIES, Design.SCANNING}
    datagrams = plan.design is Design.NAMES or (quiet and chance.happens(0.15))
    return Family(
        plan=plan,
        platform=platform,
        line=line,
        device=device,
        since=since,
        until=until,
        duty=duty,
        hours=Hours.AWAKE if person else Hours.ALWAYS,
        period_s=max(period_s, 60.0) if brief else period_s,
        packets=chance.whole(8, 16) if brief else chance.one((2, 2, 3, 4)),
        talk=Talk.DATAGRAM if datagrams else Talk.SHORT if brief else Talk.KEEP,
        proto=UDP if datagrams else TCP,
    )


def _since(count: int, chance: Chance) -> Ints:
    """Draw when bots were infected: before the week, or evenly, faster and faster, or at once."""
    new = chance.each(count, chance.between(0.1, 0.7))
    way = chance.whole(0, 3)
    if way == 0:
        when = chance.wholes(0, WEEK_MS, count).astype(np.float64)
    elif way == 1:
        when = WEEK_MS * (1.0 - chance.rng.exponential(0.25, count))
    else:
        when = chance.whole(0, WEEK_MS) + chance.rng.exponential(DAY_MS / 2, count)
    return np.where(new, np.clip(when, 0, WEEK_MS).astype(np.int64), -1)
