"""Lookalikes have the clients of a C&C server, or its packets, and are benign."""

from dataclasses import replace

import numpy as np
import pytest

from hinomi.bench.benign import Part
from hinomi.bench.exchange import Packets, join
from hinomi.bench.herds import Herd, Muster
from hinomi.bench.lookalikes import set_lookalikes
from hinomi.bench.spec import WorldSpec
from hinomi.bench.truth import NamedService
from plagues import botnet, make_scene

Alike = tuple[list[Herd], Part, Packets]


@pytest.fixture(scope="module")
def alike(tiny: WorldSpec) -> Alike:
    """The lookalikes beside eight families of infected televisions and one of PCs."""
    families = [
        botnet(family=f"tv-{number}", bots=60, models=("tv",), fresh=1.0) for number in range(8)
    ]
    families.append(botnet(family="pcs", bots=300))
    scene = make_scene(replace(tiny, volume=1.0), *families)
    muster, part = Muster(scene), Part()
    herds = [muster.gather(family) for family in families]
    set_lookalikes(scene, herds, part)
    return herds, part, join(part.packets)


def _labelled(part: Part, label: str) -> list[NamedService]:
    return [service for service in part.services if service.label == label]


def test_most_clients_of_an_installer_are_infected_later(alike: Alike) -> None:
    """Many of them are in contact before their infection."""
    herds, part, packets = alike
    onset_ms: dict[int, int] = {}
    for herd in herds:
        onset_ms |= dict(zip(herd.address.tolist(), herd.onset_ms.tolist(), strict=True))
    installers = _labelled(part, "installer")
    bots, early = [], 0
    for service in installers:
        rows = packets.dst == service.code
        clients = np.unique(packets.src[rows])
        bots.append(np.mean([code in onset_ms for code in clients.tolist()]))
        met = zip(packets.src[rows].tolist(), packets.ts_ms[rows].tolist(), strict=True)
        early += sum(ts_ms < onset_ms.get(code, 0) for code, ts_ms in met)

    assert len(installers) >= 2
    assert {service.family for service in installers} == {"tv"}
    assert np.mean(bots) > 0.5
    assert early > 20


def test_servers_keep_in_touch_with_servers(alike: Alike) -> None:
    """A few own lines each, all day, in both directions."""
    _, part, packets = alike
    links = _labelled(part, "server-to-server")
    clients = [np.unique(packets.src[packets.dst == service.code]).size for service in links]

    assert len(links) == 6
    assert min(clients) >= 1
    assert max(clients) > 4
    assert all((packets.src == service.code).any() for service in links)


def test_silent_bots_ask_for_their_address_more_often_than_people(alike: Alike) -> None:
    """So most of those who ask are infected, and the service is benign."""
    herds, part, packets = alike
    bots = np.concatenate([herd.address for herd in herds])
    rows = np.isin(packets.dst, [service.code for service in _labelled(part, "ip-echo")])

    assert rows.sum() > 30
    assert np.isin(packets.src[rows], bots).mean() > 0.5
