"""The hash of a line's network: one for a /16 or a /32, another under another key."""

import numpy as np

from hinomi.collect.linenet import LineNetworks
from hinomi.govern.pseudonym import LineCipher
from hinomi.model.address import parse_address

LINES = ["192.0.2.1", "192.0.2.9", "198.51.100.1", "2001:db8:1::", "2001:db8:2::", "::1:0:0:1"]


def hashes(networks: LineNetworks) -> list[int]:
    """Hash the networks of LINES."""
    keys = [parse_address(text) for text in LINES]
    hi = np.array([key.hi for key in keys], np.int64)
    lo = np.array([key.lo for key in keys], np.int64)
    return [int(each) for each in networks.of(hi, lo)]


def test_lines_of_one_network_share_a_hash() -> None:
    """A /16 of IPv4, a /32 of IPv6, and none with another."""
    first, same, other, six, six_too, six_other = hashes(LineNetworks(LineCipher.create()))

    assert first == same
    assert six == six_too
    assert len({first, other, six, six_other}) == 4


def test_another_key_gives_other_hashes() -> None:
    """Else they could be followed from one key period to the next."""
    one, two = (hashes(LineNetworks(LineCipher.create())) for _ in range(2))

    assert not set(one) & set(two)
