"""Addresses to listen on are read in one way, and a small server ends when it is told to."""

import urllib.request
from wsgiref.simple_server import demo_app, make_server

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.errors import ConfigError
from hinomi.listening import HttpServer, is_loopback, split_address


@given(port=st.integers(0, 65_535))
def test_addresses_are_split_into_host_and_port(port: int) -> None:
    """Brackets belong to the writing of IPv6 and not to the address."""
    assert split_address(f"192.0.2.1:{port}", "here") == ("192.0.2.1", port)
    assert split_address(f"[2001:db8::1]:{port}", "here") == ("2001:db8::1", port)


@given(text=st.text() | st.from_regex(r"[0-9.:\[\]]*", fullmatch=True) | st.just("a:" + "9" * 5000))
def test_whatever_is_written_is_an_address_or_refused(text: str) -> None:
    """With the place where it stands."""
    host, port, refused = "", -1, ""
    try:
        host, port = split_address(text, "here")
    except ConfigError as error:
        refused = str(error)

    assert refused.startswith("here: ") or (host and 0 <= port < 1 << 16)


@pytest.mark.parametrize(
    ("host", "is_here"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("node", False)],  # noqa: S104 - it is told apart.
)
def test_this_machine_is_told_from_others(host: str, is_here: bool) -> None:  # noqa: FBT001 - one case.
    """By address or by name."""
    assert is_loopback(host) is is_here


def test_a_server_answers_until_it_is_closed() -> None:
    """Then its port is free."""
    server = HttpServer(make_server("127.0.0.1", 0, demo_app))
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/") as answer:
        assert answer.status == 200
    port = server.port
    server.close()

    HttpServer(make_server("127.0.0.1", port, demo_app)).close()
