"""How members meet those who lead them: servers anywhere, moving, in tiers; peers."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hinomi.bench.addressing import Codes
from hinomi.bench.ground.book import CC, FIRST_TIER, SECOND_TIER, Service
from hinomi.bench.ground.draws import Draws, Wholes
from hinomi.bench.motley.calling import Server, call, stand
from hinomi.bench.motley.everyday import popular_site
from hinomi.bench.motley.families import Family
from hinomi.bench.motley.meetings import Pairs
from hinomi.bench.motley.scene import Scene, new_hosts

REPORTED: Final = (3, 150)
"""Packets sampled of one front, or host of anything, with the server above it."""

_FRONTED: Final = 0.03  # Servers behind a site that many visit.
_OUTSIDE: Final = (20, 500)  # Members elsewhere that call a front here.
_PEER_MET: Final = 3  # Times that a peer was met, to have a name.
_PEERS: Final = (60, 3_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leader:
    """A C&C server of a family."""

    service: Service
    tier: int
    family: str


def lead(scene: Scene, family: Family) -> list[Leader]:
    """Let a family stand up its servers, and its members call them."""
    draws = scene.draws(f"control {family.name}")
    fronts = _fronts(scene, draws, family)
    codes = scene.lines.v4[fronts] if family.tiered else None
    count = family.servers if codes is None else codes.size
    servers = stand(scene, draws, count, bad=True, codes=codes)
    leaders = []
    for drawn in servers:
        server = drawn
        if draws.happens(_FRONTED) and not family.tiered:
            server = _behind_site(scene, draws, drawn)
        leaders.append(_name(scene, family, server.service, FIRST_TIER))
        met = np.clip(scene.laws.met + draws.between(-0.3, 0.3), 0.1, 1)
        line = call(
            scene, draws, server, family.bots, met=met, since=family.since, until=family.until
        )
        scene.book.belong(server.service, line)
    if family.tiered:
        _call_from_elsewhere(scene, draws, servers)
        leaders += _rule(scene, draws, family, fronts)
    if family.meshed:
        _mesh(scene, draws, family)
    return leaders


def _name(scene: Scene, family: Family, service: Service, tier: int) -> Leader:
    scene.book.name(service, CC, family.name, tier)
    return Leader(service=service, tier=tier, family=family.name)


def _behind_site(scene: Scene, draws: Draws, server: Server) -> Server:
    """Hide a server behind a site that many visit, in the protocol of that site."""
    site = popular_site(scene, draws)
    law = scene.manners.table[server.manner].copy()
    law["proto"] = site[1]
    return replace(server, service=site, manner=scene.manners.add(law))


def _fronts(scene: Scene, draws: Draws, family: Family) -> Wholes:
    """Choose own lines that stand between members and servers above: members or others."""
    lines = scene.lines
    usable = family.bots if draws.happens(0.5) else np.arange(lines.count)
    usable = usable[~lines.shared[usable]]
    if not usable.size:
        usable = np.flatnonzero(~lines.shared)
    return np.unique(draws.some(usable, draws.whole(4, 11)))


def _rule(scene: Scene, draws: Draws, family: Family, fronts: Wholes) -> list[Leader]:
    """Let fronts report to the servers above them."""
    leaders = []
    for server in stand(scene, draws, draws.whole(1, 4), bad=True):
        leaders.append(_name(scene, family, server.service, SECOND_TIER))
        scene.book.belong(server.service, fronts)
        code, _, port = server.service
        rate = draws.number(*REPORTED) / scene.manners.table["rate"][server.manner]
        scene.meet(draws, fronts, code, port, server.manner, factor=rate)
    return leaders


def _call_from_elsewhere(scene: Scene, draws: Draws, fronts: list[Server]) -> None:
    """Let members of other networks call the fronts here."""
    for front in fronts:
        code, _, port = front.service
        client = new_hosts(draws, round(draws.number(*_OUTSIDE)))
        scene.meetings.meet(
            draws, Pairs(client=client, server=code, port=port, manner=front.manner)
        )


def _mesh(scene: Scene, draws: Draws, family: Family) -> None:
    """Let members keep in touch with peers elsewhere, each at a port of its own."""
    count, manner = round(draws.number(*_PEERS)), scene.choose(draws, bad=True)
    peers, ports = new_hosts(draws, count), draws.wholes(1_024, 65_000, count)
    member = np.repeat(np.arange(family.bots.size), draws.rng.poisson(20, family.bots.size))
    peer = np.minimum(draws.ranks(draws.between(0.4, 0.95), count + 1, member.size) - 1, count - 1)
    rate = draws.number(0.03, 0.5) / scene.manners.table["rate"][manner]
    met = scene.meet(
        draws, family.bots[member], peers[peer], ports[peer], manner, factor=rate,
        starts=family.since[member], ends=family.until[member],
    )  # fmt: skip
    name_peers(scene, peers[peer[met > 0]], ports[peer[met > 0]], manner, family.name)


def name_peers(scene: Scene, code: Codes, port: Wholes, manner: int, name: str) -> None:
    """Name the peers that several met; *code* and *port* are of each one that was met."""
    ends, times = np.unique(np.stack([code, port]), axis=1, return_counts=True)
    for address, at in ends[:, times >= _PEER_MET].T.tolist():
        scene.book.name((address, scene.proto(manner), at), "p2p-node", name)
