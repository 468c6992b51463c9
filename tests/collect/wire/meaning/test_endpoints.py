"""Addresses, protocol, ports, ICMP and flags of records."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from hinomi.collect.wire.meaning.endpoints import Ends, has_addresses, read_ends, reverse_flags
from hinomi.collect.wire.sets.groups import REVERSE_PEN, RecordGroup
from hinomi.model.address import Address, render_address
from hinomi.model.flow import UNKNOWN_FLAGS
from recordgroups import flow, group, v4

NOBODY = "0.0.0.0"  # noqa: S104 - an address in a record, nothing is bound to it.
Numbers = Mapping[int | tuple[int, int], Sequence[int]]


def read(numbers: Numbers | RecordGroup) -> Ends:
    """Read both ends of records that have them."""
    ends = read_ends(numbers if isinstance(numbers, RecordGroup) else group(numbers))
    assert ends is not None
    return ends


def addresses(ends: Ends) -> list[tuple[str, str]]:
    """Give source and destination of each record as text."""
    sides = zip(ends.src_hi, ends.src_lo, ends.dst_hi, ends.dst_lo, strict=True)
    return [
        (render_address(Address(int(a), int(b))), render_address(Address(int(c), int(d))))
        for a, b, c, d in sides
    ]


def ports(ends: Ends) -> list[tuple[int, int]]:
    """Give both ports of each record."""
    return list(zip(ends.src_port.tolist(), ends.dst_port.tolist(), strict=True))


def test_ipv4_addresses_are_mapped() -> None:
    """As everywhere in hinomi: ::ffff:a.b.c.d."""
    ends = read(flow())

    assert addresses(ends) == [("192.0.2.1", "198.51.100.1")]
    assert ends.proto.tolist() == [6]
    assert ends.named is None
    assert [column.dtype for column in ends[:-1]] == [
        np.int16, np.int64, np.int64, np.int64, np.int64, np.int32, np.int32, np.int16,
    ]  # fmt: skip


def test_ipv6_addresses_come_in_halves() -> None:
    """They are handed through as they were read."""
    both = {27: ["2001:db8::1", "2001:db8::3"], 28: ["2001:db8:ffff::2", "2001:db8::4"]}

    ends = read(group({4: [17, 17]}, six=both))

    assert addresses(ends) == [("2001:db8::1", "2001:db8:ffff::2"), ("2001:db8::3", "2001:db8::4")]


def test_of_both_versions_in_one_layout_the_filled_one_counts() -> None:
    """Each record leaves the addresses of one version at 0; 0.0.0.0 may be a source."""
    numbers: Numbers = {
        8: [v4("192.0.2.1"), 0, 0, 0], 12: [v4("192.0.2.2"), v4("192.0.2.9"), 0, 0], 4: [6] * 4,
    }  # fmt: skip
    six = {27: ["::", "::", "2001:db8::1", "::"], 28: ["::", "::", "2001:db8::2", "::"]}

    ends = read(group(numbers, six=six))

    assert addresses(ends)[:3] == [
        ("192.0.2.1", "192.0.2.2"), (NOBODY, "192.0.2.9"), ("2001:db8::1", "2001:db8::2"),
    ]  # fmt: skip
    assert ends.named is not None
    assert ends.named.tolist() == [True, True, True, False]


def test_records_whose_addresses_are_all_zero_name_nobody() -> None:
    """They are told apart for whoever drops them."""
    four = read({8: [0, 1], 12: [0, 0], 4: [6, 6]})
    six = read(group({4: [6, 6]}, six={27: ["::", "::"], 28: ["::", "2001:db8::1"]}))

    for ends in (four, six):
        assert ends.named is not None
        assert ends.named.tolist() == [False, True]


@pytest.mark.parametrize(
    "numbers", [{8: [1], 4: [6]}, {12: [1], 4: [6]}, {8: [1], 12: [1], 7: [1]}, {4: [6]}]
)
def test_a_layout_without_both_ends_or_protocol_is_not_read(numbers: Numbers) -> None:
    """Half an address pair is none."""
    assert read_ends(group(numbers)) is None
    assert has_addresses(group(numbers)) == ({8, 12} <= set(numbers))


@pytest.mark.parametrize(
    ("numbers", "proto", "expected"),
    [
        ({182: [80], 183: [90]}, 6, (80, 90)),
        ({180: [53], 181: [54]}, 17, (53, 54)),
        ({32: [0x0800]}, 1, (0, 0x0800)),
        ({176: [3], 177: [4]}, 1, (0, 0x0304)),
        ({139: [0x8000]}, 58, (0, 0x8000)),
        ({178: [129]}, 58, (0, 0x8100)),
    ],
)
def test_a_protocol_that_is_not_stated_is_told_by_its_elements(
    numbers: dict[int | tuple[int, int], list[int]], proto: int, expected: tuple[int, int]
) -> None:
    """Who exports tcpSourcePort speaks of TCP."""
    numbers |= {8: [1], 12: [2]}

    ends = read(numbers)

    assert ends.proto.tolist() == [proto]
    assert ports(ends) == [expected]


def test_ports_by_protocol_are_taken_for_their_protocol() -> None:
    """A layout for TCP and UDP leaves the other's ports at whatever they are."""
    numbers: Numbers = {182: [80, 1], 183: [81, 2], 180: [3, 53], 181: [4, 54]}

    ends = read({**numbers, 8: [1, 1], 12: [2, 2], 4: [6, 17]})

    assert ports(ends) == [(80, 81), (53, 54)]


