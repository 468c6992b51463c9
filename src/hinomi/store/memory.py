"""A flow store in memory: for tests and for what need not outlive the process."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hinomi.clock import Clock
from hinomi.govern.mandate import Guard, Mandate
from hinomi.govern.matrix import Power
from hinomi.model.flow import CONVERSATIONS
from hinomi.model.window import Window
from hinomi.store.flowfile import checked, within
from hinomi.store.ports import Commit, require_reading
from hinomi.store.sealing import SealedFile


class MemoryFlowStore:
    """A `store.ports.FlowStore` that holds its batches; `files` writes them out to a folder."""

    def __init__(self, clock: Clock, *, guard: Guard | None = None) -> None:
        """Begin empty; *guard* lets mandates in."""
        self._guard = guard or Guard(clock)
        self._kept: dict[str, tuple[pa.RecordBatch, ...]] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def append(
        self,
        batches: Iterable[pa.RecordBatch],
        batch_id: str,
        mandate: Mandate,
        *,
        period: str = "",  # noqa: ARG002 - it has one only.
    ) -> Commit:
        """Keep *batches*, all or none."""
        self._guard.admit(mandate, Power.STORE)
        if not batch_id:
            raise ValueError("a batch without an id could be stored twice")
        known = batch_id in self._kept
        if not known:
            self._kept[batch_id] = tuple(checked(batch) for batch in batches)
        rows = sum(batch.num_rows for batch in self._kept[batch_id])
        return Commit(batch_id=batch_id, rows=rows, already_stored=known)

    def has(self, batch_id: str) -> bool:
        """Tell whether *batch_id* was committed."""
        return batch_id in self._kept

    def scan(
        self, window: Window, mandate: Mandate, power: Power = Power.ANALYSE
    ) -> Iterator[pa.RecordBatch]:
        """Yield the conversation records that start in *window*."""
        require_reading(power)
        self._guard.admit(mandate, power)
        found = (within(batch, window) for kept in self._kept.values() for batch in kept)
        return (batch for batch in found if batch.num_rows)

    def files(self, window: Window, mandate: Mandate) -> tuple[SealedFile, ...]:
        """Write each batch that may hold records of *window* to a file, and name the files."""
        self._guard.admit(mandate, Power.ANALYSE)
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="hinomi-")
        named = []
        for number, batches in enumerate(self._kept.values()):
            path = Path(self._folder.name, f"{number}.parquet")
            table = pa.Table.from_batches(batches, schema=CONVERSATIONS)
            starts = table.column("ts_ms").to_numpy()
            if not starts.size or not window.overlaps(int(np.min(starts)), int(np.max(starts))):
                continue
            if not path.exists():
                pq.write_table(table, path)
            named.append(SealedFile(path))
        return tuple(named)
