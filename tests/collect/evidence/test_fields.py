"""The fields of evidence."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.evidence.fields import (
    clean_words,
    make_service,
    parse_day,
    parse_digest,
    parse_host,
    parse_url_host,
    whole_address,
)
from hinomi.collect.evidence.intake import A_NAME, PRIVATE, UNROUTABLE, Skip
from hinomi.collect.lists.intake import BadLine
from hinomi.model.address import parse_address
from hinomi.model.evidence import ANY_PORT
from hinomi.model.service import Service
from testimony import day


@pytest.mark.parametrize("text", ["192.0.2.1", " [2001:db8::1] ", "2001:db8::1"])
def test_an_address_is_a_host(text: str) -> None:
    """With or without the brackets that URLs put about it."""
    assert parse_host(text) == parse_address(text.strip(" []"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [("host.example", A_NAME), ("127.0.0.1", UNROUTABLE), ("ff02::1", UNROUTABLE)],
)
def test_what_is_no_server_is_skipped(text: str, reason: str) -> None:
    """A name (R16), and addresses that no network carries to a host."""
    with pytest.raises(Skip, match=reason):
        parse_host(text)


@pytest.mark.parametrize("text", ["10.1.2.3", "172.31.0.1", "192.168.0.1", "100.64.0.1", "fd00::1"])
def test_private_addresses_are_a_laboratorys_own(text: str) -> None:
    """Elsewhere they are hosts like any other."""
    with pytest.raises(Skip, match=PRIVATE):
        parse_host(text, is_laboratory=True)
    assert parse_host(text) == parse_address(text)


@given(st.text(max_size=50))
def test_no_text_breaks_the_host(text: str) -> None:
    """Whatever stands there, it is an address, skipped, or a bad line; never repeated."""
    said = ""
    try:
        parse_host(text)
    except (Skip, BadLine) as error:
        said = str(error)
    assert len(text) < 5 or text not in said
    with suppress(Skip):
        parse_url_host(text)


@pytest.mark.parametrize(
    "text", ["3221225985", "0xc0000201", "192.0.513", "0xc0.0.2.1", "0300.0.2.1"]
)
def test_shells_know_other_notations_of_an_address(text: str) -> None:
    """All of these are 192.0.2.1 to wget."""
    assert parse_url_host(text) == parse_address("192.0.2.1")


@pytest.mark.parametrize(
    "text", ["host", "host.example", "256.1.1.1", "192.0.2.256", "99999999999", "8789", "09.0.2.1"]
)
def test_what_is_no_address_in_a_url_is_a_name(text: str) -> None:
    """Nobody asks a resolver what it is."""
    with pytest.raises(Skip, match=A_NAME):
        parse_url_host(text)


def test_a_service_without_a_port_is_the_whole_address() -> None:
    """And a port without a protocol one of TCP."""
    address = parse_address("192.0.2.1")

    assert make_service(address, "udp", "53") == Service(address, 17, 53)
    assert make_service(address, "", "443") == Service(address, 6, 443)
    assert make_service(address, "tcp", "") == whole_address(address)
    assert whole_address(address) == Service(address, ANY_PORT, ANY_PORT)


@pytest.mark.parametrize("port", ["nan", "0", "65536", "-1", "4e2", "٤٤"])
def test_a_port_is_a_number_from_1_to_65535(port: str) -> None:
    """Nothing else that Python would take for a number."""
    with pytest.raises(BadLine):
        make_service(parse_address("192.0.2.1"), "tcp", port)


def test_a_day_is_read_in_utc() -> None:
    """Blank is what the caller says."""
    assert parse_day("2026-01-01T01:00:00+09:00", 0) == day("2025-12-31")
    assert parse_day(" ", 7) == 7
    with pytest.raises(BadLine):
        parse_day("yesterday", 0)


def test_a_digest_is_hex_of_a_known_length() -> None:
    """Blank is none."""
    assert parse_digest(" AB" + "0" * 30) == "ab" + "0" * 30
    assert parse_digest("") == ""
    for wrong in ("ab", "x" * 32, "evil.example"):
        with pytest.raises(BadLine):
            parse_digest(wrong)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("elf.mirai", "elf.mirai"),
        ("Trojan.Linux.Gafgyt", "Trojan.Linux.Gafgyt"),
        ("seized with host.example", "seized with [name]"),
        ("at HOST.EXAMPLE. today", "at [name] today"),
        ("see http://host.example/a?b", "see [name]"),
        ("win.com", "[name]"),
        ("beacon of 192.0.2.1, v1.2.3", "beacon of [address], v1.2.3"),
        ("line\nbreak\x1b[31m", "line break [31m"),
    ],
)
def test_words_keep_no_name_and_no_address(text: str, kept: str) -> None:
    """A family's name with dots in it is none (R16)."""
    assert clean_words(text) == kept


@given(st.text(max_size=300))
def test_words_stand_on_one_printable_line(text: str) -> None:
    """Nothing that could act on a terminal."""
    assert clean_words(text).isprintable()
