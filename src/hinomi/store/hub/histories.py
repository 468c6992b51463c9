"""When members first named what, in samples; reached as `CaseBook.hub.histories`."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from hinomi.store.database import Database
from hinomi.store.hub.schema import HISTORIES

Sample = tuple[int, NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]
"""The highest number that it is whole up to; numbers of addresses, first and last epochs."""

_BYTES: Final = 8


class HistoryStore:
    """The samples of all members of one hub."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, samples: Mapping[str, Sample], epoch: int) -> None:
        """
        Put *samples* in the place of what was kept of their members, all at once.

        Args:
            samples: By member.
            epoch: The last one that is in them.
        """
        rows = [
            {"member": name, "epoch": epoch, "rows": _packed(sample)}
            for name, sample in sorted(samples.items())
        ]
        with self._database.write() as connection:
            for row in rows:
                connection.execute(sa.delete(HISTORIES).filter_by(member=row["member"]))
            if rows:
                connection.execute(sa.insert(HISTORIES), rows)

    def all(self) -> dict[str, tuple[int, Sample]]:
        """Give the last epoch that is in each member's sample, and the sample."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(HISTORIES).order_by(HISTORIES.c.member)).all()
        return {row.member: (row.epoch, _unpacked(row.rows)) for row in rows}


def _packed(sample: Sample) -> bytes:
    bound, number, first, last = sample
    parts = [number.astype("<u8"), first.astype("<i8"), last.astype("<i8")]
    return bound.to_bytes(_BYTES, "little") + b"".join(each.tobytes() for each in parts)


def _unpacked(rows: bytes) -> Sample:
    size = (len(rows) - _BYTES) // (3 * _BYTES)
    cells = np.frombuffer(rows, dtype="<u8", offset=_BYTES).astype(np.uint64)
    first, last = (cells[size * n : size * (n + 1)].view(np.int64) for n in (1, 2))
    return int.from_bytes(rows[:_BYTES], "little"), cells[:size], first, last
