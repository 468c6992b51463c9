"""The ports of the store. Each is defined by its suite under ``tests/contracts``."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from hinomi.govern.mandate import Mandate
from hinomi.model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What the store made of one batch or file."""

    batch_id: str
    rows: int  # Conversation records that the batch holds in the store.
    already_stored: bool  # The same batch id was committed before: nothing was written.
    late_rows: int = 0  # Of hours that had been removed: counted, not stored.


class FlowStore(Protocol):
    """Append-only conversation records, read by time. See tests/contracts/flow_store.py."""

    def append(self, batches: Iterable[pa.RecordBatch], batch_id: str, mandate: Mandate) -> Commit:
        """
        Make all of *batches* (`model.flow.CONVERSATIONS`) durable and visible at once.

        The iterable is drained batch by batch; memory does not grow with its length. If
        it raises, nothing becomes visible. The same *batch_id* again is not drained and
        counts once, also after compaction.

        Raises:
            Unavailable: If it may not have been stored; append it again.
            NotPermitted: If *mandate* lacks the power to store.
        """

    def has(self, batch_id: str) -> bool:
        """Tell whether *batch_id* was committed and its partitions are not all removed."""

    def scan(self, window: Window, mandate: Mandate) -> Iterator[pa.RecordBatch]:
        """
        Yield the conversation records that start in *window*, in no promised order.

        Raises:
            NotPermitted: If *mandate* lacks the power to analyse.
        """

    def files(self, window: Window, mandate: Mandate) -> tuple[Path, ...]:
        """
        Name the committed Parquet files that may hold records of *window*, for engines.

        A file may also hold records outside of it: the engine filters on ``ts_ms``.

        Raises:
            NotPermitted: If *mandate* lacks the power to analyse.
        """
