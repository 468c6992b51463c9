"""
Records that carry the beginning of a packet instead of fields: PSAMP and NetFlow-lite.

The packet's headers are read where they lie; nothing else of it is (R2).

Source: RFC 5477 (313); RFC 7133 (312, 315, 409); Cisco's NetFlow-lite (102 to 104).
"""

from dataclasses import replace
from typing import Final

import numpy as np

from hinomi.collect.wire.meaning.columns import first_of, signed
from hinomi.collect.wire.meaning.endpoints import Ends
from hinomi.collect.wire.packets.headers import Link, parse
from hinomi.collect.wire.sets.groups import RecordGroup, element

_SECTIONS: Final = ((315, Link.ETHERNET), (104, Link.ETHERNET), (313, Link.IP))
_OFFSETS: Final = (409, 102)
_FRAME_BYTES: Final = (312, 103)
_OCTETS, _PACKETS = element(1), element(2)


def has_sections(group: RecordGroup) -> bool:
    """Tell whether the layout carries the beginning of a packet that can be read here."""
    return any(element(number) in group.frames for number, _link in _SECTIONS)


def read_sections(
    buffer: np.ndarray[tuple[int], np.dtype[np.uint8]], group: RecordGroup
) -> tuple[RecordGroup, Ends]:
    """
    Read the headers of the packets that *group* carries.

    Args:
        buffer: Of the batch.
        group: n records of a layout with `has_sections`.

    Returns:
        The group with one packet and its IP bytes in each record where the layout does not
        count them, and both ends; records that are no IP packet have `Ends.named` False.
    """
    number, link = next(each for each in _SECTIONS if element(each[0]) in group.frames)
    start, length = group.frames[element(number)]
    offset = first_of(group.numbers, *_OFFSETS)
    if offset is not None:
        length = np.where(offset == 0, length, 0)  # What begins inside a packet has no headers.
    whole = first_of(group.numbers, *_FRAME_BYTES)
    read = parse(buffer, start, length, link, whole=None if whole is None else signed(whole))
    counted = dict(group.numbers)
    counted.setdefault(_PACKETS, np.ones(len(group), np.uint8))
    counted.setdefault(_OCTETS, read.length.astype(np.uint64))
    ends = Ends(
        read.proto, read.src_hi, read.src_lo, read.dst_hi, read.dst_lo, read.src_port,
        read.dst_port, read.tcp_flags, None if read.is_ip.all() else read.is_ip,
    )  # fmt: skip
    return replace(group, numbers=counted), ends
