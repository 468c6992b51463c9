"""Small services differ in port, period and clients; an installer's have one model."""

from dataclasses import replace

import numpy as np

from hinomi.bench.access import Access
from hinomi.bench.exchange import join
from hinomi.bench.internet import Allocation
from hinomi.bench.population import Scene, settle
from hinomi.bench.small import attend
from hinomi.bench.spec import Reach, SmallSpec, WorldSpec
from hinomi.bench.truth import NamedService

KINDS = (
    SmallSpec(name="installer", share=0.4, reach=Reach.ONE_MODEL, ports=(443,)),
    SmallSpec(name="links", share=0.3, reach=Reach.BUSINESSES, ports=(5_432,), odd=0.0, udp=0.0),
    SmallSpec(name="alarm", share=0.3, ports=(9_999,), odd=1.0, reconnects=1.0, office_hours=1.0),
)


def _scene(tiny: WorldSpec) -> Scene:
    spec = replace(tiny, small=KINDS, telemetry=60)
    return Scene(spec, settle(spec), Allocation(7))


def test_every_service_is_named_and_met_by_few(tiny: WorldSpec) -> None:
    """As many as asked for; none has thousands of clients."""
    scene, named = _scene(tiny), list[NamedService]()

    packets = join(list(attend(scene, named)))

    assert len(named) == 60
    up = np.isin(packets.dst, [service.code for service in named])
    pairs = np.unique(np.stack([packets.dst[up], packets.src[up]]), axis=1)
    _, clients = np.unique(pairs[0], return_counts=True)
    assert clients.max() <= 400
    assert clients.size > 40


def test_clients_are_whose_they_should_be(tiny: WorldSpec) -> None:
    """An installer's share one model, links join businesses, alarms choose odd ports."""
    scene, named = _scene(tiny), list[NamedService]()
    packets, population = join(list(attend(scene, named))), scene.population
    having = [
        set(population.v4[population.device_line[population.device_model == model]].tolist())
        for model in range(len(scene.spec.models))
    ]
    static = set(population.v4[population.plan.access == Access.STATIC].tolist())

    for service in named:
        clients = set(packets.src[packets.dst == service.code].tolist())
        if service.label == "installer":
            assert any(clients <= owners for owners in having)
        elif service.label == "links":
            assert clients <= static
            assert service.port == 5_432
    assert len({service.port for service in named if service.label == "alarm"}) > 10
