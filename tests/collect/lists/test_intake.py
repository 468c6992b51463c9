"""What is taken from the lines of any list, and what is refused or counted."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.lists.fields import parse_prefix
from hinomi.collect.lists.intake import (
    BadLine,
    Intake,
    collapse,
    is_unroutable,
    is_within,
    make_block,
)
from hinomi.errors import MalformedDocument
from hinomi.model.address import parse_address
from hinomi.model.listed import ListEntry, ListKind, Role


@pytest.mark.parametrize("prefix", ["0.0.0.0/0", "::/0", "::/16", "::/80", "::ffff:0:0/96"])
@pytest.mark.parametrize("kind", ListKind)
def test_no_list_speaks_of_a_whole_internet(prefix: str, kind: ListKind) -> None:
    """All of IPv4 or IPv6 is refused everywhere, also IPv4 hidden in a short IPv6 prefix."""
    with pytest.raises(BadLine, match="whole internet"):
        add(prefix, kind)


@pytest.mark.parametrize("prefix", ["64.0.0.0/7", "2000::/15"])
@pytest.mark.parametrize("kind", [kind for kind in ListKind if kind is not ListKind.BENIGN])
def test_lists_of_hosts_refuse_short_prefixes(prefix: str, kind: ListKind) -> None:
    """Shorter than /8 or /16 says nothing of single hosts."""
    with pytest.raises(BadLine, match=f"too short for a {kind} list"):
        add(prefix, kind)


@pytest.mark.parametrize(
    "prefix", ["10.0.0.0/8", "192.0.2.0/24", "240.0.0.1", "2001::/16", "2001:db8::1"]
)
@pytest.mark.parametrize("kind", ListKind)
def test_longer_prefixes_are_taken_by_every_list(prefix: str, kind: ListKind) -> None:
    """Private and reserved ranges too: somewhere they are hosts like any other."""
    assert len(add(prefix, kind).entries) == 1


@pytest.mark.parametrize("prefix", ["128.0.0.0/1", "2000::/3", "224.0.0.0/4", "127.0.0.1"])
def test_a_benign_list_may_be_wide(prefix: str) -> None:
    """What is harmless may be half of the internet, or no host at all."""
    assert len(add(prefix, ListKind.BENIGN).entries) == 1


@pytest.mark.parametrize(
    "prefix",
    ["0.0.0.1", "127.0.0.1", "169.254.1.1", "224.0.0.0/4", "255.255.255.255", "::", "::1",
     "fe80::/10", "ff02::1"],
)  # fmt: skip
def test_what_no_network_carries_is_counted_and_left_out(prefix: str) -> None:
    """A name that resolves to the loopback address makes no C&C server of it."""
    intake = add(prefix, ListKind.KNOWN_CC)

    assert intake.entries == []
    assert intake.ignored == {"unroutable": 1}


@pytest.mark.parametrize(("stated", "kept"), [(Role.UNKNOWN, Role.SINKHOLE), (Role.C2, Role.C2)])
def test_an_entry_of_a_sinkhole_list_is_a_sinkhole(stated: Role, kept: Role) -> None:
    """Unless the source itself says what it is."""
    intake = Intake(Path("list"), ListKind.SINKHOLES, keep_good=False)
    intake.add(ListEntry(base=parse_address("192.0.2.1"), role=stated))

    assert [entry.role for entry in intake.entries] == [kept]


def test_a_bad_line_stops_the_list() -> None:
    """The message has the file and the line."""
    intake = Intake(Path("list.csv"), ListKind.KNOWN_CC, keep_good=False)

    with pytest.raises(MalformedDocument) as caught, intake.line(7):
        raise BadLine("no port")

    assert str(caught.value) == "list.csv, line 7: no port"


def test_a_bad_line_is_counted_where_good_ones_are_kept() -> None:
    """It is left out as a whole, also what it added before it turned out bad."""
    intake = add("192.0.2.1", ListKind.KNOWN_CC, keep_good=True)

    with intake.line(7):
        intake.add(ListEntry(base=parse_address("192.0.2.2")))
        intake.ignore("hostname")
        raise BadLine("no port")

    assert (len(intake.entries), intake.ignored, intake.malformed) == (1, {}, 1)


def test_other_failures_are_not_taken_for_bad_lines() -> None:
    """A bug of ours is never counted as a fault of the file."""
    intake = Intake(Path("list.csv"), ListKind.KNOWN_CC, keep_good=True)

    with pytest.raises(KeyError), intake.line(7):
        raise KeyError


def test_collapsing_keeps_the_widest_span_and_the_first_words() -> None:
    """Of two lines on one service one entry is left that knows what both knew."""
    base = parse_address("192.0.2.1")
    one = ListEntry(base=base, port=80, first_listed_ms=20, last_listed_ms=30)
    two = ListEntry(base=base, port=80, first_listed_ms=10, role=Role.C2, label="family")
    other = ListEntry(base=base, port=81)

    entries, duplicates = collapse([one, other, two])

    merged = ListEntry(
        base=base, port=80, first_listed_ms=10, last_listed_ms=30, role=Role.C2, label="family"
    )
    assert (entries, duplicates) == ((merged, other), 1)


@given(st.lists(st.builds(ListEntry, base=st.just(parse_address("192.0.2.1")),
                          port=st.integers(1, 3), own=st.booleans())))  # fmt: skip
def test_collapsing_loses_no_service(entries: list[ListEntry]) -> None:
    """What is left and what was too many add up; collapsing again changes nothing."""
    kept, duplicates = collapse(entries)

    assert len(kept) + duplicates == len(entries)
    assert {(e.port, e.own) for e in kept} == {(e.port, e.own) for e in entries}
    assert collapse(kept) == (kept, 0)


def add(prefix: str, kind: ListKind, *, keep_good: bool = False) -> Intake:
    """Hand one prefix to a list of *kind*."""
    base, length = parse_prefix(prefix)
    intake = Intake(Path("list"), kind, keep_good=keep_good)
    intake.add(ListEntry(base=base, length=length))
    return intake


@pytest.mark.parametrize(
    ("text", "length", "lies"),
    [("192.0.2.255", 128, True), ("198.51.100.0", 128, False), ("192.0.2.0", 119, False)],
)
def test_a_prefix_lies_in_a_block_as_a_whole(text: str, length: int, *, lies: bool) -> None:
    """One that is wider than the block does not, nor is it unroutable for a part of it."""
    block = make_block(parse_address("192.0.2.0"), 120)

    assert is_within(parse_address(text), [block], length=length) is lies


def test_a_prefix_is_unroutable_only_as_a_whole() -> None:
    """The block of loopback addresses is, one that is twice as wide is not."""
    base = parse_address("127.0.0.0")

    assert is_unroutable(base)
    assert is_unroutable(base, 104)
    assert not is_unroutable(base, 103)