def test_protocols_without_ports_have_none() -> None:
    """Some exporters leave an ESP index or GRE bytes there; SCTP, DCCP and UDP-Lite have ports."""
    protocols = [47, 50, 0, 255, 33, 132, 136, 6, 17]

    ends = read(
        {8: [1] * 9, 12: [2] * 9, 4: protocols, 7: [1_000] * 9, 11: [2_000] * 9, 6: [2] * 9}
    )

    assert ports(ends) == [(0, 0)] * 4 + [(1_000, 2_000)] * 5
    assert ends.tcp_flags.tolist() == [UNKNOWN_FLAGS] * 7 + [2, UNKNOWN_FLAGS]


@pytest.mark.parametrize(
    "numbers",
    [
        {11: [0x0303]},
        {32: [0x0303], 11: [0]},
        {32: [0], 11: [0x0303]},
        {176: [3], 177: [3], 11: [9]},
        {139: [0x0303], 11: [9], 32: [0]},
        {178: [3], 179: [3]},
    ],
)
@pytest.mark.parametrize("proto", [1, 58])
def test_type_and_code_of_icmp_stand_in_the_destination_port(numbers: Numbers, proto: int) -> None:
    """In an element of their own, in two, or (Cisco) in the port; the source port is none."""
    ends = read({**numbers, 8: [1], 12: [2], 4: [proto], 7: [77]})

    assert ports(ends) == [(0, 0x0303)]


def test_an_echo_reply_is_type_and_code_zero() -> None:
    """0 is a type: nothing else is looked for in its place."""
    assert ports(read({8: [1], 12: [2], 4: [1], 32: [0], 11: [0]})) == [(0, 0)]


def test_flags_are_the_nine_bits() -> None:
    """Two bytes may begin with the data offset; without the element they are unknown."""
    wide = read(flow(ie_6=[0xF1FF]))
    absent = read(flow(ie_6=[]))

    assert wide.tcp_flags.tolist() == [0x1FF]
    assert absent.tcp_flags.tolist() == [UNKNOWN_FLAGS]


def test_one_byte_of_flags_is_taken_whole() -> None:
    """The common case: eight bits, of TCP records only."""
    numbers = flow(ie_4=[6, 17, 6], ie_8=[1] * 3, ie_12=[2] * 3, ie_7=[1] * 3, ie_11=[1] * 3)
    some = group(numbers)
    some.numbers[6] = np.array([0xFF, 0x12, 0x00], np.uint8)

    assert read(some).tcp_flags.tolist() == [0xFF, UNKNOWN_FLAGS, 0]


def test_the_way_back_turns_ends_and_icmp() -> None:
    """Ports change places; the answer to an echo request is an echo reply."""
    ends = read(
        {
            8: [v4("192.0.2.1")] * 3,
            12: [v4("192.0.2.2")] * 3,
            4: [6, 1, 58],
            7: [1_000, 0, 0],
            11: [80, 0x0800, 0x8000],
        }
    )

    back = ends.turned(np.array([5, -1, -1], np.int16))

    assert ports(back) == [(80, 1_000), (0, 0), (0, 0x8100)]
    assert addresses(back) == [("192.0.2.2", "192.0.2.1")] * 3
    assert back.tcp_flags.tolist() == [5, -1, -1]
    assert ports(ends)[1] == (0, 0x0800)


def test_the_way_back_has_flags_of_its_own() -> None:
    """RFC 5103: the element of the reverse enterprise; without it they are unknown."""
    some = group({**flow(), (6, REVERSE_PEN): [0x12]})

    assert reverse_flags(some, np.array([6], np.int16)).tolist() == [0x12]
    assert reverse_flags(group(flow()), np.array([6], np.int16)).tolist() == [UNKNOWN_FLAGS]


def test_some_of_the_ends_are_taken_together() -> None:
    """Also which of them are named."""
    ends = read({8: [0, 1], 12: [0, 2], 4: [6, 17], 7: [1, 2], 11: [3, 4]})

    some = ends.take(np.array([1]))

    assert some.named is not None
    assert (ports(some), some.proto.tolist(), some.named.tolist()) == ([(2, 4)], [17], [True])
