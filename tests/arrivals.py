"""Datagrams into the decoder of all protocols, and its records as rows to look at."""

from collections import Counter
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from builders import NOON_MS
from hinomi.collect.wire.datagrams import Datagrams
from hinomi.collect.wire.decoder import Decoder
from hinomi.collect.wire.exported import DTYPES, Exported
from hinomi.collect.wire.sources import Sources
from hinomi.model.address import Address, render_address

EXPORTER = "192.0.2.250"
"""Where datagrams come from if a test does not say."""

Row = dict[str, Any]
"""One record by its columns; `source`, `src` and `dst` are addresses as text."""


class Arrivals:
    """One decoder that any address may send to."""

    def __init__(self, *, default_interval: int = 0, allow: Sequence[str] = ("::/0",)) -> None:
        self.sources = Sources.allowing(allow)
        self.decoder = Decoder(self.sources, default_interval=default_interval)

    def send(self, *payloads: bytes, source: str = EXPORTER, at_ms: int = NOON_MS) -> list[Row]:
        """Decode *payloads* as one batch, all from one address; give the records."""
        return self.rows(self.decode([(source, payload) for payload in payloads], at_ms=at_ms))

    def send_each(
        self, *payloads: bytes, source: str = EXPORTER, at_ms: int = NOON_MS
    ) -> list[Row]:
        """Decode each payload as a batch of its own."""
        return [row for each in payloads for row in self.send(each, source=source, at_ms=at_ms)]

    def decode(self, datagrams: Sequence[tuple[str, bytes]], *, at_ms: int = NOON_MS) -> Exported:
        """Decode one batch of (source, payload); what may not send does not get this far."""
        numbered = [(self.number(source), payload) for source, payload in datagrams]
        allowed = [(number, payload) for number, payload in numbered if number >= 0]
        batch = Datagrams.pack(
            [payload for _, payload in allowed],
            [number for number, _ in allowed],
            [at_ms] * len(allowed),
        )
        return self.decoder.decode(batch)

    def number(self, source: str) -> int:
        """Give the number of an address."""
        address = ip_address(source)
        mapped = (
            address.packed if address.version == 6 else b"\0" * 10 + b"\xff\xff" + address.packed
        )
        return self.sources.number(mapped)

    def rows(self, exported: Exported) -> list[Row]:
        """Lay records out as rows."""
        columns = {name: getattr(exported, name).tolist() for name in DTYPES}
        rows = [
            dict(zip(columns, values, strict=True))
            for values in zip(*columns.values(), strict=True)
        ]
        for row in rows:
            row["source"] = self.sources.text(row["source"])
            for end in ("src", "dst"):
                row[end] = render_address(Address(row.pop(f"{end}_hi"), row.pop(f"{end}_lo")))
        return rows

    def counted(self) -> Mapping[str, int]:
        """Give what the decoder counted, by reason, over all exporters."""
        total: Counter[str] = Counter()
        for counts in self.decoder.ledger.counts.values():
            total.update(counts)
        return total
