"""Hosting: addresses at which a C&C server lives among innocents."""

from typing import Final

import numpy as np

from hinomi.bench.benign import Part, chance_flows, users_of
from hinomi.bench.designs import HTTPS, Hosting
from hinomi.bench.exchange import Flows, Shape, sample_flows
from hinomi.bench.herds import Herd
from hinomi.bench.population import Scene, stream
from hinomi.bench.spec import TCP, Device
from hinomi.bench.truth import NamedService

_VISITS_PER_DAY: Final = {Hosting.SHARED: 4.0, Hosting.CDN: 12.0}  # Of a device that visits [own].
_VISIT: Final = (14, 1.2)  # Packets: log-normal median, its sigma; as web pages elsewhere.
_LABELS: Final = {Hosting.SHARED: "shared-host", Hosting.CDN: "cdn"}


def let_visit(scene: Scene, herd: Herd, part: Part) -> None:
    """Let innocents visit the sites at the addresses of the family's servers, on 443."""
    spec, botnet, population = scene.spec, herd.spec, scene.population
    rng = stream(spec, f"innocents {botnet.family}")
    for server in herd.servers[: botnet.servers].tolist():
        device = users_of(population, (Device.PC, Device.PHONE), botnet.innocents, rng)
        who, start_ms, packets = chance_flows(
            scene, device, _VISITS_PER_DAY[botnet.hosting], _VISIT, rng
        )
        flows = Flows(
            client=population.v4[population.device_line[who]],
            server=np.full(who.size, server, np.int64),
            port=np.full(who.size, HTTPS, np.int32),
            start_ms=start_ms,
            duration_ms=rng.exponential(8_000, who.size).astype(np.int64),
            packets=packets,
        )
        shape = Shape(proto=TCP, up_share=0.4, up_bytes=300, down_bytes=1_100)
        part.packets.append(sample_flows(flows, shape, spec.interval, rng, met=True))
        if (botnet.proto, botnet.port) != (TCP, HTTPS):
            part.services.append(
                NamedService(
                    code=server,
                    proto=TCP,
                    port=HTTPS,
                    label=_LABELS[botnet.hosting],
                    family=botnet.family,
                    design=botnet.design,
                )
            )
