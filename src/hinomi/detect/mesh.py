"""
Peer-to-peer programs: lines that meet many services which nobody else meets.

A bot has few C&Cs; a peer-to-peer client, infected or not, meets dozens of look-alikes.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.detect.columns import ints
from hinomi.detect.orient import SERVICE
from hinomi.detect.ports import habit

_LEAST = 10
_SHARE = 0.2


def lonely(services: pa.Table) -> pa.Table:
    """Choose the services on uncommon ports that one line alone spoke with: columns `SERVICE`."""
    return services.filter(pa.array(is_lonely(services))).select(SERVICE)


def is_lonely(services: pa.Table) -> NDArray[np.bool_]:
    """Tell which services are on uncommon ports and were spoken with by one line alone."""
    uncommon = habit(ints(services, "remote_port")) >= 4  # noqa: PLR2004 - see `habit`.
    return np.asarray(uncommon & (ints(services, "clients") == 1), dtype=bool)


def is_mesh(lines: pa.Table) -> NDArray[np.bool_]:
    """
    Tell which lines look like members of a peer-to-peer network.

    Args:
        lines: Columns `services`, `lonely`.

    Returns:
        True where a line met ten lonely services or more and they make a fifth of all.
    """
    alone = ints(lines, "lonely")
    return np.asarray((alone >= _LEAST) & (alone >= _SHARE * ints(lines, "services")), dtype=bool)
