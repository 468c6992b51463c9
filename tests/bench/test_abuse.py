"""Members scan and send spam from their infection on."""

from dataclasses import replace

import numpy as np

from hinomi.bench.exchange import ACK, RST, SYN
from hinomi.bench.spec import HOUR_MS, WorldSpec
from plagues import Plague, botnet, infest_with


def test_probes_are_one_way_to_the_familys_ports(plague: Plague) -> None:
    """SYNs of 40 bytes to telnet, one destination hardly ever twice; few are refused."""
    packets = plague.packets
    herd = plague.herd("cicada")
    probes = (packets.flags == SYN) & (packets.size == 40) & np.isin(packets.src, herd.address)
    refusals = (packets.flags == RST | ACK) & np.isin(packets.dst, herd.address)

    assert probes.sum() > 100
    assert np.isin(packets.dst_port[probes], [23, 2_323, 5_555]).all()
    assert np.unique(packets.dst[probes]).size == probes.sum()
    assert refusals.sum() < 0.05 * probes.sum()


def test_some_scan_only_after_their_infection(tiny: WorldSpec) -> None:
    """Who was infected before the window is silent; the others stop."""
    family = botnet(
        bots=200, fresh=0.5, scan_ports=(22,), scan_pps=5.0, scan_for_h=2.0, models=("tv",)
    )
    plague = infest_with(tiny, family)
    herd, packets = plague.herd(), plague.packets
    rows = np.flatnonzero((packets.flags == SYN) & (packets.dst_port == 22))
    onset_ms = dict(zip(herd.address.tolist(), herd.onset_ms.tolist(), strict=True))
    alone = {code for code in onset_ms if (herd.address == code).sum() == 1}
    after_ms = [
        packets.ts_ms[row] - onset_ms[packets.src[row]]
        for row in rows.tolist()
        if packets.src[row] in alone
    ]
    silent = herd.address[herd.onset_ms == tiny.starts_ms]

    assert len(after_ms) > 100
    assert 0 <= min(after_ms) < max(after_ms) <= 2 * HOUR_MS
    assert not set(packets.src[rows].tolist()) & (set(silent.tolist()) & alone)


def test_spam_goes_to_many_mail_servers(tiny: WorldSpec) -> None:
    """On port 25, while infected; popular mail servers are named as such."""
    plague = infest_with(replace(tiny, volume=1.0), botnet(mails_per_day=1_500, bots=30))
    rows = np.flatnonzero(plague.packets.dst_port == 25)

    assert np.isin(plague.packets.src[rows], plague.herd().address).all()
    assert np.unique(plague.packets.dst[rows]).size > 200
    assert len(plague.labelled("mail-server")) == 12
