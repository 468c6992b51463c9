"""Victims of floods are met by many bots, or seem to be."""

import numpy as np

from hinomi.bench.addressing import is_own
from hinomi.bench.exchange import ACK, SYN
from hinomi.bench.floods import LABEL
from hinomi.model.flow import Ingress
from plagues import Trapped


def test_floods_hit_small_and_popular_servers_for_a_short_time(trapped: Trapped) -> None:
    """Three shops, a web and a game server, and a network of 64; no victim is called otherwise."""
    victims = trapped.labelled(LABEL)

    assert sorted(victim.port for victim in victims if not victim.family)[:2] == [80, 80]
    assert {victim.family for victim in victims} == {"", "web", "game"}
    assert len(victims) == 5 + 64
    for victim in victims:
        times_ms = trapped.packets.ts_ms[trapped.towards(victim)]
        assert times_ms.size > 5
        assert times_ms.max() - times_ms.min() < 3_600_000


def test_real_bots_flood_bare_packets_under_their_own_addresses(trapped: Trapped) -> None:
    """ACKs and SYNs come from members of attacking botnets alone, and nothing comes back."""
    attackers = np.concatenate([herd.address for herd in trapped.herds if herd.spec.attacks])
    small = [each for each in trapped.labelled(LABEL) if not each.family and each.port == 80]
    flags = []
    for victim in small:
        rows = trapped.towards(victim)
        flags.append(set(trapped.packets.flags[rows].tolist()))

        assert np.isin(trapped.packets.src[rows], attackers).all()
        assert not (trapped.packets.src == victim.code).any()
    assert sorted(flags, key=str) == [{ACK}, {SYN}]


def test_a_flood_of_pages_is_answered(trapped: Trapped) -> None:
    """Connections of attacking bots, in both directions: nothing but their time tells them."""
    attackers = np.concatenate([herd.address for herd in trapped.herds if herd.spec.attacks])
    victim = next(
        each
        for each in trapped.labelled(LABEL)
        if each.proto == 6 and each.port == 443 and not each.family
    )
    rows = trapped.towards(victim)

    assert (trapped.packets.flags[rows] & ACK != 0).mean() > 0.75
    assert np.isin(trapped.packets.src[rows], attackers).all()
    assert (trapped.packets.src == victim.code).sum() > 0.7 * rows.size


def test_a_forged_flood_bears_the_addresses_of_innocents(trapped: Trapped) -> None:
    """SYNs under own addresses, most of no bot, and the victim answers some of them."""
    victim = next(each for each in trapped.labelled(LABEL) if each.family == "web")
    rows, echoes = trapped.towards(victim), trapped.packets.src == victim.code
    bots = np.concatenate([herd.address for herd in trapped.herds])

    assert (trapped.packets.flags[rows] == SYN).all()
    assert is_own(trapped.packets.src[rows]).all()
    assert np.isin(trapped.packets.src[rows], bots).mean() < 0.2
    assert (trapped.packets.flags[echoes] == SYN | ACK).all()
    assert echoes.any()


def test_own_sources_also_arrive_from_outside(trapped: Trapped) -> None:
    """Such packets are forged without doubt: they come from transit."""
    packets = trapped.packets
    forged = is_own(packets.src) & (packets.ingress == Ingress.TRANSIT)

    assert forged.any()
    assert (packets.flags[forged] == SYN).all()
