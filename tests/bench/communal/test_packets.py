"""How single packets look."""

import numpy as np
import pytest

from hinomi.bench.communal.chance import Chance
from hinomi.bench.communal.packets import GREET, PUSH, Said, Talk, contacts, look
from hinomi.bench.communal.register import TCP, UDP
from hinomi.bench.exchange import ACK, SYN

COUNT = 20_000


def _look(talk: Talk, proto: int = TCP) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    up = np.arange(COUNT) % 2 == 0
    service = np.arange(COUNT) % 7
    said = Said(up=up, payload=np.full(COUNT, 50), proto=np.full(COUNT, proto), service=service)
    return up, *look(talk, said, Chance(1, "packets"))


@pytest.mark.parametrize("talk", list(Talk))
@pytest.mark.parametrize("proto", [TCP, UDP])
def test_sizes_fit_into_ethernet(talk: Talk, proto: int) -> None:
    """And datagrams have no flags."""
    _, flags, octets = _look(talk, proto)

    assert octets.min() >= 28
    assert octets.max() <= 1_500
    if proto == UDP:
        assert (flags == -1).all()


def test_only_clients_open_and_only_servers_greet() -> None:
    """SYN goes up, SYN-ACK comes down; most packets of a keep-alive carry ACK."""
    up, flags, _ = _look(Talk.KEEP)

    assert up[flags == SYN].all()
    assert not up[flags == GREET].any()
    assert (flags & ACK > 0).mean() > 0.95


def test_nobody_answers_the_unanswered() -> None:
    """No packet of them carries ACK without RST."""
    _, flags, _ = _look(Talk.UNANSWERED)

    assert not ((flags & ACK > 0) & (flags & 4 == 0)).any()


def test_bulk_is_full_on_one_side() -> None:
    """The side that sends fills its packets, the other acknowledges."""
    for talk, sender in ((Talk.BULK_DOWN, False), (Talk.BULK_UP, True)):
        up, _, octets = _look(talk)

        assert octets[up == sender].mean() > 4 * octets[up != sender].mean()


def test_a_keep_alive_says_its_payload() -> None:
    """PSH packets are longer than headers by the payload."""
    _, flags, octets = _look(Talk.KEEP)

    assert octets[flags == PUSH].min() == 90


def test_contacts_are_those_of_sampling() -> None:
    """4,320 packets a day at 1 in 10,000 are three a week (background of the rule)."""
    assert contacts(60, 3) == pytest.approx(3.024)
