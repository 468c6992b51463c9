"""Conversation records under another key: the pseudonym of each line becomes another one."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.collect.linenet import LineNetworks
from hinomi.govern.pseudonym import LineCipher
from hinomi.model.address import Address
from hinomi.model.flow import CONVERSATIONS


@dataclass(frozen=True, slots=True)
class Retokeniser:
    """
    Turns the pseudonyms of one key period into those of another.

    Notes:
        Lines stand in plain for the length of one call, in the memory of this process.
    """

    old: LineCipher
    new: LineCipher
    _networks: LineNetworks = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_networks", LineNetworks(self.new))

    def batch(self, records: pa.RecordBatch) -> pa.RecordBatch:
        """
        Re-tokenise conversation records: lines, their networks, and own remote ends.

        Args:
            records: Of `model.flow.CONVERSATIONS`, any number of rows.
        """
        columns = {name: records.column(name) for name in CONVERSATIONS.names}
        lines = self.old.reveal_all(_of(records, "line_hi"), _of(records, "line_lo"))
        line_hi, line_lo = self.new.tokenise(*lines)
        remote_hi, remote_lo = _of(records, "remote_hi").copy(), _of(records, "remote_lo").copy()
        own = np.flatnonzero(_of(records, "remote_own"))
        if own.size:
            far = self.old.reveal_all(remote_hi[own], remote_lo[own])
            remote_hi[own], remote_lo[own] = self.new.tokenise(*far)
        changed = {
            "line_hi": line_hi,
            "line_lo": line_lo,
            "line_net": self._networks.of(*lines),
            "remote_hi": remote_hi,
            "remote_lo": remote_lo,
        }
        columns |= {name: pa.array(values) for name, values in changed.items()}
        return pa.record_batch([columns[n] for n in CONVERSATIONS.names], schema=CONVERSATIONS)

    def one(self, pseudonym: Address) -> Address:
        """Re-tokenise one pseudonym."""
        hi, lo = self.old.reveal_all(np.array([pseudonym.hi]), np.array([pseudonym.lo]))
        return self.new.tokenise_one(Address(int(hi[0]), int(lo[0])))


def _of(records: pa.RecordBatch, name: str) -> NDArray[np.int64]:
    numbers: NDArray[np.int64] = records.column(name).to_numpy()
    return numbers
