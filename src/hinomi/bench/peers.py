"""Botnets without a centre: nodes that keep in touch with each other, none of them a C&C."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.benign import Part, popular
from hinomi.bench.calls import beat_of
from hinomi.bench.exchange import Sessions, sample_sessions
from hinomi.bench.herds import Herd, open_lines
from hinomi.bench.population import Scene, stream
from hinomi.bench.truth import NamedService

LABEL: Final = "p2p-node"

_WELL_KNOWN: Final = 0.4  # Power of the nodes' popularity: the binary names some of them.
_CALLED: Final = 0.4  # Share of the relations that the node elsewhere opened.
_OWN_SHARE: Final = 0.03  # Share of the relations between two own lines.
_SLOWER: Final = 4.0  # A relation's period lies between the family's and so many times it.


def mesh(scene: Scene, herd: Herd, part: Part) -> None:
    """Let each member keep in touch with many nodes, and name the nodes."""
    spec, botnet = scene.spec, herd.spec
    rng = stream(spec, f"mesh {botnet.family}")
    nodes = scene.allocation.take(botnet.remote_peers, "people")
    member = np.repeat(np.arange(herd.device.size), botnet.peers)
    peer = nodes[popular(rng.random(member.size), nodes.size, _WELL_KNOWN)]
    is_open = np.isin(scene.population.device_line[herd.device], open_lines(scene.population))
    reachable = np.unique(herd.address[is_open])
    among = (rng.random(member.size) < _OWN_SHARE) & (reachable.size > 1)
    if reachable.size:
        peer[among] = rng.choice(reachable, int(among.sum()))
    client, server = herd.address[member], peer
    called = ~among & is_open[member] & (rng.random(member.size) < _CALLED)
    client, server = np.where(called, server, client), np.where(called, client, server)
    period_ms = botnet.period_s * 1_000 * rng.uniform(1.0, _SLOWER, member.size)
    kept = client != server
    sessions = Sessions(
        client=client[kept],
        server=server[kept],
        port=np.full(int(kept.sum()), botnet.port, np.int32),
        start_ms=herd.onset_ms[member][kept],
        end_ms=herd.cleaned_ms[member][kept],
        period_ms=_whole(period_ms)[kept],
    )
    part.packets.append(sample_sessions(sessions, beat_of(herd), spec.interval, rng))
    part.services.extend(
        NamedService(
            code=code,
            proto=botnet.proto,
            port=botnet.port,
            label=LABEL,
            family=botnet.family,
            design=botnet.design,
            members=herd.address,
        )
        for code in (*nodes.tolist(), *reachable.tolist())
    )


def _whole(period_ms: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.maximum(period_ms.astype(np.int64), 1)
