"""Services as 19 bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.model.address import from_int, parse_address
from hinomi.model.service import Service
from hinomi.share.private.elements import ELEMENT_BYTES, pack, unpack

_services = st.builds(
    Service, st.integers(0, 2**128 - 1).map(from_int), st.integers(0, 255), st.integers(0, 65_535)
)


@given(_services)
def test_a_service_comes_back_from_its_bytes(service: Service) -> None:
    """19 bytes hold address, protocol and port."""
    assert len(pack(service)) == ELEMENT_BYTES
    assert unpack(pack(service)) == service


def test_the_bytes_are_in_network_order() -> None:
    """16 of the address, IPv4 in its mapped form, then the protocol, then the port."""
    packed = pack(Service(parse_address("192.0.2.1"), 6, 443))

    assert packed.hex() == "00000000000000000000ffffc0000201" + "06" + "01bb"


def test_what_no_other_member_can_name_is_refused() -> None:
    """A pseudonym of the own network, and bytes of another length."""
    with pytest.raises(ValueError, match="pseudonym"):
        pack(Service(parse_address("192.0.2.1"), 6, 443, own=True))
    with pytest.raises(ValueError, match="19 bytes"):
        unpack(bytes(18))
