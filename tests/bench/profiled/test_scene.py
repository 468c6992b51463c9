"""A scene is set by kind, seed and scale; everybody else lives in the remote ranges."""

import numpy as np
import pytest

from hinomi.bench.addressing import REMOTE_V6, is_own, render_code
from hinomi.bench.profiled.scene import (
    SIZES,
    Scene,
    new_hosts,
    odd_ports,
    remote,
    set_scene,
)


@pytest.mark.parametrize("kind", list(SIZES))
def test_lines_go_by_scale(kind: str) -> None:
    """As many lines as the share asks for."""
    assert set_scene(kind, 1, 0.02).lines.count == int(SIZES[kind].lines * 0.02)


@pytest.mark.parametrize(
    ("kind", "scale"), [("tiny", 0.1), ("dense", 0.001), ("dense", 1.5), ("sparse", -1.0)]
)
def test_what_cannot_be_is_refused(kind: str, scale: float) -> None:
    """Other kinds, too few lines and more than the whole."""
    with pytest.raises(ValueError, match=r"kind|lines"):
        set_scene(kind, 1, scale)


def test_others_are_not_own(bare: Scene) -> None:
    """Any number becomes a remote address, of IPv6 where it is asked for."""
    numbers = np.array([0, 1, 2**27, 2**40 - 1])
    hosts = new_hosts(bare.draws("x"), 1_000, 0.5)

    assert not is_own(remote(numbers)).any()
    assert not is_own(remote(numbers, np.ones(4, np.bool_))).any()
    assert render_code(int(remote(numbers)[0])).startswith("240.")
    assert 0.4 < (hosts >= REMOTE_V6).mean() < 0.6


def test_what_belongs_to_a_thing_stays(bare: Scene) -> None:
    """The same keys give the same numbers in one world, and others in another."""
    keys, other = np.arange(100), set_scene("dense", 6, 0.02)

    assert (bare.below(1_000, keys, 3) == bare.below(1_000, keys, 3)).all()
    assert (bare.below(1_000, keys, 3) != other.below(1_000, keys, 3)).mean() > 0.9
    assert (bare.below(1_000, keys, 3) != bare.below(1_000, keys, 4)).mean() > 0.9


def test_shared_hosts_are_a_limited_number(bare: Scene) -> None:
    """Numbers far apart may mean one host; own places are own."""
    assert bare.shared_host(np.array([7])) == bare.shared_host(np.array([40_007]))
    assert np.isin(bare.some_hosts(bare.draws("x"), 9), bare.shared_host(np.arange(40_000))).all()
    assert is_own(bare.own_places(bare.draws("x"), 100)).all()


def test_odd_ports_are_above_the_well_known(bare: Scene) -> None:
    """None is below 1,024 (RFC 6335)."""
    assert odd_ports(bare.draws("x"), 5_000).min() >= 1_024
