"""Which information elements are read, and how wide each may be."""

import pytest

from hinomi.collect.wire.sets.elements import (
    VARIABLE,
    WANTED,
    Kind,
    is_payload_like,
    is_possible,
)
from hinomi.collect.wire.sets.groups import REVERSE_PEN, V9_SCOPE, V9_VENDOR, element


@pytest.mark.parametrize(
    ("number", "length"),
    [(1, 8), (1, 4), (1, 3), (2, 1), (4, 1), (8, 4), (27, 16), (48, 8), (315, 1), (104, 9000)],
)
def test_a_width_up_to_the_elements_own_is_possible(number: int, length: int) -> None:
    """Numbers may be sent in fewer bytes than their type has."""
    assert is_possible(element(number), length)


@pytest.mark.parametrize(
    ("number", "length"),
    [(1, 0), (1, 9), (4, 2), (7, 50), (8, 3), (8, 16), (27, 4), (28, 15), (22, VARIABLE)],
)
def test_a_width_that_the_element_cannot_have_is_impossible(number: int, length: int) -> None:
    """Nothing, more than the type has, and addresses of another size are no values."""
    assert not is_possible(element(number), length)


@pytest.mark.parametrize("number", [56, 57, 80, 81, 82, 94, 95, 96, 225, 371, 460, 461, 468])
def test_hardware_addresses_names_and_pages_are_not_read(number: int) -> None:
    """Only header information that detection needs is wanted (R2)."""
    assert element(number) not in WANTED


def test_the_way_back_is_read_like_the_way_there() -> None:
    """Elements under the reverse enterprise have the width of their forward ones."""
    reverse = {key: how for key, how in WANTED.items() if key >> 16 == REVERSE_PEN}

    assert element(1, REVERSE_PEN) in reverse
    assert all(how == WANTED[key & 0xFFFF] for key, how in reverse.items())


def test_scopes_and_vendors_of_v9_have_keys_of_their_own() -> None:
    """Scope type 1 is the system and no count of octets; 40005 is an ASA's event."""
    assert WANTED[element(2, V9_SCOPE)] == (Kind.NUMBER, 8)
    assert WANTED[element(40_005, V9_VENDOR)] == (Kind.NUMBER, 1)


def test_names_users_and_pages_are_payload_like() -> None:
    """IANA's elements are known by number, vendors' by how long they are."""
    assert is_payload_like(element(461), VARIABLE)
    assert is_payload_like(element(82), 8)
    assert is_payload_like(element(7, 64_496), VARIABLE)
    assert is_payload_like(element(40_000, V9_VENDOR), 20)


def test_plain_numbers_are_not_payload_like() -> None:
    """A next hop, a vendor's counter and an address are none."""
    assert not is_payload_like(element(15), 4)
    assert not is_payload_like(element(7, 64_496), 8)
    assert not is_payload_like(element(40_001, V9_VENDOR), 16)
