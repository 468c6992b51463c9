"""What bots exchange with those who lead them, and what leads to that: loaders, fronts, peers."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.bench.addressing import REMOTE_V6
from hinomi.bench.ground.book import CC, FIRST_TIER, SECOND_TIER
from hinomi.bench.ground.draws import Draws, Mask, Reals, Wholes
from hinomi.bench.profiled.devices import expected
from hinomi.bench.profiled.families import Design, Family, Server, Underworld
from hinomi.bench.profiled.fleets import station
from hinomi.bench.profiled.hours import DAYS, Habit
from hinomi.bench.profiled.scene import Scene, new_host, new_hosts, odd_port
from hinomi.bench.profiled.shapes import Usual
from hinomi.bench.profiled.sheet import Relations
from hinomi.model.protocol import Protocol

_BY_CLOCK: Final = (20, 600)  # Period in seconds: of families on devices and their kind,
_BY_POLL: Final = (60, 3_600)  # of those that poll,
_BY_CHAT: Final = (60, 300)  # and of the others.
_CHATTING: Final = frozenset({Design.IRC, Design.SPAM})

_MODES: Final = ("spread", "rotate", "primary")
_STRAYS: Final = (0.4, 0.004)  # Innocents that touch a server: some, and so many a bot.
_OLD_SHARE: Final = 0.25  # Of the bots that still call an address left behind.
_OLD_DAYS: Final = 2.0
_LEFT_BEFORE: Final = 6.9


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manner:
    """How the bots of a family call."""

    shape: int
    habit: Habit
    life: float
    rate: Reals  # Packets sampled of each bot in a whole window, shape of the bots.


def lead(scene: Scene, under: Underworld, family: Family) -> None:
    """Let a family stand up its servers, and its bots call them."""
    draws = scene.draws(f"control {family.name}")
    if not family.bots.size:
        return
    if family.design == Design.P2P:
        _mesh(scene, draws, family)
        return
    manner = _manner(scene, draws, family)
    if family.design == Design.TIERED:
        family.servers = _fronts(scene, draws, under, family, manner)
    else:
        family.servers = station(scene, draws, family)
    mode = draws.pick(_MODES)
    for number, server in enumerate(family.servers):
        scene.book.name(server.service, CC, family.name, FIRST_TIER)
        under.leaders.append((server, FIRST_TIER))
        chosen, part = _chosen(scene, family, mode, number)
        chosen &= scene.lines.v4[family.bots] != server.code
        _call(scene, draws, family, server, chosen=chosen, manner=manner, part=part)
        _stray(scene, draws, server, shape=manner.shape, bots=family.bots.size)
        _call_old(scene, draws, family, server, chosen=chosen, manner=manner)


def _manner(scene: Scene, draws: Draws, family: Family) -> _Manner:
    polls = family.design == Design.HTTPS
    period = _BY_POLL if polls else _BY_CHAT if family.design in _CHATTING else _BY_CLOCK
    packets = draws.between(10, 24) if polls else draws.between(2, 4.5)
    short = polls or draws.happens(0.15)
    on = draws.rng.beta(4 if family.on_devices else 2, 1.5, family.bots.size)
    rate = expected(draws.number(*period), packets) * on
    return _Manner(
        shape=scene.shapes.polling(draws) if short else scene.shapes.keep_alive(draws),
        habit=Habit.FLAT if family.on_devices else draws.pick((Habit.HOME, Habit.SEMI)),
        life=0.005 if polls else draws.number(0.02, 3),
        rate=rate * draws.spread(0, 0.3, on.size),
    )


def _chosen(scene: Scene, family: Family, mode: str, number: int) -> tuple[Mask, float]:
    """Tell which bots call a server, and what share of their calls it gets."""
    bots, count = family.bots, len(family.servers)
    everyone: Mask = np.ones(bots.size, np.bool_)
    if family.moving:
        return everyone, 1.0
    if mode == "rotate":
        return everyone, 1 / count
    if mode == "spread":
        two = (scene.below(count, bots, 81) == number) | (scene.below(count, bots, 82) == number)
        return two, 0.7
    if number == 0:
        return everyone, 0.8
    return scene.unit(bots, number, 83) < 0.35, 0.3  # noqa: PLR2004 - fall back servers.


def _call(
    scene: Scene,
    draws: Draws,
    family: Family,
    server: Server,
    *,
    chosen: Mask,
    manner: _Manner,
    part: float,
) -> None:
    """Let the chosen bots call a server while it lives and they are infected."""
    starts = np.maximum(family.since, server.starts)
    able = chosen & (starts < server.ends) & scene.lines.reaches(server.code, family.bots)
    line, starts = family.bots[able], starts[able]
    rate = manner.rate[able] * part * scene.hours.share(manner.habit, starts, server.ends)
    code = np.full(line.size, server.code)
    scene.book.belong(server.service, line)
    scene.sheet.relate(draws, Relations(
        client=scene.lines.codes(line, code), server=code, port=server.port, proto=server.proto,
        shape=manner.shape, up=rate / 2, down=rate / 2, line=line, habit=manner.habit,
        starts=starts, ends=server.ends, life=manner.life,
    ))  # fmt: skip


def _stray(scene: Scene, draws: Draws, server: Server, *, shape: int, bots: int) -> None:
    """Let a few innocents touch a server: researchers, link scanners, curious people."""
    line = scene.lines.pick(int(draws.rng.poisson(_STRAYS[0] + _STRAYS[1] * bots)), draws)
    if server.code < REMOTE_V6:
        scene.sheet.relate(draws, Relations(
            client=scene.lines.codes(line), server=server.code, port=server.port,
            proto=server.proto, shape=shape, up=0.03, down=0.03, line=line, habit=Habit.HOME,
        ))  # fmt: skip


def _call_old(
    scene: Scene, draws: Draws, family: Family, server: Server, *, chosen: Mask, manner: _Manner
) -> None:
    """Let bots that missed the move call the address that was left."""
    if server.ends >= _LEFT_BEFORE or server.code >= REMOTE_V6:
        return
    missed = scene.unit(family.bots, server.port, 84) < _OLD_SHARE
    late = chosen & missed & (family.since < server.ends)
    line, days = family.bots[late], min(_OLD_DAYS, DAYS - server.ends)
    silent = server.proto == Protocol.TCP
    scene.sheet.relate(draws, Relations(
        client=scene.lines.codes(line), server=server.code, port=server.port, proto=server.proto,
        shape=Usual.PROBE if silent else manner.shape,
        up=manner.rate[late] * 0.4 * days / DAYS, down=0.0, line=line, habit=manner.habit,
        starts=server.ends, ends=server.ends + days,
    ))  # fmt: skip


def _fronts(
    scene: Scene, draws: Draws, under: Underworld, family: Family, manner: _Manner
) -> list[Server]:
    """Put fronts on own lines, between bots here and elsewhere and the servers above."""
    open_bots = family.bots[~scene.lines.shared[family.bots]]
    of_bots = open_bots.size > 3 and draws.happens(0.5)  # noqa: PLR2004 - enough to choose from.
    pool = open_bots if of_bots else under.hosts
    lines = np.unique(draws.some(pool, draws.whole(*scene.size.fronts)))
    under.infected = np.union1d(under.infected, lines)
    port = odd_port(draws)
    fronts = [
        Server(
            code=int(scene.lines.v4[line]),
            proto=int(Protocol.TCP),
            port=port if draws.happens(0.6) else odd_port(draws),
        )
        for line in lines.tolist()
    ]
    for front in fronts:
        _elsewhere(scene, draws, front, manner.shape)
    for _ in range(draws.whole(1, 3)):
        above = 443 if draws.happens(0.3) else odd_port(draws)
        upper = Server(code=new_host(draws), proto=int(Protocol.TCP), port=above)
        under.leaders.append((upper, SECOND_TIER))
        scene.book.name(upper.service, CC, family.name, SECOND_TIER)
        _report(scene, draws, upper, lines)
    return fronts


def _report(scene: Scene, draws: Draws, upper: Server, fronts: Wholes) -> None:
    """Let fronts report to the server above them, most of them without pause."""
    steady = draws.chances(0.9, fronts.size)
    rate = draws.numbers(1.5, 25.0, fronts.size) * np.where(steady, DAYS, 0.3) / 2
    scene.book.belong(upper.service, fronts)
    scene.sheet.relate(draws, Relations(
        client=scene.lines.codes(fronts), server=upper.code, port=upper.port, proto=upper.proto,
        shape=scene.shapes.keep_alive(draws), up=rate, down=rate, line=fronts,
    ))  # fmt: skip


def _elsewhere(scene: Scene, draws: Draws, front: Server, shape: int) -> None:
    """Let bots of other networks call a front."""
    count = int(draws.number(60, 700))
    rate = draws.numbers(0.05, 0.8, count) / 2
    scene.sheet.relate(draws, Relations(
        client=new_hosts(draws, count), server=front.code, port=front.port, proto=front.proto,
        shape=shape, up=rate, down=rate,
    ))  # fmt: skip


def _mesh(scene: Scene, draws: Draws, family: Family) -> None:
    """Let bots keep in touch with many peers, none of which leads them."""
    count = int(draws.number(400, 4_000))
    peers, ports = new_hosts(draws, count), draws.wholes(1_024, 65_000, count)
    proto = draws.pick((int(Protocol.TCP), int(Protocol.UDP)))
    bot = np.repeat(np.arange(family.bots.size), draws.rng.poisson(60, family.bots.size))
    peer = np.minimum(draws.ranks(0.8, count + 1, bot.size) - 1, count - 1)
    line, since = family.bots[bot], family.since[bot]
    rate = draws.number(0.08, 0.5) * draws.spread(0, 0.5, bot.size) * (1 - since / DAYS) / 2
    shape = scene.shapes.keep_alive(draws)
    scene.sheet.relate(draws, Relations(
        client=scene.lines.codes(line), server=peers[peer], port=ports[peer], proto=proto,
        shape=shape, up=rate, down=rate, line=line, starts=since, life=0.1,
    ))  # fmt: skip
    called = draws.some(family.bots, bot.size // 10)
    scene.sheet.relate(draws, Relations(
        client=new_hosts(draws, called.size), server=scene.lines.codes(called),
        port=1_024 + scene.below(60_000, called, 71), proto=proto, shape=shape, up=0.15, down=0.15,
    ))  # fmt: skip
    for code, port in zip(peers[:150].tolist(), ports[:150].tolist(), strict=True):
        scene.book.name((code, proto, port), "p2p-node", family.name)
