"""
Services that may be taken for C&C servers: small ones, and several that a group shares.

A private community is what a botnet looks like from outside: lines that have servers in
common which nobody else calls. Some of its lines are infected, in some groups many, by
chance or because of what they own.
"""

from typing import Final

import numpy as np

from hinomi.bench.ground.book import Service
from hinomi.bench.ground.draws import Draws, Wholes
from hinomi.bench.motley.calling import call, stand
from hinomi.bench.motley.control import REPORTED, name_peers
from hinomi.bench.motley.groups import Model, gather, taint
from hinomi.bench.motley.meetings import Pairs
from hinomi.bench.motley.scene import Scene, new_hosts

TAINTED: Final = "tainted-group"
"""Label of the services of a group of which many are infected."""

_FEWEST: Final = 2  # Clients.
_LONELY: Final = 0.6  # Groups that have one server only,
_SERVERS: Final = (2, 9)  # and what the others have.
_USUAL: Final = 0.15
_GROWING: Final = 0.5  # Servers that lines of a group may begin to call within the window.
_HOSTS: Final = (3, 12)  # Lines of ours that serve others,
_CLOUDS: Final = (1, 5)  # Servers of a model's maker.
_FLEET: Final = (100, 4_000)
_FLEET_RATE: Final = (0.01, 0.3)  # Sampled packets of one of a fleet.
_PEERS: Final = (200, 4_000)
_SWARM: Final = (0.001, 0.03)  # Share of the lines.
_LABELS: Final = (
    "telemetry", "remote-maintenance", "alarm-central", "point-of-sale", "game-guild",
    "niche-vpn", "chat", "home-server", "niche-tracker",
)  # fmt: skip


def keep_apart(scene: Scene, models: list[Model], infected: Wholes) -> list[Service]:
    """Let small services and communities live; give their services."""
    draws, laws = scene.draws("innocents"), scene.laws
    services: list[Service] = []
    for number in range(scene.scaled(laws.niches)):
        services += _serve(scene, draws, f"app{number}", models, infected, shared=False)
    for number in range(scene.scaled(laws.communities)):
        services += _serve(scene, draws, f"group{number}", models, infected, shared=True)
    _clouds(scene, models)
    for number in range(round(laws.fleets)):
        _fleet(scene, draws, models, number)
    for number in range(round(laws.hubs)):
        _hub(scene, draws, f"hub{number}")
    for number in range(round(laws.meshes)):
        _swarm(scene, draws, number)
    return services


def _serve(
    scene: Scene,
    draws: Draws,
    name: str,
    models: list[Model],
    infected: Wholes,
    *,
    shared: bool,
) -> list[Service]:
    """Let a group call one server, or several in common as a botnet does."""
    laws = scene.laws
    most = max(_FEWEST, min(round(laws.crowd), scene.lines.count // 15))
    line = gather(scene, draws, models, round(draws.number(_FEWEST, most)))
    tainted = draws.happens(laws.tainted)
    if tainted:
        line = taint(draws, line, infected)
    count = draws.whole(*_SERVERS) if shared and not draws.happens(_LONELY) else 1
    met = draws.between(0.3, 1) if count > 1 else 1.0
    late = np.where(draws.chances(laws.fresh, line.size), draws.rng.random(line.size), 0.0)
    since = np.maximum(late, draws.rng.random() * draws.happens(laws.fresh)) * laws.days
    label = TAINTED if tainted else "community" if shared else draws.pick(_LABELS)
    servers = stand(scene, draws, count, bad=False)
    for server in servers:
        call(scene, draws, server, line, met=met, since=since * draws.happens(_GROWING))
        scene.book.name(server.service, label, name)
    return [server.service for server in servers]


def _hub(scene: Scene, draws: Draws, name: str) -> None:
    """Let some lines of ours serve others, and report to servers above, as fronts do."""
    open_lines = np.flatnonzero(~scene.lines.shared)
    hosts = np.unique(draws.some(open_lines, draws.whole(*_HOSTS)))
    manner, above = scene.choose(draws), scene.choose(draws)
    port, users = scene.port(draws, manner), scene.lines.pick(draws.whole(5, 200), draws)
    for code in scene.lines.v4[hosts].tolist():
        client = new_hosts(draws, round(draws.number(5, 300)))
        scene.meetings.meet(draws, Pairs(client=client, server=code, port=port, manner=manner))
        calling = draws.chances(draws.between(0, 1), users.size)
        scene.meet(draws, users[calling], code, port, manner)
        scene.book.name((code, scene.proto(manner), port), "relay", name)
    code, port = int(new_hosts(draws, 1)[0]), scene.port(draws, above, _USUAL)
    rate = draws.number(*REPORTED) / scene.manners.table["rate"][above]
    scene.meet(draws, hosts, code, port, above, factor=rate)
    scene.book.name((code, scene.proto(above), port), "relay-master", name)


def _clouds(scene: Scene, models: list[Model]) -> None:
    """Let devices keep in touch with their makers: the infected of a model meet here, too."""
    for model in models:
        draws = scene.draws(f"cloud {model.name}")
        for _ in range(draws.whole(*_CLOUDS)):
            manner = scene.choose(draws)
            port, code = scene.port(draws, manner, 0.4), int(new_hosts(draws, 1)[0])
            users = model.owners[draws.chances(draws.between(0.2, 1), model.owners.size)]
            rate = draws.number(0.05, 3) / scene.manners.table["rate"][manner]
            scene.meet(draws, users, code, port, manner, factor=rate)
            service = (code, scene.proto(manner), port)
            scene.book.name(service, "vendor-cloud", model.name)


def _fleet(scene: Scene, draws: Draws, models: list[Model], number: int) -> None:
    """Let many lines call a server so seldom that few of them are sampled with it."""
    count = min(round(draws.number(*_FLEET)), scene.lines.count // 3)
    line, manner = gather(scene, draws, models, count), scene.choose(draws)
    port, code = scene.port(draws, manner, _USUAL), int(new_hosts(draws, 1)[0])
    rate = draws.number(*_FLEET_RATE) / scene.manners.table["rate"][manner]
    scene.meet(draws, line, code, port, manner, factor=rate)
    scene.book.name((code, scene.proto(manner), port), "fleet", f"fleet{number}")


def _swarm(scene: Scene, draws: Draws, number: int) -> None:
    """Let lines keep in touch with peers elsewhere, and be called by them."""
    count, manner = round(draws.number(*_PEERS)), scene.choose(draws)
    peers, ports = new_hosts(draws, count), draws.wholes(1_024, 65_000, count)
    lines = scene.lines.pick(round(scene.lines.count * draws.number(*_SWARM)) + 2, draws)
    member = np.repeat(np.unique(lines), draws.whole(5, 60))
    rank = draws.ranks(draws.between(0.3, 0.95), count + 1, member.size) - 1
    peer = np.minimum(rank, count - 1)
    rate = draws.number(0.03, 1) / scene.manners.table["rate"][manner]
    met = scene.meet(draws, member, peers[peer], ports[peer], manner, factor=rate)
    called = draws.some(member, member.size // 5)
    scene.meetings.meet(draws, Pairs(
        client=draws.some(peers, called.size), server=scene.lines.v4[called],
        port=1_024 + scene.below(60_000, called, 71), manner=manner, factor=rate,
    ))  # fmt: skip
    name_peers(scene, peers[peer[met > 0]], ports[peer[met > 0]], manner, f"swarm{number}")
