"""How members meet those who lead them: servers anywhere, moving, in tiers; peers."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.bench.addressing import REMOTE_V6
from hinomi.bench.ground.book import CC, FIRST_TIER, SECOND_TIER, Service
from hinomi.bench.ground.draws import Draws, Wholes
from hinomi.bench.motley.everyday import popular_site
from hinomi.bench.motley.families import FEWEST, Family
from hinomi.bench.motley.meetings import Pairs
from hinomi.bench.motley.scene import Fixed, Scene, new_hosts

_ODD_ONE: Final = 0.15  # Servers that talk in another manner than the family's others,
_OWN_PORT: Final = 0.3  # and families whose servers have ports of their own.
_SEEN: Final = 0.75  # C&C servers that are made to be seen with enough members,
_SEEN_LEAST: Final = 6.0  # so many at least.
_FRONTED: Final = 0.03  # Servers behind a site that many visit.
_STALE: Final = 0.3  # Members that still call an address that was left.
_UPPER_RATE: Final = (3, 150)  # Sampled packets of a front.
_OUTSIDE: Final = (20, 500)  # Members elsewhere that call a front here.
_PEERS: Final = (60, 3_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A C&C server, and when it lives."""

    service: Service
    tier: int
    family: str
    starts: float
    ends: float


def lead(scene: Scene, family: Family) -> list[Server]:
    """Let a family stand up its servers, and its members call them."""
    draws = scene.draws(f"control {family.name}")
    manner = scene.choose(draws, bad=True)
    fronts = _fronts(scene, draws, family) if family.tiered else None
    count = family.servers if fronts is None else fronts.size
    if fronts is None:
        codes = scene.place(
            draws, count, inside=scene.laws.at_subscribers, hosted=scene.laws.on_hosting
        )
        if draws.happens(scene.laws.together):
            codes[1:] = np.where(
                draws.chances(0.8, count - 1), codes[0] + np.arange(1, count), codes[1:]
            )
    else:
        codes = scene.lines.v4[fronts]
    moves = np.sort(draws.rng.uniform(0, scene.laws.days, count - 1)).tolist()
    moving = fronts is None and draws.happens(scene.laws.moving)
    first_port, own_ports = (
        scene.port(draws, manner, scene.laws.usual_port),
        draws.happens(_OWN_PORT),
    )
    servers = []
    for number, code in enumerate(codes.tolist()):
        mine = scene.choose(draws, bad=True) if draws.happens(_ODD_ONE) else manner
        port = scene.port(draws, mine, scene.laws.usual_port) if own_ports else first_port
        service = (code, scene.proto(mine), port)
        if draws.happens(_FRONTED) and fronts is None:
            service = popular_site(scene, draws)
        starts = moves[number - 1] if moving and number else 0.0
        ends = moves[number] if moving and number < count - 1 else float(scene.laws.days)
        server = Server(
            service=service, tier=FIRST_TIER, family=family.name, starts=starts, ends=ends
        )
        scene.book.name(service, CC, family.name, FIRST_TIER)
        _call(scene, draws, family, server, mine)
        servers.append(server)
    if fronts is not None:
        _call_from_elsewhere(scene, draws, servers, manner)
        servers += _rule(scene, draws, family, fronts)
    if family.meshed:
        _mesh(scene, draws, family)
    return servers


def _call(scene: Scene, draws: Draws, family: Family, server: Server, manner: int) -> None:
    """Let a share of the members call a server while it lives and they are infected."""
    code, proto, port = server.service
    if scene.proto(manner) != proto:  # It hides behind a site of another protocol.
        law = scene.manners.table[manner].copy()
        law["proto"] = proto
        manner = scene.manners.add(law)
    met = np.clip(scene.laws.met + draws.between(-0.3, 0.3), 0.1, 1)
    starts, ends = np.maximum(family.since, server.starts), np.minimum(family.until, server.ends)
    calling = draws.chances(met, family.bots.size)
    if calling.sum() < FEWEST:
        calling[:] = True
    factor = _enough(scene, draws, manner, int(calling.sum()))
    line = family.bots[calling & (starts < ends)]
    mine = np.isin(family.bots, line)
    scene.book.belong(server.service, line)
    scene.meet(draws, line, code, port, manner, factor=factor, starts=starts[mine], ends=ends[mine])
    stray = scene.lines.pick(int(draws.rng.poisson(scene.laws.strays * line.size)), draws)
    scene.meet(draws, stray, code, port, manner, bursts=np.ones(stray.size, np.int64))
    if server.ends < scene.laws.days and code < REMOTE_V6:
        stale = line[draws.chances(_STALE, line.size)]
        scene.meet(
            draws, stale, code, port, int(Fixed.PROBE), factor=draws.number(0.3, 10),
            starts=server.ends,
        )  # fmt: skip


