"""Every family of a world is gathered, named and heard."""

import numpy as np

from hinomi.bench.addressing import is_own
from plagues import Plague


def test_only_members_speak_with_a_remote_server(plague: Plague) -> None:
    """Nobody else has business with a first-tier C&C server, and none before infection."""
    for service in plague.part.services:
        if service.label != "cc" or service.tier != 1 or is_own(np.array([service.code]))[0]:
            continue
        up = (plague.packets.dst == service.code) & (plague.packets.dst_port == service.port)
        herd = plague.herd(service.family)
        onset_ms: dict[int, int] = {}
        for code, ts_ms in zip(herd.address.tolist(), herd.onset_ms.tolist(), strict=True):
            onset_ms[code] = min(ts_ms, onset_ms.get(code, ts_ms))

        assert up.any()
        assert np.isin(plague.packets.src[up], herd.address).all()
        sent = zip(plague.packets.src[up].tolist(), plague.packets.ts_ms[up].tolist(), strict=True)
        for source, ts_ms in sent:
            assert ts_ms >= onset_ms[source]


def test_servers_are_named_by_what_they_are(plague: Plague) -> None:
    """Living, sinkholed and gone; sinkholes have no tier."""
    named = {
        family: [
            (service.label, service.tier)
            for service in plague.part.services
            if service.family == family
        ]
        for family in ("cicada", "mayfly", "ghost", "stork")
    }

    assert named["cicada"] == [("cc", 1)] * 2
    assert named["mayfly"] == [("sinkhole", None)] * 2
    assert named["ghost"] == [("dead-cc", 1)]
    assert sorted(named["stork"], key=str) == [("cc", 1)] * 3 + [("cc", 2)]
