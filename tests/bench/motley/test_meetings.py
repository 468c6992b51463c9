"""Pairs become records by their manner: how many, when, which way, of what."""

from typing import Any

import numpy as np

from hinomi.bench.exchange import ACK, SYN
from hinomi.bench.ground.records import Records
from hinomi.bench.motley.manners import draw_law
from hinomi.bench.motley.scene import Fixed, Scene, new_hosts
from hinomi.bench.spec import DAY_MS
from hinomi.model.flow import Ingress

COUNT = 400


def _meet(scene: Scene, *, more: dict[str, Any] | None = None, **law: Any) -> Records:
    draws = scene.draws("meet")
    own = draw_law(draws)
    plain = {"proto": 6, "spread": 0.0, "burst": 1.0, "daily": 1.0, "period": 0.0, "mirror": 0.0}
    for name, value in (plain | law).items():
        own[name] = value
    line = np.arange(COUNT)
    server = int(new_hosts(draws, 1)[0])
    scene.meet(draws, line, server, 4_444, scene.manners.add(own), **(more or {}))
    return scene.meetings.ledger.close()


def test_as_many_are_sampled_as_the_rate_says(bare: Scene) -> None:
    """Of a whole window, times the gain of the world; half of it in half of the window."""
    expected = COUNT * 10 * bare.laws.gain
    whole = _meet(bare, rate=10.0).packets.sum()
    half = _meet(bare, rate=10.0, more={"ends": bare.laws.days / 2}).packets.sum()

    assert abs(whole / expected - 1) < 0.1
    assert abs(half / expected - 0.5) < 0.05


def test_the_given_number_of_bursts_happens(bare: Scene) -> None:
    """Whatever the rate; packets of a burst come together."""
    records = _meet(bare, rate=1e-9, more={"bursts": 3})

    assert records.src.size == 3 * COUNT


def test_bursts_merge_into_records_of_several_packets(bare: Scene) -> None:
    """All of them, if the manner says so; bytes are of all the packets."""
    merged = _meet(bare, burst=5.0, merged=1.0, more={"bursts": 2})
    apart = _meet(bare, burst=5.0, merged=0.0, more={"bursts": 2})

    assert merged.src.size == 2 * COUNT
    assert abs(merged.packets.mean() - 5) < 1
    assert (merged.octets >= 40 * merged.packets).all()
    assert (apart.packets == 1).all()
    assert abs(apart.src.size / (10 * COUNT) - 1) < 0.2


def test_one_way_stays_one_way(bare: Scene) -> None:
    """Who sends nothing is never a source; the port of the server is the one asked for."""
    up = _meet(bare, rate=5.0, down=0.0)
    down = _meet(bare, rate=5.0, down=1.0)

    assert {*up.dst_port.tolist()} == {4_444}
    assert {*up.ingress.tolist()} == {Ingress.SUBSCRIBER}
    assert {*down.src_port.tolist()} == {4_444}
    assert {*down.ingress.tolist()} == {Ingress.TRANSIT}


def test_a_client_comes_on_its_days_only(bare: Scene) -> None:
    """With a share of the days that leaves one, no client is met on two."""
    records = _meet(bare, rate=20.0, daily=0.01, down=0.0)
    days = records.ts_ms // DAY_MS
    seen = {(int(client), int(day)) for client, day in zip(records.src, days, strict=True)}

    assert len(seen) == np.unique(records.src).size
    assert np.unique(days).size == bare.laws.days


def test_a_clock_leaves_gaps_of_whole_periods(bare: Scene) -> None:
    """Gaps of one client with the server are multiples of the period, but for some drift."""
    period = 0.25
    records = _meet(bare, rate=20.0, period=period, down=0.0, burst_days=1e-4)
    one = np.sort(records.ts_ms[records.src == bare.lines.v4[0]]) / DAY_MS
    ticks = np.diff(one) / period
    inner = (one[1:] < bare.laws.days - 2 * period) & (one[:-1] > period)

    assert np.abs(ticks - np.round(ticks))[inner].max() < 0.25


def test_a_probe_is_a_syn(bare: Scene) -> None:
    """And what takes it up answers with SYN and ACK."""
    draws, line = bare.draws("x"), np.arange(COUNT)
    bare.meet(draws, line, int(new_hosts(draws, 1)[0]), 23, int(Fixed.ANSWERED), bursts=4)
    records = bare.meetings.ledger.close()
    answers = records.flags[records.src_port == 23]

    assert (answers == SYN | ACK).all()
    assert answers.size > COUNT


def test_a_line_never_meets_itself_nor_what_it_cannot_reach(bare: Scene) -> None:
    """Its own address, and IPv6 without having it."""
    draws, line = bare.draws("x"), np.arange(COUNT)
    own = bare.meet(draws, line, bare.lines.v4[line], 80, int(Fixed.PROBE), bursts=1)
    v6 = bare.meet(draws, line, 1 << 62 | 5, 80, int(Fixed.PROBE), bursts=1)

    assert not own.any()
    assert ((v6 > 0) == bare.lines.has_v6[line]).all()
