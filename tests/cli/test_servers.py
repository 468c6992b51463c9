"""A server is named by address, protocol and port, or a line says which of them is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.cli.servers import read_endpoint, read_port
from hinomi.errors import UsageError
from hinomi.model.address import parse_address
from hinomi.model.statement import Endpoint


@given(port=st.integers(1, 65_535))
def test_a_server_reads_as_it_is_written(port: int) -> None:
    """By the protocol's name or number."""
    wanted = Endpoint(parse_address("203.0.113.9"), 6, port)

    assert read_endpoint("203.0.113.9", "tcp", str(port)) == wanted
    assert read_endpoint("203.0.113.9", "6", port) == wanted


@pytest.mark.parametrize(
    ("address", "protocol", "port", "named"),
    [
        ("203.0.113", "tcp", "443", "ADDRESS"),
        ("203.0.113.9", "fax", "443", "PROTOCOL"),
        ("203.0.113.9", "tcp", "0", "PORT"),
        ("203.0.113.9", "tcp", "65536", "PORT"),
        ("203.0.113.9", "tcp", "9" * 5000, "PORT"),
        ("203.0.113.9", "tcp", "\u0664\u0664", "PORT"),
        ("203.0.113.9", "tcp", "", "PORT"),
    ],
)
def test_what_is_none_is_named(address: str, protocol: str, port: str, named: str) -> None:
    """By the word that stands in the help."""
    with pytest.raises(UsageError, match=f"^{named} is no"):
        read_endpoint(address, protocol, port)


def test_port_0_may_be_meant() -> None:
    """Of a protocol that has no ports."""
    assert read_port("0") == 0
    with pytest.raises(UsageError, match="nor `any`"):
        read_port("some", besides=", nor `any`")
