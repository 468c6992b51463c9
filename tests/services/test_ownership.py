"""Single addresses are matched with the own networks, as of a day."""

from pathlib import Path

import pytest

from hinomi.collect.networks import parse_own_networks
from hinomi.govern.pseudonym import LineCipher
from hinomi.model.address import parse_address
from hinomi.services.home import open_home
from hinomi.services.ownership import is_own_address, own_matcher
from terminal import make_home


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("192.0.2.64", True),
        ("192.0.2.127", True),
        ("192.0.2.128", False),
        ("192.0.2.63", False),
        ("2001:db8:7fff:ffff:ffff:ffff:ffff:ffff", True),
        ("2001:db8:8000::", False),
        ("::1", False),
    ],
)
def test_the_edges_of_a_prefix_are_its_own(address: str, own: bool) -> None:  # noqa: FBT001 - a fact.
    """The first and last address of a prefix are own, their neighbours are not."""
    networks = parse_own_networks("192.0.2.64/27\n192.0.2.96/27\n2001:db8::/33\n", "own.txt")
    match = own_matcher(networks, LineCipher.create(), 0)

    assert (match(parse_address(address)) is not None) is own


def test_a_prefix_that_is_not_ours_yet_is_foreign() -> None:
    """Before its date a network's addresses are kept in plain, from then on tokenised."""
    networks = parse_own_networks("192.0.2.0/24,ppp,32,private,2026-01-01\n", "own.txt")
    cipher = LineCipher.create()
    date_ms = 1_767_225_600_000

    assert own_matcher(networks, cipher, date_ms - 1)(parse_address("192.0.2.1")) is None
    assert own_matcher(networks, cipher, date_ms)(parse_address("192.0.2.1")) is not None


def test_neighbours_in_one_delegated_prefix_are_one_line() -> None:
    """Two addresses of one /56 have one pseudonym; the next /56 has another."""
    networks = parse_own_networks("2001:db8::/32,ipoe\n", "own.txt")
    match = own_matcher(networks, LineCipher.create(), 0)

    one = match(parse_address("2001:db8:0:1100::1"))
    assert one == match(parse_address("2001:db8:0:11ff::2"))
    assert one != match(parse_address("2001:db8:0:1200::1"))


def test_a_home_knows_its_own_addresses(tmp_path: Path) -> None:
    """Inside the own prefixes is own, outside is not, for both families."""
    home = open_home(make_home(tmp_path / "home"))

    assert is_own_address(home, parse_address("192.0.2.9"))
    assert is_own_address(home, parse_address("2001:db8::9"))
    assert not is_own_address(home, parse_address("198.51.100.9"))
    assert not is_own_address(home, parse_address("3fff::9"))
