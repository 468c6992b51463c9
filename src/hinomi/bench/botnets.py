"""Botnets: each family is gathered, keeps in touch, and does what it does."""

from hinomi.bench.abuse import scan, spam
from hinomi.bench.benign import Part
from hinomi.bench.calls import call
from hinomi.bench.designs import Hosting
from hinomi.bench.herds import Herd, Muster
from hinomi.bench.hosting import let_visit
from hinomi.bench.peers import mesh
from hinomi.bench.population import Scene
from hinomi.bench.proxies import relay, serve
from hinomi.bench.truth import NamedService


def infest(scene: Scene) -> tuple[Part, list[Herd]]:
    """Draw every botnet of the world and what its members do, attacks excepted."""
    part, muster, herds = Part(), Muster(scene), []
    for botnet in scene.spec.botnets:
        herd = muster.gather(botnet)
        herds.append(herd)
        part.packets.extend(call(scene, herd))
        part.services.extend(_name(herd))
        if herd.fronts.size:
            serve(scene, herd, part)
        if botnet.hosting != Hosting.DEDICATED:
            let_visit(scene, herd, part)
        if botnet.peers:
            mesh(scene, herd, part)
        if botnet.scans:
            part.packets.append(scan(scene, herd))
        if botnet.mails_per_day:
            spam(scene, herd, part)
        if botnet.relays_per_day and herd.servers.size:
            part.packets.extend(relay(scene, herd))
    return part, herds


def _name(herd: Herd) -> list[NamedService]:
    """Name the family's first-tier servers: living, sinkholed and gone."""
    botnet, named = herd.spec, []
    living = botnet.servers - botnet.sunk
    for index, code in enumerate([*herd.servers.tolist(), *herd.gone.tolist()]):
        if index >= herd.servers.size:
            label = "dead-cc"
        elif living <= index < botnet.servers:
            label = "sinkhole"
        else:
            label = "cc"
        named.append(
            NamedService(
                code=code,
                proto=botnet.proto,
                port=botnet.port,
                label=label,
                family=botnet.family,
                design=botnet.design,
                tier=None if label == "sinkhole" else 1,
                members=herd.address,
            )
        )
    return named
