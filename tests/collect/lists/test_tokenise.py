"""Own addresses become pseudonyms before a list is kept."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.lists.fields import parse_prefix
from hinomi.collect.lists.tokenise import MatchOwn, tokenise_entries
from hinomi.errors import MalformedDocument
from hinomi.model.address import Address, from_int, from_packed, parse_address, to_int
from hinomi.model.listed import ListEntry

V4_LINE = 128
V6_LINE = 56


def test_a_host_inside_becomes_its_lines_pseudonym() -> None:
    """All that was said of it stays."""
    entry = replace(listed("192.0.2.1"), proto=6, port=443, label="family", last_listed_ms=5)

    assert tokenise_entries([entry], own("192.0.2.0/24")) == (
        replace(entry, base=pseudonym("192.0.2.1", V4_LINE), own=True),
    )


def test_a_host_outside_stays_as_it_is() -> None:
    """The list of C&C servers of the world is kept in plain."""
    entries = (listed("198.51.100.1"), listed("2001:db8::1"))

    assert tokenise_entries(entries, own("192.0.2.0/24")) == entries


def test_two_addresses_of_one_line_are_one_entry() -> None:
    """Privacy addresses of one home are one line."""
    entries = [listed("2001:db8:0:100::1"), listed("2001:db8:0:1ff::2")]

    assert tokenise_entries(entries, own("2001:db8::/32", V6_LINE)) == (
        ListEntry(base=pseudonym("2001:db8:0:100::", V6_LINE), own=True),
    )


@pytest.mark.parametrize("prefix", ["192.0.2.0/24", "192.0.0.0/16", "2001:db8:1::/48"])
def test_a_wide_range_inside_stays_in_plain(prefix: str) -> None:
    """It names a part of the network, and no subscriber."""
    match = own("192.0.0.0/8") if "." in prefix else own("2001:db8::/32", V6_LINE)

    assert tokenise_entries([listed(prefix)], match) == (listed(prefix),)


def test_a_narrow_range_inside_becomes_its_lines() -> None:
    """Four addresses are four lines; nothing of them is left in plain."""
    done = tokenise_entries([listed("192.0.2.4/30")], own("192.0.2.0/24"))

    assert {entry.base for entry in done} == {
        pseudonym(f"192.0.2.{host}", V4_LINE) for host in (4, 5, 6, 7)
    }
    assert all(entry.own and entry.length == 128 for entry in done)


def test_a_narrow_range_around_one_own_address_gives_it_no_cover() -> None:
    """The own line becomes a pseudonym, the other addresses stand alone in plain."""
    done = tokenise_entries([listed("192.0.2.0/30")], own("192.0.2.2/32"))

    assert sorted((entry.own, entry.length) for entry in done) == [
        (False, 128), (False, 128), (False, 128), (True, 128),
    ]  # fmt: skip
    assert parse_address("192.0.2.2") not in {entry.base for entry in done}


@pytest.mark.parametrize("prefix", ["198.51.100.0/26", "2001:db8:9::/52", "2001:db8:9::/72"])
def test_a_narrow_range_outside_stays_a_range(prefix: str) -> None:
    """Only own networks are taken apart."""
    match = own("192.0.2.0/24") if "." in prefix else own("2001:db8:1::/48", V6_LINE)

    assert tokenise_entries([listed(prefix)], match) == (listed(prefix),)


@pytest.mark.parametrize(
    "prefix", ["2001:db8:0:100::/56", "2001:db8:0:100::/64", "2001:db8:0:100::/100"]
)
def test_an_ipv6_range_within_one_line_becomes_that_line(prefix: str) -> None:
    """As long as the line's prefix or longer."""
    assert tokenise_entries([listed(prefix)], own("2001:db8::/32", V6_LINE)) == (
        ListEntry(base=pseudonym("2001:db8:0:100::", V6_LINE), own=True),
    )


def test_an_ipv6_range_of_several_lines_becomes_them() -> None:
    """A /57 holds two lines of /58."""
    done = tokenise_entries([listed("2001:db8:0:100::/57")], own("2001:db8::/32", 58))

    assert [entry.base for entry in done] == [
        pseudonym("2001:db8:0:100::", 58), pseudonym("2001:db8:0:140::", 58),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("prefix", "line_bits", "reason"),
    [
        ("2001:db8:0:100::/50", 56, "too many"),
        ("2001:db8:0:100::/64", 80, "splits into many lines"),
        ("2001:db8:0:100::/72", 96, "splits into many lines"),
    ],
)
def test_a_range_that_cannot_be_hidden_is_refused(prefix: str, line_bits: int, reason: str) -> None:
    """Too many lines to keep as pseudonyms, too few to keep in plain."""
    with pytest.raises(MalformedDocument, match=f"^feed: .*{reason}") as caught:
        tokenise_entries([listed(prefix)], own("2001:db8::/32", line_bits), name="feed")

    assert "2001:db8" not in str(caught.value)


def test_a_pseudonym_is_not_tokenised_again() -> None:
    """Entries that are own already come from the case book."""
    entry = ListEntry(base=parse_address("192.0.2.1"), own=True)

    assert tokenise_entries([entry], own("192.0.2.0/24")) == (entry,)


@given(st.integers(0, 2**24 - 1), st.integers(97, 128))
def test_no_own_ipv4_address_is_left_in_plain(offset: int, length: int) -> None:
    """Whatever range is listed, a single own address or a range below /24 never stays."""
    base = from_int((0xFFFF_CB00_0000 | offset) >> (128 - length) << (128 - length))
    match = own("203.0.113.64/27")

    for entry in tokenise_entries([ListEntry(base=base, length=length)], match):
        if not entry.own and entry.length > 120:
            first = to_int(entry.base)
            hosts = range(first, first + (1 << (128 - entry.length)))
            assert all(match(from_int(host)) is None for host in hosts)


def own(prefix: str, line_bits: int = V4_LINE) -> MatchOwn:
    """Make *prefix* the own network, with lines of *line_bits* of the 128-bit form."""
    base, length = parse_prefix(prefix)

    def match(address: Address) -> Address | None:
        if to_int(address) >> (128 - length) != to_int(base) >> (128 - length):
            return None
        return _digest(address, line_bits)

    return match


def pseudonym(text: str, line_bits: int) -> Address:
    """Give the pseudonym of the line of *text*."""
    return _digest(parse_address(text), line_bits)


def listed(prefix: str) -> ListEntry:
    """List *prefix*."""
    base, length = parse_prefix(prefix)
    return ListEntry(base=base, length=length)


def _digest(address: Address, line_bits: int) -> Address:
    line = to_int(address) >> (128 - line_bits)
    return from_packed(hashlib.sha256(str(line).encode()).digest()[:16])
