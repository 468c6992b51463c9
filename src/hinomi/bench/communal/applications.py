"""Programs of people: push, calls, mail, tunnels, games, mining and chat."""

from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, popularity
from hinomi.bench.communal.devices import Devices
from hinomi.bench.communal.kinds import DAY_MS, HOUR_MS
from hinomi.bench.communal.lines import MAIL
from hinomi.bench.communal.packets import Talk, contacts
from hinomi.bench.communal.register import TCP, UDP
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.traffic import Hours

_PUSH: Final = 24
_STUN: Final = 30
_MAILBOXES: Final = 300
_EXCHANGERS: Final = (6_000, 0.2)  # At scale 1, and the least scale.
_TUNNELS: Final = 240
_GAMES, _LOBBIES = 900, 50
_POOLS: Final = (3_333, 4_444, 5_555, 14_444, 3_357, 443, 8_080, 9_999, 7_777, 20_535)
_CHATS: Final = 14
_LETTERS: Final = 3_000  # Servers to which the provider's mail server delivers.


def use(scene: Scene, devices: Devices) -> None:
    """Let people use their programs."""
    chance = scene.chance("applications")
    _push(scene, chance)
    _call(scene, devices, chance)
    _mail(scene, chance)
    _tunnel(scene, chance)
    _play(scene, chance)
    _mine_and_chat(scene, chance)


def _push(scene: Scene, chance: Chance) -> None:
    port = np.tile((5_223, 5_228, 443, 5_222), _PUSH // 4)
    service = scene.register.add(_PUSH, port, TCP, "push", v6=0.6)
    scene.benign.extend(service[:8].tolist())
    for device in (1, 5):
        line = np.flatnonzero(chance.each(scene.lines.count, 0.85))
        scene.traffic.relate(
            line,
            device,
            service[chance.ranked(popularity(_PUSH, 1.1), line.size)],
            chance.spread(0.28, 0.6, line.size),
            Talk.KEEP,
            connection_ms=DAY_MS,
        )


def _call(scene: Scene, devices: Devices, chance: Chance) -> None:
    port = chance.some((3_478, 19_302, 3_479, 5_349), _STUN)
    service = scene.register.add(_STUN, port, UDP, "stun")
    scene.benign.extend(service[:6].tolist())
    callers = scene.any_line(chance, scene.lines.count * 0.3)
    line = np.concatenate([callers, devices.line[devices.cameras]])
    scene.traffic.relate(
        line,
        1,
        service[chance.ranked(popularity(_STUN, 0.9), line.size)],
        chance.spread(0.15, 1.0, line.size),
        Talk.DATAGRAM,
        hours=Hours.AWAKE,
    )


def _mail(scene: Scene, chance: Chance) -> None:
    lines, register, traffic = scene.lines, scene.register, scene.traffic
    port = chance.some((993, 587, 465, 995, 143, 110), _MAILBOXES)
    boxes = register.add(_MAILBOXES, port, TCP, "mail-server", v6=0.2)
    readers = scene.any_line(chance, lines.count * 0.5)
    box = boxes[chance.ranked(popularity(_MAILBOXES, 1.1), readers.size)]
    rate = chance.spread(0.3, 1.0, readers.size)
    traffic.relate(readers, 0, box, rate, Talk.SHORT, hours=Hours.AWAKE)
    many, least = _EXCHANGERS
    count = scene.size.scaled(many, least)
    scene.shared["mail"] = register.add(count, 25, TCP, "mail-server", v6=0.1)
    scene.ranks["mail"] = popularity(count, 1.0, 2)
    servers = chance.some(lines.offices, max(3, int(lines.count * 0.0015)))
    sender = np.repeat(servers, 120)
    peer = scene.popular("mail", chance, sender.size)
    rate = chance.spread(0.06, 1.2, sender.size)
    traffic.relate(sender, 2, peer, rate, Talk.SHORT, hours=Hours.AWAKE)
    provider = np.full(_LETTERS, lines.count + MAIL)
    peer = scene.popular("mail", chance, _LETTERS)
    often = scene.size.kind.mailing * max(0.1, scene.size.scale)
    rate = chance.spread(often, 1.0, _LETTERS)
    traffic.relate(provider, 2, peer, rate, Talk.SHORT, hours=Hours.AWAKE)


def _tunnel(scene: Scene, chance: Chance) -> None:
    port = chance.some((1_194, 51_820, 4_500, 443, 1_723, 500, 8_443, 992), _TUNNELS)
    proto = chance.some((UDP, UDP, UDP, TCP), _TUNNELS)
    service = scene.register.add(_TUNNELS, port, proto, "vpn", v6=0.1)
    line = scene.any_line(chance, scene.lines.count * 0.05)
    scene.traffic.relate(
        line,
        0,
        service[chance.ranked(popularity(_TUNNELS, 0.9), line.size)],
        np.minimum(chance.spread(2.2, 1.3, line.size), 50.0),
        Talk.DATAGRAM_BULK,
        hours=Hours.AWAKE,
        connection_ms=DAY_MS,
    )


def _play(scene: Scene, chance: Chance) -> None:
    register, traffic = scene.register, scene.traffic
    odd = chance.wholes(1_025, 65_000, _GAMES)
    games = register.add(_GAMES, odd, chance.some((UDP, UDP, TCP), _GAMES), "game")
    line = scene.any_line(chance, scene.lines.count * 0.2)
    traffic.visit(
        line,
        5,
        games[chance.ranked(popularity(_GAMES, 0.8), line.size)],
        np.minimum(chance.spread(2.0, 1.0, line.size), 30.0),
        Talk.KEEP,
        lasting_ms=HOUR_MS * 3 // 2,
        up_share=0.45,
    )
    port = chance.some((27_017, 3_074, 5_223, 1_119, 8_393, 30_000), _LOBBIES)
    lobbies = register.add(_LOBBIES, port, chance.some((TCP, UDP), _LOBBIES), "game", v6=0.1)
    line = scene.any_line(chance, scene.lines.count * 0.25)
    lobby = lobbies[chance.ranked(popularity(_LOBBIES, 1), line.size)]
    rate = chance.spread(0.3, 0.9, line.size)
    traffic.relate(line, 5, lobby, rate, Talk.KEEP, hours=Hours.AWAKE)


def _mine_and_chat(scene: Scene, chance: Chance) -> None:
    register, traffic, count = scene.register, scene.traffic, scene.lines.count
    pools = register.add(len(_POOLS), np.array(_POOLS), TCP, "mining-pool")
    scene.shared["mining"] = pools
    line = scene.any_line(chance, max(4, count * 0.0025))
    pool = pools[chance.ranked(popularity(len(_POOLS), 0.8), line.size)]
    rate = contacts(30, 3) * chance.spread(1.0, 0.4, line.size)
    traffic.relate(line, 0, pool, rate, Talk.KEEP)
    chats = register.add(_CHATS, chance.some((6_667, 6_697, 7_000, 5_222), _CHATS), TCP, "chat")
    line = scene.any_line(chance, max(6, count * 0.0025))
    chat = chats[chance.ranked(popularity(_CHATS, 0.7), line.size)]
    traffic.relate(line, 0, chat, chance.spread(0.9, 0.7, line.size), Talk.KEEP)
