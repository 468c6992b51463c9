"""Services that mostly infected lines meet, and that mean no harm."""

from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, Ints, popularity
from hinomi.bench.communal.devices import Devices
from hinomi.bench.communal.kinds import DAY_MS
from hinomi.bench.communal.lines import PORTAL
from hinomi.bench.communal.membership import Health
from hinomi.bench.communal.packets import Talk, contacts
from hinomi.bench.communal.register import TCP, UDP
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.traffic import Hours

_NAMERS: Final = (
    (8_245, TCP), (443, TCP), (80, TCP), (30_120, UDP), (9_443, TCP), (5_353, UDP), (3_030, TCP),
)  # fmt: skip
"""Dynamic DNS, by model of the device."""
_SHARERS: Final = 3  # Programs that pay for bandwidth.
_RELAYS: Final = 160
_FORCED: Final = 4_000  # Devices at whose doors strangers knock.
_DOORS: Final = (23, 80, 8_080, 22, 2_323, 554)
_CAMPAIGN_MS: Final = (DAY_MS * 5 // 2, 4 * DAY_MS)


def comfort(scene: Scene, devices: Devices, health: Health) -> None:
    """Draw whom the infected meet innocently: notices, remedies, dynamic DNS, relays, patches."""
    chance = scene.chance("innocents")
    ill = health.infected
    _notify(scene, ill, chance)
    _cure(scene, health, chance)
    _name(scene, devices, health, chance)
    for _ in range(_SHARERS):
        _share_bandwidth(scene, ill, chance)
    _hide(scene, ill, chance)
    _knock(scene, devices, chance)
    _patch(scene, devices, chance)


def _notify(scene: Scene, ill: Ints, chance: Chance) -> None:
    """Let the told visit the provider's own page about infections."""
    lines = scene.lines
    code = lines.first[[lines.count + PORTAL]]
    page = int(scene.register.add(1, 443, TCP, "notice-portal", code=code)[0])
    told = chance.some(ill, max(3, int(ill.size * 0.12)))
    scene.traffic.relate(told, 0, page, 1.0, Talk.SHORT, hours=Hours.AWAKE)
    others = scene.any_line(chance, max(3, ill.size * 0.02))
    scene.traffic.relate(others, 0, page, 0.6, Talk.SHORT, hours=Hours.AWAKE)


def _cure(scene: Scene, health: Health, chance: Chance) -> None:
    """Let the ill buy and download remedies, as some of the healthy do."""
    with_computer = np.flatnonzero((health.line > 0) & (health.with_computer > 0))
    users = scene.any_line(chance, max(9, scene.lines.count * 0.03))
    if with_computer.size:
        buyers = chance.some(with_computer, max(3, with_computer.size // 4))
        users = np.concatenate([users, buyers])
    guards = scene.register.add(6, 443, TCP, "antivirus", v6=0.2)
    guard = guards[chance.ranked(popularity(6, 0.8), users.size)]
    scene.traffic.relate(users, 0, guard, 0.35, Talk.KEEP, hours=Hours.AWAKE)
    removers = scene.register.add(2, 443, TCP, "antivirus")
    line = chance.some(health.infected, max(3, int(health.infected.size * 0.05)))
    remover = chance.some(removers, line.size)
    scene.traffic.relate(line, 0, remover, 1.2, Talk.BULK_DOWN, hours=Hours.AWAKE)


def _name(scene: Scene, devices: Devices, health: Health, chance: Chance) -> None:
    """Let open things tell dynamic DNS where they are: who can be reached is infected."""
    count = devices.line.size
    port = np.array([port for port, _ in _NAMERS])
    proto = np.array([proto for _, proto in _NAMERS])
    namers = scene.register.add(len(_NAMERS), port, proto, "ddns")
    reachable = (devices.exposed > 0.3) & chance.each(count, 0.3)  # noqa: PLR2004 - half open.
    infected = (health.thing > 0) & chance.each(count, 0.15)
    others = chance.wholes(0, count, max(5, count // 400))
    thing = np.concatenate([np.flatnonzero(reachable), np.flatnonzero(infected), others])
    scene.traffic.relate(
        devices.line[thing],
        devices.number[thing],
        namers[devices.model[thing] % len(_NAMERS)],
        contacts(420, 4) * chance.spread(1.0, 0.3, thing.size),
        Talk.KEEP,
        connection_ms=600_000,
    )


def _share_bandwidth(scene: Scene, ill: Ints, chance: Chance) -> None:
    """Let people sell their bandwidth: the same shape as a proxy network, of their free will."""
    willing = scene.any_line(chance, max(8, scene.lines.count * 0.0012))
    line = np.unique(np.concatenate([willing, chance.some(ill, max(2, int(ill.size * 0.006)))]))
    known = chance.one((443, 7_070, None))
    port = chance.whole(1_025, 65_000) if known is None else known
    gateways = scene.register.add(chance.whole(2, 7), port, TCP, "bandwidth-app")
    often = contacts(45, 3) * chance.rng.uniform(0.4, 1.0, line.size)
    scene.traffic.relate(line, 0, chance.some(gateways, line.size), often, Talk.KEEP)
    heavy = np.clip(chance.spread(3.0, 1.0, line.size), 0.0, 40.0)
    gateway = chance.some(gateways, line.size)
    scene.traffic.relate(line, 0, gateway, heavy, Talk.BULK_UP, up_share=0.6)
    out = chance.some(line, line.size * 5)
    site = scene.popular("web", chance, out.size)
    scene.traffic.relate(out, 0, site, chance.spread(0.35, 1.0, out.size), Talk.SHORT)


def _hide(scene: Scene, ill: Ints, chance: Chance) -> None:
    """Let people use Tor, and some bots as well."""
    port = chance.some((9_001, 443, 9_030, 8_443), _RELAYS)
    relays = scene.register.add(_RELAYS, port, TCP, "tor-relay")
    people = np.repeat(scene.any_line(chance, max(5, scene.lines.count * 0.002)), 3)
    bots = np.repeat(chance.some(ill, max(3, int(ill.size * 0.03))), 3)
    reach = popularity(_RELAYS, 0.4)
    relay = relays[chance.ranked(reach, people.size)]
    rate = chance.spread(0.9, 1.0, people.size)
    scene.traffic.relate(people, 0, relay, rate, Talk.KEEP, hours=Hours.AWAKE)
    scene.traffic.relate(bots, 0, relays[chance.ranked(reach, bots.size)], 0.8, Talk.KEEP)


def _knock(scene: Scene, devices: Devices, chance: Chance) -> None:
    """Let strangers try passwords at open things: two-way, inbound, and no C&C."""
    open_things = (devices.exposed > 0.25) & (scene.lines.group[devices.line] < 0)  # noqa: PLR2004
    found = np.flatnonzero(open_things)
    if not found.size:
        return
    thing = chance.some(found, min(2 * found.size, _FORCED))
    strangers = scene.shared["hostile"]
    stranger = (chance.unit(thing.size) ** 2 * strangers.size).astype(np.int64)
    scene.traffic.serve(
        devices.line[thing],
        chance.some(_DOORS, thing.size),
        strangers[stranger],
        chance.spread(0.8, 0.8, thing.size),
        Talk.SHORT,
    )


def _patch(scene: Scene, devices: Devices, chance: Chance) -> None:
    """Let open models, and only they, fetch a patch, once, within two days."""
    servers = scene.register.add(3, np.array([443, 80, 8_443]), TCP, "update")
    count = devices.line.size
    patched = (devices.exposed > 0.4) & chance.each(count, 0.35)  # noqa: PLR2004 - half open.
    thing = np.flatnonzero(patched)
    since, until = _CAMPAIGN_MS
    scene.traffic.relate(
        devices.line[thing],
        devices.number[thing],
        chance.some(servers, thing.size),
        0.5,
        Talk.BULK_DOWN,
        since=since,
        until=until,
        up_share=0.2,
    )
