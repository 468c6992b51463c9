"""Which services stand on the operator's lists (R13: known C&C confirmed active here)."""

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.detect.columns import ints, positions
from hinomi.model.listed import ListEntry

_HALF = 64
_ALL = -1  # Sixty-four one bits.


def match(services: pa.Table, entries: Sequence[ListEntry]) -> NDArray[np.int64]:
    """
    Find the most specific list entry for each service.

    Args:
        services: Columns `remote_hi`, `remote_lo`, `remote_own`, `proto`, `remote_port`.
        entries: Entries of one kind of list; several may cover one service.

    Returns:
        Index into *entries*, -1 where none covers the service, shape (services,).

    Notes:
        Entries are grouped by prefix length and by what they state; each group is one
        vectorised look-up, so the cost grows with the number of distinct lengths (at most
        a few dozen), not with services x entries.
    """
    found = np.full(services.num_rows, -1, dtype=np.int64)
    groups: dict[tuple[int, bool, bool], list[int]] = {}
    for index, entry in enumerate(entries):
        shape = (entry.length, entry.proto is not None, entry.port is not None)
        groups.setdefault(shape, []).append(index)
    hi, lo = ints(services, "remote_hi"), ints(services, "remote_lo")
    own = ints(services, "remote_own")
    proto, port = ints(services, "proto"), ints(services, "remote_port")
    for length, has_proto, has_port in sorted(groups):  # The most specific comes last and wins.
        chosen = groups[length, has_proto, has_port]
        high, low = _mask(length)
        wanted = _rows([hi & high, lo & low, own, proto * has_proto, port * has_port])
        listed, first = np.unique(
            _rows(_entry_columns((entries[index] for index in chosen), high, low)),
            return_index=True,
        )
        place = positions(wanted, listed)
        hit = place >= 0
        found[hit] = np.asarray(chosen, dtype=np.int64)[first][place[hit]]
    return found


def _entry_columns(entries: Iterable[ListEntry], high: int, low: int) -> list[NDArray[np.int64]]:
    rows = [
        (e.base.hi & high, e.base.lo & low, int(e.own), e.proto or 0, e.port or 0) for e in entries
    ]
    return list(np.array(rows, dtype=np.int64).reshape(-1, 5).T)


def _mask(length: int) -> tuple[int, int]:
    """Masks of the two halves for a prefix of *length* bits, as signed numbers."""
    return _half_mask(min(length, _HALF)), _half_mask(max(length - _HALF, 0))


def _half_mask(bits: int) -> int:
    return 0 if bits == 0 else _ALL << (_HALF - bits)


def _rows(columns: Sequence[NDArray[np.int64]]) -> NDArray[np.void]:
    packed = np.ascontiguousarray(np.stack(columns, axis=1))
    return packed.view(np.dtype((np.void, packed.itemsize * packed.shape[1]))).ravel()
