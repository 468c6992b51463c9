"""Manners are joint laws: whole, various, and by number."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hinomi.bench.ground.draws import Draws
from hinomi.bench.motley.manners import ANY_PORT, Manners, depart, draw_law, fixed_law
from hinomi.bench.profiled.shapes import PacketKind
from hinomi.model.protocol import Protocol


@given(seed=st.integers(0, 10_000), wobble=st.floats(0, 0.6))
def test_a_manner_is_whole(seed: int, wobble: float) -> None:
    """Shares sum to one, sizes and rates are possible; so they are after departing."""
    draws = Draws(seed, "dense", "x")
    law = draw_law(draws)
    for each in (law, depart(draws, law, wobble)):
        assert np.allclose(each["kinds"][:, -1], 1)
        assert np.allclose(each["odds"][:, -1], 1)
        assert (np.diff(each["kinds"], axis=1) >= 0).all()
        assert 0 <= each["down"] <= 1
        assert each["rate"] > 0
        assert each["burst"] >= 1
        assert 0 < each["daily"] <= 1
        assert each["bytes"].min() >= 1
        assert 0 <= each["port"] < 65_536


def test_manners_are_as_unlike_as_can_be() -> None:
    """Both protocols, ports of every sort, one way and both, seldom and often, clocks."""
    draws = Draws(1, "dense", "x")
    laws = np.array([draw_law(draws) for _ in range(300)])

    assert {*laws["proto"].tolist()} == {Protocol.TCP, Protocol.UDP}
    assert 0.2 < (laws["port"] == ANY_PORT).mean() < 0.5
    assert {0.0, 1.0} <= {*laws["down"].tolist()}
    assert laws["rate"].max() > 50 * laws["rate"].min()
    assert 0.2 < (laws["period"] > 0).mean() < 0.5
    assert (laws["burst"] > 2).any()
    shares = np.diff(laws["kinds"][:, 0], axis=1, prepend=0)
    assert shares[:, PacketKind.SYN].max() > 0.3
    assert shares[:, PacketKind.ACK].min() < 0.05


def test_without_wobble_nothing_departs() -> None:
    """What departs by nothing is the same manner; by more, another near it."""
    draws = Draws(2, "dense", "x")
    law = draw_law(draws)

    assert depart(draws, law, 0.0) == law
    assert depart(draws, law, 0.3)["rate"] != law["rate"]


def test_manners_keep_their_numbers() -> None:
    """However many follow."""
    draws, manners = Draws(3, "dense", "x"), Manners()
    laws = [draw_law(draws) for _ in range(150)]

    assert [manners.add(law) for law in laws] == list(range(150))
    assert manners.table["rate"].tolist() == [float(law["rate"]) for law in laws]


def test_a_fixed_manner_is_of_one_kind() -> None:
    """All packets of one way are of the kind that was asked for."""
    law = fixed_law(PacketKind.SYN, PacketKind.RST, proto=Protocol.TCP, size=1)

    shares = np.diff(law["kinds"], axis=1, prepend=0)
    assert shares[0].tolist() == [1, 0, 0, 0, 0, 0]
    assert shares[1].tolist() == [0, 0, 0, 0, 1, 0]
