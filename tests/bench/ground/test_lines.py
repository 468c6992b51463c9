"""Lines lie in blocks of the own range; those that share an address have ports apart."""

import numpy as np

from hinomi.bench.addressing import OWN_V6, REMOTE_V6, is_own
from hinomi.bench.ground.draws import Draws
from hinomi.bench.profiled.scene import Scene, new_host


def test_addresses_lie_in_the_own_blocks(bare: Scene) -> None:
    """Each line's address is own, and lies in the block that the line says."""
    lines = bare.lines

    assert lines.blocks.size == 8
    assert is_own(lines.v4).all()
    assert (lines.v4 >> 16 == lines.blocks[lines.block] >> 16)[~lines.shared].all()


def test_only_sharers_share(bare: Scene) -> None:
    """Lines with an address of their own are alone there; at the others ports do not overlap."""
    lines = bare.lines
    alone, counts = np.unique(lines.v4[~lines.shared], return_counts=True)

    assert counts.max() == 1
    assert not np.isin(alone, lines.v4[lines.shared]).any()
    assert 2 <= np.unique(lines.v4[lines.shared], return_counts=True)[1].max() <= 55
    places = set(zip(lines.v4.tolist(), lines.port_base.tolist(), strict=True))
    assert len(places) == lines.count


def test_a_line_is_known_by_address_and_port(bare: Scene) -> None:
    """Each line is found by what it uses, over IPv4 and IPv6; a free address is nobody's."""
    lines, line = bare.lines, np.arange(bare.lines.count)
    port = lines.port_base + lines.port_span - 1
    v6 = lines.codes(line, np.full(line.size, REMOTE_V6 | 5))

    assert (lines.of(lines.codes(line), port) == line).all()
    assert (v6 & OWN_V6 != 0).all()
    assert (lines.of(v6, port) == line).all()
    assert lines.of(lines.blocks[:1] + 1, np.array([50_000])).tolist() == [-1]


def test_active_lines_are_picked_more_often(bare: Scene) -> None:
    """The share of a line among those picked is that of its activity."""
    picked = np.bincount(bare.lines.pick(200_000, Draws(1, "dense", "x")), minlength=1_200)

    assert np.corrcoef(picked, bare.lines.activity)[0, 1] > 0.99


def test_servers_of_ipv6_are_not_for_everybody(bare: Scene) -> None:
    """Lines without IPv6 reach IPv4 servers only."""
    line = np.arange(bare.lines.count)

    assert bare.lines.reaches(new_host(bare.draws("x")), line).all()
    assert (bare.lines.reaches(REMOTE_V6 | 7, line) == bare.lines.has_v6).all()
