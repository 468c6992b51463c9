"""Packets have the flags and sizes of their shape."""

import numpy as np
import pytest

from hinomi.bench.addressing import REMOTE_V6
from hinomi.bench.ground.draws import Draws, Wholes
from hinomi.bench.profiled.scene import new_hosts
from hinomi.bench.profiled.shapes import Shapes, Usual

COUNT = 4_000


def _draw(shapes: Shapes, shape: int, proto: int, *, down: bool, v6: int = 0) -> tuple[Wholes, ...]:
    draws = Draws(1, "dense", "x")
    ends = new_hosts(draws, COUNT), new_hosts(draws, COUNT) | v6
    many = np.full(COUNT, shape), np.full(COUNT, proto), np.full(COUNT, down)
    return shapes.draw(draws, *many, ends)


@pytest.mark.parametrize("shape", list(Usual))
@pytest.mark.parametrize("proto", [6, 17])
def test_packets_are_possible(shape: Usual, proto: int) -> None:
    """No packet is larger than the Ethernet or smaller than its headers; only TCP has flags."""
    flags, size = _draw(Shapes(), shape, proto, down=True)

    assert size.max() <= 1_500
    assert size.min() >= (40 if proto == 6 else 28)
    assert ((flags == -1) == (proto != 6)).all()


def test_the_flag_of_an_answer_acknowledges() -> None:
    """A probe is a SYN; where a server's SYN is seen, it carries ACK."""
    asked, size = _draw(Shapes(), Usual.PROBE, 6, down=False)
    answered, _ = _draw(Shapes(), Usual.PROBE_ANSWERED, 6, down=True)

    assert set(asked.tolist()) == {0x02}
    assert set(size.tolist()) <= {44, 60}
    assert set(answered.tolist()) == {0x12, 0x04, 0x14}


def test_headers_of_ipv6_are_longer() -> None:
    """The same packets are 20 bytes larger, up to what fits."""
    _, size = _draw(Shapes(), Usual.NTP, 17, down=False)
    _, longer = _draw(Shapes(), Usual.NTP, 17, down=False, v6=REMOTE_V6)

    assert (longer - size).tolist() == [20] * COUNT


def test_drawn_shapes_are_mixtures() -> None:
    """Sessions and polls have no negative weight; a new number each; polls show handshakes."""
    shapes, draws = Shapes(), Draws(1, "dense", "y")
    sessions = [shapes.keep_alive(draws) for _ in range(50)]
    poll = shapes.polling(draws)
    drawn = [_draw(shapes, each, 6, down=False)[0] for each in (*sessions, poll)]

    assert len({*sessions, poll}) == 51
    assert (drawn[-1] == 0x02).mean() > 0.05
    assert any(not (flags == 0x02).any() for flags in drawn)
