"""What bots are used for: scanning, spam, attacks, carrying others, mining; and what they ask."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from hinomi.bench.addressing import Codes
from hinomi.bench.ground.draws import Draws, Reals, Wholes
from hinomi.bench.motley.everyday import visit
from hinomi.bench.motley.families import Family
from hinomi.bench.motley.groups import Model, gather
from hinomi.bench.motley.scene import Fixed, Scene, new_hosts
from hinomi.model.protocol import Protocol

_SPREAD: Final = 1.2  # Sigma of the logarithm of what one does,
_MOST: Final = 1_500  # and the most, sampled packets.
_ALL: Final = 250_000  # Of a family, at scale 1.
_PORTS: Final = (1, 6)
_SCAN_PORTS: Final = (23, 2323, 22, 80, 8080, 5555, 7547, 37215, 52869, 445, 3389, 1433, 5900, 81)
_TARGETS: Final = (5, 60)  # Hosts that answer, and are tried again and again.
_MAIL_HOSTS: Final = 200
_SHARED_POOL: Final = (2, 8)  # Pools, and services that tell one's address, of a world.
_INSTALLED: Final = 0.3  # Families that come with what innocents install, too.
_ABUSED: Final = (2, 15)


Place = tuple[int, int, int]
"""Address, port, manner."""


@dataclass(slots=True, kw_only=True)
class Abused:
    """Servers that bots meet though they are no C&C, and who seemed to misbehave."""

    mail: Codes
    pools: list[Place]
    echoes: list[Place]
    installers: list[Place]
    seen: list[Wholes] = field(default_factory=list)  # Lines that a darknet or trap may have met.


def offer(scene: Scene, models: list[Model]) -> Abused:
    """Stand up what bots and innocents use alike, and let the innocents use it."""
    draws = scene.draws("offers")
    mail = new_hosts(draws, _MAIL_HOSTS)
    scene.book.name_all(mail, Protocol.TCP, 25, "mail-server")
    places: dict[str, list[Place]] = {"mining-pool": [], "ip-echo": [], "installer": []}
    for label, found in places.items():
        for code in new_hosts(draws, draws.whole(*_SHARED_POOL)).tolist():
            manner = scene.choose(draws)
            found.append((code, scene.port(draws, manner, 0.3), manner))
            scene.book.name((code, scene.proto(manner), found[-1][1]), label)
            users = gather(scene, draws, models, round(draws.number(5, 400)))
            scene.meet(draws, users, *found[-1])
    lines = scene.lines
    abused = Abused(
        mail=mail,
        pools=places["mining-pool"],
        echoes=places["ip-echo"],
        installers=places["installer"],
    )
    senders = lines.pick(round(lines.count * draws.number(0.001, 0.02)), draws)
    _send_mail(scene, draws, abused.mail, senders, draws.number(1, 20), since=0.0)
    noisy = np.unique(draws.wholes(0, lines.count, round(lines.count * scene.laws.noisy) + 1))
    tools, newsletters = np.array_split(draws.rng.permutation(noisy), 2)
    _scan(scene, draws, tools, scene.laws.loudness, 0.0)
    _send_mail(scene, draws, abused.mail, newsletters, scene.laws.loudness, since=0.0)
    abused.seen.append(tools)
    return abused


def act(scene: Scene, family: Family, abused: Abused) -> None:
    """Let those members that take part do what the family does, since they are infected."""
    draws = scene.draws(f"deeds {family.name}")
    mine = np.isin(family.bots, family.active)
    line, since = family.bots[mine], family.since[mine]
    if "scanning" in family.deeds:
        _scan(scene, draws, line, family.loudness, since)
        _try_again(scene, draws, family.name, line, since)
        abused.seen.append(line)
    if "spamming" in family.deeds:
        _send_mail(scene, draws, abused.mail, line, family.loudness, since=since)
        abused.seen.append(line)
    if "carrying" in family.deeds:
        _carry(scene, draws, family, line, since)
    if "mining" in family.deeds:
        code, port, manner = draws.pick(abused.pools)
        scene.meet(draws, line, code, port, manner, starts=since)
    if "loading" in family.deeds:
        _load(scene, draws, family, abused)
    if "asking" in family.deeds:
        code, port, manner = draws.pick(abused.echoes)
        scene.meet(draws, family.bots, code, port, manner, starts=family.since)


def _times(scene: Scene, draws: Draws, line: Wholes, loudness: float) -> Wholes:
    """Draw how many packets of each line are sampled in one of its deeds."""
    rate = np.minimum(loudness * draws.spread(0, _SPREAD, line.size), _MOST) * scene.laws.gain
    most = _ALL * scene.laws.scale / max(rate.sum(), 1.0)
    return np.asarray(draws.rng.poisson(rate * min(1.0, most)), np.int64)


def _scan(scene: Scene, draws: Draws, line: Wholes, loudness: float, since: Reals | float) -> None:
    times = _times(scene, draws, line, loudness)
    probe = np.repeat(np.arange(line.size), times)
    starts = np.broadcast_to(since, line.shape)[probe]
    inside = draws.chances(draws.number(0.005, 0.2), probe.size)
    target = np.where(inside, scene.own_places(draws, probe.size), new_hosts(draws, probe.size))
    odd = draws.wholes(1, 65_000, 3)
    ports = draws.rng.choice(np.append(_SCAN_PORTS, odd), draws.whole(*_PORTS), replace=False)
    port, ones = draws.some(ports, probe.size), np.ones(probe.size, np.int64)
    taken = draws.chances(scene.laws.answering, probe.size)
    for some, manner in ((~taken, Fixed.PROBE), (taken, Fixed.ANSWERED)):
        scene.meet(
            draws, line[probe][some], target[some], port[some], int(manner),
            bursts=ones[some], starts=starts[some],
        )  # fmt: skip


def _try_again(scene: Scene, draws: Draws, name: str, line: Wholes, since: Reals) -> None:
    """Let scanners try hosts that answer: these have bots for clients, as a C&C has."""
    target, port = new_hosts(draws, draws.whole(*_TARGETS)), draws.pick(_SCAN_PORTS)
    manner = scene.choose(draws)
    times = draws.rng.poisson(draws.number(0.2, 6), line.size)
    bot = np.repeat(np.arange(line.size), times)
    rank = np.minimum(draws.ranks(0.9, target.size + 1, bot.size) - 1, target.size - 1)
    rate = draws.number(0.2, 2) / scene.manners.table["rate"][manner]
    scene.meet(draws, line[bot], target[rank], port, manner, factor=rate, starts=since[bot])
    scene.book.name_all(target, scene.proto(manner), port, "scan-target", name)


def _send_mail(
    scene: Scene,
    draws: Draws,
    servers: Codes,
    line: Wholes,
    loudness: float,
    *,
    since: Reals | float,
) -> None:
    mail = np.repeat(np.arange(line.size), _times(scene, draws, line, loudness))
    rank = np.minimum(draws.ranks(0.9, _MAIL_HOSTS + 1, mail.size), _MAIL_HOSTS) - 1
    scene.meet(
        draws, line[mail], servers[rank], 25, int(scene.ordinary[0]),
        bursts=np.ones(mail.size, np.int64), starts=np.broadcast_to(since, line.shape)[mail],
    )  # fmt: skip


def _carry(scene: Scene, draws: Draws, family: Family, line: Wholes, since: Reals) -> None:
    """Let others browse over the members, and abuse some sites above all."""
    some = np.repeat(np.arange(line.size), _times(scene, draws, line, family.loudness))
    visit(scene, draws, line[some], since[some])
    manner = scene.choose(draws)
    port = scene.port(draws, manner, 0.7)
    sites = new_hosts(draws, draws.whole(*_ABUSED))
    bot = np.repeat(np.arange(line.size), draws.rng.poisson(2, line.size))
    rate = draws.number(0.1, 1) / scene.manners.table["rate"][manner]
    server = draws.some(sites, bot.size)
    scene.meet(draws, line[bot], server, port, manner, factor=rate, starts=since[bot])
    scene.book.name_all(sites, scene.proto(manner), port, "abuse-target", family.name)


def _load(scene: Scene, draws: Draws, family: Family, abused: Abused) -> None:
    """Let new members soon fetch what they run, from a server of theirs or one of everybody's."""
    code, port, manner = draws.pick(abused.installers)
    if not draws.happens(_INSTALLED):
        manner = scene.choose(draws)
        code, port = int(new_hosts(draws, 1)[0]), scene.port(draws, manner, 0.5)
        scene.book.name((code, scene.proto(manner), port), "loader", family.name)
    new = family.since > 0
    line, since = family.bots[new], family.since[new]
    rate = draws.number(0.3, 5) / scene.manners.table["rate"][manner] * scene.laws.days
    soon = np.minimum(since + 0.2, scene.laws.days)
    scene.meet(draws, line, code, port, manner, factor=rate, starts=since, ends=soon)
