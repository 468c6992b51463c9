"""
What happens to a batch of datagrams between the socket and the store, in memory.

Decoded records pass the rules of the home, gather until it is worth while, and become
conversations. Addresses of subscribers exist here in plain, and end here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.collect.accounting import KEPT, UNNUMBERED, Account
from hinomi.collect.admission import Admission
from hinomi.collect.normalise import Normaliser, RecordColumns
from hinomi.collect.observing import Observing
from hinomi.collect.wire.datagrams import Datagrams
from hinomi.collect.wire.decoder import Decoder
from hinomi.collect.wire.exported import Exported
from hinomi.model.flow import CONVERSATIONS

GATHERED_ROWS: Final = 16_384
"""Records that wait for each other at most: so many columns still fit the processor's cache."""

MOST_UNNUMBERED: Final = 262_144
"""Records of exporters without a number that wait for it, over all: about 25 MB."""

NO_NUMBER: Final = 0
"""Stands for the number that the case book has not given yet; it numbers from 1."""

SAMPLED_ROWS: Final = 1_024
"""Records of each turn-over whose interfaces are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a home says about received records at one moment."""

    admission: Admission
    observing: Observing
    normaliser: Normaliser
    exporters: NDArray[np.int32]  # Number in the case book, by source number; `NO_NUMBER`.


class Intake:
    """Turns datagrams into conversations, one batch after the other; used by one thread."""

    def __init__(
        self,
        decoder: Decoder,
        read_rules: Callable[[Sequence[bytes]], Rules],
        account: Account,
        *,
        gathered_rows: int = GATHERED_ROWS,
        most_unnumbered: int = MOST_UNNUMBERED,
    ) -> None:
        """
        Begin with nothing gathered.

        Args:
            decoder: Decodes, and knows the exporters by number.
            read_rules: Gives the rules for the exporters with these addresses (16 bytes
                each, their places are the source numbers); called when a new one appears.
            account: Is told what became of every datagram and record.
            gathered_rows: When to turn gathered records into conversations.
            most_unnumbered: Records that may wait for the numbers of their exporters.
        """
        self._decoder = decoder
        self._read_rules = read_rules
        self._account = account
        self._gathered_rows = gathered_rows
        self._gathered: list[tuple[Exported, NDArray[np.int16]]] = []
        self._rows = 0
        self._most_unnumbered = most_unnumbered
        self._unnumbered: list[tuple[Exported, NDArray[np.int16]]] = []
        self._unnumbered_rows = 0
        self._to_sample = SAMPLED_ROWS
        self._rules = read_rules(decoder.sources.addresses)

    @property
    def gathered(self) -> int:
        """Flow records that wait for each other, or for the numbers of their exporters."""
        return self._rows + self._unnumbered_rows

    def refresh(self) -> None:
        """Read the rules of the home again; whoever has a number now goes on."""
        self._rules = self._read_rules(self._decoder.sources.addresses)
        waiting, numbers = self._unnumbered, self._rules.exporters
        if any((numbers[records.source] != NO_NUMBER).any() for records, _ in waiting):
            self._gathered = waiting + self._gathered
            self._rows += self._unnumbered_rows
            self._unnumbered, self._unnumbered_rows = [], 0

    def give_up_unnumbered(self, now_ms: int) -> None:
        """Drop what still waits for the numbers of its exporters, counted."""
        ledger = self._decoder.ledger
        for records, _ in self._unnumbered:
            ledger.add_rows(records.source, UNNUMBERED)
        self._unnumbered, self._unnumbered_rows = [], 0
        self._account.absorb(ledger.drain(), now_ms)

    def take(self, batch: Datagrams, now_ms: int) -> pa.RecordBatch | None:
        """
        Take in a batch.

        Args:
            batch: Datagrams with source numbers from 0.
            now_ms: The present, ms since the Unix epoch.

        Returns:
            Conversations (`model.flow.CONVERSATIONS`), if enough records have gathered.
        """
        self._meet_new_exporters()  # Before decoding: an override rules from the first record.
        records = self._decoder.decode(batch)
        self._meet_new_exporters()  # Agents claim addresses inside their datagrams.
        ledger = self._decoder.ledger
        records = self._rules.admission.admit(records, now_ms, ledger)
        if len(records):
            self._account.see(records)
            self._sample(records)
            records, ingress = self._rules.observing.keep(records, ledger)
            self._gathered.append((records, ingress))
            self._rows += len(records)
        self._account.absorb(ledger.drain(), now_ms)
        return self.flush(now_ms) if self._rows >= self._gathered_rows else None

    def flush(self, now_ms: int) -> pa.RecordBatch:
        """Turn what has gathered into conversations, which may be none."""
        gathered, self._gathered, self._rows = self._gathered, [], 0
        self._to_sample = SAMPLED_ROWS
        if not gathered:
            return pa.RecordBatch.from_pylist([], schema=CONVERSATIONS)
        records = Exported.join([records for records, _ in gathered])
        ingress = np.concatenate([ingress for _, ingress in gathered])
        exporter = self._rules.exporters[records.source]
        if not exporter.all():
            numbered = exporter != NO_NUMBER
            self._put_aside(records.take(~numbered), ingress[~numbered])
            records, ingress = records.take(numbered), ingress[numbered]
            exporter = exporter[numbered]
        columns = RecordColumns.from_exported(records, exporter, ingress)
        found = self._rules.normaliser.normalise_columns(columns)
        ledger = self._decoder.ledger
        kept = np.bincount(records.source, minlength=1)
        for reason, rows in found.dropped.items():
            ledger.add_rows(records.source[rows], reason)
            kept = kept - np.bincount(records.source[rows], minlength=kept.size)
        for source in np.flatnonzero(kept):
            ledger.add(int(source), KEPT, int(kept[source]))
        self._account.absorb(ledger.drain(), now_ms)
        return found.conversations

    def _put_aside(self, records: Exported, ingress: NDArray[np.int16]) -> None:
        """Let *records* wait for the numbers of their exporters, as far as there is room."""
        room = self._most_unnumbered - self._unnumbered_rows
        rest = slice(room, None)
        self._decoder.ledger.add_rows(records.source[rest], UNNUMBERED)
        kept = records.take(np.arange(min(room, len(records))))
        if len(kept):
            self._unnumbered.append((kept, ingress[: len(kept)]))
            self._unnumbered_rows += len(kept)

    def _sample(self, records: Exported) -> None:
        """Look at the interfaces of the first records since the last turn-over."""
        if self._to_sample <= 0:
            return
        # Before any is left out: whoever calls an interface ignored wants to see it, too.
        source, in_if = records.source[: self._to_sample], records.in_if[: self._to_sample]
        self._account.see_interfaces(source, in_if)
        self._to_sample -= source.size

    def _meet_new_exporters(self) -> None:
        if len(self._decoder.sources.addresses) != self._rules.exporters.size:
            self.refresh()
