"""
Whether a datagram looks like an export at all, told from its first bytes.

No defence against who forges with care: it keeps noise and scans from taking numbers that
exporters and their streams need, once those become scarce.

Source: RFC 3954, section 5; RFC 7011, section 3; sFlow version 5; Cisco's layout of v5.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.datagrams import Places, read_u16, read_u32

_V5, _V9, _IPFIX = 5, 9, 10
_V5_HEADER: Final = 24
_V5_RECORD: Final = 48
_SET_BEGINS: Final = {_V9: 20, _IPFIX: 16}  # Behind the header of the datagram.
_SET_HEADER: Final = 4
_LEAST_DATA_SET: Final = 256
_MOST_TEMPLATE_SET: Final = 3
_SFLOW_BYTES: Final = {1: 28, 2: 40}  # Of the header, by type of the agent's address.
_SFLOW_SAMPLE: Final = 8  # Its tag and length.


def looks_like_export(
    buffer: NDArray[np.uint8], start: Places, length: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """
    Tell which datagrams could be exports with something in them.

    Args:
        buffer: Holds them, with `datagrams.SPARE_BYTES` behind the last.
        start: Where each begins, shape (n,).
        length: Bytes of each, shape (n,).

    Returns:
        Shape (n,): a record of v5, a set that holds something of v9 or IPFIX, or a sample
        of sFlow v5 begins, and the datagram is as long as that claims.
    """
    version = read_u16(buffer, start)
    count = read_u16(buffer, start + 2)
    is_v5 = (version == _V5) & (count > 0) & (length == _V5_HEADER + count * _V5_RECORD)
    looks: NDArray[np.bool_] = is_v5 | _has_set(buffer, start, length, version)
    return looks | _has_sample(buffer, start, length)


def _has_set(
    buffer: NDArray[np.uint8],
    start: Places,
    length: NDArray[np.int64],
    version: NDArray[np.int64],
) -> NDArray[np.bool_]:
    begin = np.where(version == _V9, _SET_BEGINS[_V9], _SET_BEGINS[_IPFIX])
    number = read_u16(buffer, start + begin)
    bytes_of_set = read_u16(buffer, start + begin + 2)
    is_number = (number >= _LEAST_DATA_SET) | (number <= _MOST_TEMPLATE_SET)
    is_set: NDArray[np.bool_] = (
        is_number & (bytes_of_set > _SET_HEADER) & (begin + bytes_of_set <= length)
    )
    is_set &= (version == _V9) | (version == _IPFIX)
    return is_set


def _has_sample(
    buffer: NDArray[np.uint8], start: Places, length: NDArray[np.int64]
) -> NDArray[np.bool_]:
    kind = read_u32(buffer, start + 4)
    header = np.where(kind == 1, _SFLOW_BYTES[1], _SFLOW_BYTES[2])
    samples = read_u32(buffer, start + header - 4)
    is_sflow: NDArray[np.bool_] = (read_u32(buffer, start) == _V5) & np.isin(kind, (1, 2))
    return is_sflow & (samples > 0) & (length >= header + _SFLOW_SAMPLE)
