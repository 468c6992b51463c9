"""Own fronts serve and report; members of a proxy network carry others' connections."""

from dataclasses import replace

import numpy as np

from hinomi.bench.addressing import is_own
from hinomi.bench.spec import WorldSpec
from plagues import Plague, botnet, infest_with


def test_own_fronts_serve_own_and_remote_bots_and_report_upwards(plague: Plague) -> None:
    """Clients of an own front come from both sides; only fronts meet the upper tier."""
    packets, fronts = plague.packets, plague.herd("stork").fronts
    clients = packets.src[np.isin(packets.dst, fronts) & (packets.dst_port == 38_080)]
    upper = next(service for service in plague.part.services if service.tier == 2)
    reporting = packets.src[(packets.dst == upper.code) & (packets.dst_port == upper.port)]

    assert is_own(fronts).all()
    assert is_own(clients).any()
    assert not is_own(clients).all()
    assert set(reporting.tolist()) == set(fronts.tolist())


def test_every_front_reports_to_every_upper_server(tiny: WorldSpec) -> None:
    """Two upper servers, on a port of their own."""
    family = botnet(servers=0, own_fronts=3, uppers=2, upper_port=4_000, remote_bots=10)
    plague = infest_with(tiny, family)
    uppers = [service for service in plague.part.services if service.tier == 2]

    assert [service.port for service in uppers] == [4_000] * 2
    for service in uppers:
        rows = plague.towards(service.code)
        assert set(plague.packets.src[rows].tolist()) == set(plague.herd().fronts.tolist())


def test_relays_come_in_from_the_server_and_go_anywhere(tiny: WorldSpec) -> None:
    """Many more packets with the server than the keep-alive, and about as many elsewhere."""
    spec = replace(tiny, volume=1.0)
    quiet, busy = (infest_with(spec, botnet(relays_per_day=rate)) for rate in (0.0, 40.0))
    met = [plague.towards(int(plague.herd().servers[0])).size for plague in (quiet, busy)]
    elsewhere = (busy.packets.dst_port == 443) & np.isin(busy.packets.src, busy.herd().address)

    assert met[1] > 1.3 * met[0]
    assert np.unique(busy.packets.dst[elsewhere]).size > 100
