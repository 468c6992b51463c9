"""Datagrams into the decoder of one version's sets, and its groups as records to look at."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from builders import NOON_MS
from hinomi.collect.wire.datagrams import Datagrams
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.sets.decode import SetDecoder
from hinomi.collect.wire.sets.definitions import TemplateLimits
from hinomi.collect.wire.sets.groups import Decoded, RecordGroup
from hinomi.collect.wire.streams import Streams

Record = dict[int, Any]
"""Values of one record by `groups.element` key: numbers, (high, low) of IPv6, octets."""


@dataclass(frozen=True, slots=True)
class Read:
    """What one batch came to."""

    decoded: Decoded
    records: list[Record]  # Data, in the order of groups.
    options: list[Record]


class Exporter:
    """One decoder with a ledger of its own; source 0 sends if a test does not say."""

    def __init__(self, version: int = 9, limits: TemplateLimits | None = None) -> None:
        self.ledger = Ledger()
        self.streams = Streams()
        self.decoder = SetDecoder(version, self.streams, self.ledger, limits)

    def send(self, *payloads: bytes, source: int = 0, at_ms: int = NOON_MS) -> Read:
        """Decode *payloads* as one batch from one exporter."""
        return self.send_all([(source, payload) for payload in payloads], at_ms=at_ms)

    def send_all(self, datagrams: list[tuple[int, bytes]], *, at_ms: int = NOON_MS) -> Read:
        """Decode one batch of (source, payload)."""
        batch = Datagrams.pack(
            [payload for _, payload in datagrams],
            [source for source, _ in datagrams],
            [at_ms] * len(datagrams),
        )
        decoded = self.decoder.decode(batch)
        return Read(
            decoded,
            [row for each in decoded.groups if not each.is_options for row in rows(batch, each)],
            [row for each in decoded.groups if each.is_options for row in rows(batch, each)],
        )

    def counted(self) -> dict[str, int]:
        """Give what was counted, by reason, without the fields that nobody reads."""
        total: Counter[str] = Counter()
        for counts in self.ledger.counts.values():
            total.update(counts)
        return {reason: n for reason, n in total.items() if not reason.endswith("-discarded")}


def rows(batch: Datagrams, group: RecordGroup) -> list[Record]:
    """Lay a group's columns out as one mapping a record."""
    buffer = batch.buffer if group.octets is None else group.octets
    found: list[Record] = [{} for _ in range(len(group))]
    for key, column in group.numbers.items():
        assert column.dtype.kind == "u"
        assert column.dtype.isnative
        assert column.shape == (len(group),)
        for record, value in zip(found, column.tolist(), strict=True):
            record[key] = value
    for key, (high, low) in group.addresses.items():
        assert high.dtype == low.dtype == np.int64
        for record, pair in zip(found, zip(high.tolist(), low.tolist(), strict=True), strict=True):
            record[key] = pair
    for key, (place, length) in group.frames.items():
        for record, start, size in zip(found, place.tolist(), length.tolist(), strict=True):
            record[key] = buffer[start : start + size].tobytes()
    return found
