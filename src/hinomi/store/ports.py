"""The ports of the store. Each is defined by its suite under ``tests/contracts``."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import pyarrow as pa

from hinomi.govern.mandate import Mandate
from hinomi.govern.matrix import Power
from hinomi.model.window import Window
from hinomi.store.sealing import Seal, SealedFile, Stored

READING: Final = frozenset({Power.ANALYSE, Power.RESEARCH})
"""The powers under which records may be read; who may store, say, may not for that read."""


def require_reading(power: Power) -> None:
    """
    Return if *power* is one to read records by.

    Raises:
        ValueError: If it is not (the caller's bug).
    """
    if power not in READING:
        raise ValueError(f"records are not read by the power to {power}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What the store made of one batch or file."""

    batch_id: str
    rows: int  # Conversation records that the batch holds in the store.
    already_stored: bool  # The same batch id was committed before: nothing was written.
    late_rows: int = 0  # Of hours that had been removed: counted, not stored.


class FlowStore(Protocol):
    """Append-only conversation records, read by time. See tests/contracts/flow_store.py."""

    def append(
        self,
        batches: Iterable[pa.RecordBatch],
        batch_id: str,
        mandate: Mandate,
        *,
        period: str = "",
    ) -> Commit:
        """
        Make all of *batches* (`model.flow.CONVERSATIONS`) durable and visible at once.

        The iterable is drained batch by batch; memory does not grow with its length. If
        it raises, nothing becomes visible. The same *batch_id* again is not drained and
        counts once, also after compaction. *period* names the key period of the lines, empty
        the present one: a store that has changed to another re-tokenises them.

        Raises:
            Unavailable: If it may not have been stored; append it again.
            NotPermitted: If *mandate* lacks the power to store.
        """

    def has(self, batch_id: str) -> bool:
        """Tell whether *batch_id* was committed and its partitions are not all removed."""

    def scan(
        self, window: Window, mandate: Mandate, power: Power = Power.ANALYSE
    ) -> Iterator[pa.RecordBatch]:
        """
        Yield the conversation records that start in *window*, in no promised order.

        Args:
            window: Which records.
            mandate: Asked at once, not when the first record is taken.
            power: To analyse or to research; the matrix says which purpose has which.

        Raises:
            NotPermitted: If *mandate* lacks that power.
        """

    def files(self, window: Window, mandate: Mandate) -> tuple[SealedFile, ...]:
        """
        Name the committed Parquet files that may hold records of *window*, for engines.

        A file may also hold records outside of it: the engine filters on ``ts_ms``.

        Raises:
            NotPermitted: If *mandate* lacks the power to analyse.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPartial:
    """One partial result in the store."""

    facts: bytes  # What its maker said of it.
    tables: Mapping[str, tuple[SealedFile, ...]]  # Its files by table and part, for engines.


class PartialStore(Protocol):
    """
    Partial results of detection, by window. See tests/contracts/partial_store.py.

    They are flow data: the same mandate as for records, and gone with their day.
    """

    def find(self, window: Window, key: str, mandate: Mandate) -> KeptPartial | None:
        """
        Give what was kept for *window* under *key*; None, and it is deleted, under another.

        Raises:
            NotPermitted: If *mandate* lacks the power to analyse.
        """

    def keep(
        self,
        window: Window,
        key: str,
        facts: bytes,
        tables: Mapping[str, Sequence[Stored]],
        mandate: Mandate,
        *,
        seal: Seal,
    ) -> KeptPartial:
        """
        Keep a partial result in place of all that lie within its window; whole or not at all.

        Args:
            window: What it was made of; both ends are stated.
            key: Names all that it depends on: it counts under this key alone.
            facts: What its maker wants to know of it again.
            tables: Its files by table and part, as an engine wrote them. They are sealed and
                then deleted.
            mandate: Permits to store; to make it took one to analyse.
            seal: Of the day on which the earliest of the records arrived: gone with them.

        Raises:
            Unavailable: If the disk refuses; nothing was kept.
            NotPermitted: If *mandate* lacks the power to store.
        """

    def remove(self, before_ms: int, mandate: Mandate) -> int:
        """
        Remove, for good, what was made of any moment before *before_ms*, and count it.

        Raises:
            NotPermitted: If *mandate* lacks the power to maintain.
        """
