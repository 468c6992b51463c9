"""
Memory that decoding frees stays with the process.

Columns of a block of datagrams are a few hundred kilobytes each. glibc gives pieces of that
size back to the kernel and asks for them again with the next block, and the kernel fills
every page with zeros: a tenth of the collector's work.
"""

import ctypes
from typing import Final

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # mallopt(3).
_KEPT_BYTES: Final = 128 << 20
_LARGEST_BYTES: Final = 32 << 20  # As glibc's own rule grows to; it takes no more.


def keep_freed_memory() -> bool:
    """
    Let freed memory be used again instead of given back, for the rest of the process.

    Returns:
        Whether the C library could be told; where it could not, all works as before.

    Notes:
        Measured at a million records a second: 0.03 to 0.04 CPU s less for a million
        NetFlow records, 0.13 for sFlow at 200,000 a second, and the same peak of memory.

    Source:
        mallopt(3) of glibc.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # Another C library.
        return False
    told = (
        mallopt(_MMAP_THRESHOLD, _LARGEST_BYTES),
        mallopt(_TRIM_THRESHOLD, _KEPT_BYTES),
    )
    return all(told)