def _enough(scene: Scene, draws: Draws, manner: int, members: int) -> float:
    """Tell how much busier a family is than its manner, so that enough is seen of most."""
    law = scene.manners.table[manner]
    expected = members * -np.expm1(-law["rate"] * scene.laws.gain / law["burst"])
    if expected >= _SEEN_LEAST or not draws.happens(_SEEN):
        return 1.0
    share = min(0.95, draws.number(_SEEN_LEAST, max(_SEEN_LEAST + 1, members)) / members)
    rate = law["rate"] * scene.laws.gain / law["burst"]
    return max(1.0, float(-np.log1p(-share) / rate))


def _fronts(scene: Scene, draws: Draws, family: Family) -> Wholes:
    """Choose own lines that stand between members and servers above: members or others."""
    lines = scene.lines
    usable = family.bots if draws.happens(0.5) else np.arange(lines.count)
    usable = usable[~lines.shared[usable]]
    if not usable.size:
        usable = np.flatnonzero(~lines.shared)
    return np.unique(draws.some(usable, draws.whole(4, 11)))


def _rule(scene: Scene, draws: Draws, family: Family, fronts: Wholes) -> list[Server]:
    """Let fronts report to the servers above them."""
    servers = []
    for _ in range(draws.whole(1, 4)):
        mine = scene.choose(draws, bad=True)
        port = scene.port(draws, mine, scene.laws.usual_port)
        service = (int(new_hosts(draws, 1)[0]), scene.proto(mine), port)
        scene.book.name(service, CC, family.name, SECOND_TIER)
        scene.book.belong(service, fronts)
        rate = draws.number(*_UPPER_RATE) / scene.manners.table["rate"][mine]
        scene.meet(draws, fronts, service[0], port, mine, factor=rate)
        ends = float(scene.laws.days)
        servers.append(Server(
            service=service, tier=SECOND_TIER, family=family.name, starts=0.0, ends=ends
        ))  # fmt: skip
    return servers


def _call_from_elsewhere(scene: Scene, draws: Draws, fronts: list[Server], manner: int) -> None:
    """Let members of other networks call the fronts here."""
    for front in fronts:
        code, _, port = front.service
        client = new_hosts(draws, round(draws.number(*_OUTSIDE)))
        scene.meetings.meet(draws, Pairs(client=client, server=code, port=port, manner=manner))


def _mesh(scene: Scene, draws: Draws, family: Family) -> None:
    """Let members keep in touch with peers elsewhere, each at a port of its own."""
    count, manner = round(draws.number(*_PEERS)), scene.choose(draws, bad=True)
    peers, ports = new_hosts(draws, count), draws.wholes(1_024, 65_000, count)
    member = np.repeat(np.arange(family.bots.size), draws.rng.poisson(20, family.bots.size))
    peer = np.minimum(draws.ranks(draws.between(0.4, 0.95), count + 1, member.size) - 1, count - 1)
    rate = draws.number(0.03, 0.5) / scene.manners.table["rate"][manner]
    scene.meet(
        draws, family.bots[member], peers[peer], ports[peer], manner, factor=rate,
        starts=family.since[member], ends=family.until[member],
    )  # fmt: skip
    for code, port in zip(peers[:100].tolist(), ports[:100].tolist(), strict=True):
        scene.book.name((code, scene.proto(manner), port), "p2p-node", family.name)
