"""
What decoding alone costs: batches of datagrams in memory to columns of flow records.

    python benchmarks/decode_datagrams.py --protocols v9 ipfix sflow --seconds 3

Sequence numbers and times go on from pass to pass as in a replay; to change them is not measured.
"""

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import export_payloads
import numpy as np
from measuring import this_machine
from replay import Train

from hinomi.collect.memory import keep_freed_memory
from hinomi.collect.wire.datagrams import SPARE_BYTES, Datagrams
from hinomi.collect.wire.decoder import Decoder
from hinomi.collect.wire.sources import Sources

BATCH: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What is decoded."""

    protocol: str
    records: int  # In each datagram.
    exporters: int = 1

    @property
    def title(self) -> str:
        """Name it in a table."""
        word = "samples" if self.protocol == "sflow" else "records"
        whose = "" if self.exporters == 1 else f", {self.exporters} exporters in turn"
        return f"{self.protocol}, {self.records} {word} a datagram{whose}"


SHAPES: Final = (
    Shape(protocol="v5", records=30),
    Shape(protocol="v9", records=30),
    Shape(protocol="v9", records=25),
    Shape(protocol="ipfix", records=30),
    Shape(protocol="ipfix", records=25),
    Shape(protocol="v9", records=7, exporters=100),
    Shape(protocol="sflow", records=7),
)


class Source:
    """Batches without end of one shape; every exporter's datagrams in turn."""

    def __init__(self, shape: Shape) -> None:
        each = BATCH if shape.exporters == 1 else BATCH // 4
        self._trains = [
            Train(
                export_payloads.made_up(
                    shape.protocol, datagrams=each, records=shape.records, seed=seed
                )
            )
            for seed in range(shape.exporters)
        ]
        sizes = [train.buffer.size for train in self._trains]
        before = np.cumsum(sizes) - sizes
        starts = [train.start + at for train, at in zip(self._trains, before, strict=True)]
        self._start = np.stack(starts, axis=1).ravel()
        self._length = np.stack([train.length for train in self._trains], axis=1).ravel()
        self._source = np.tile(np.arange(shape.exporters, dtype=np.int32), each)

    def batches(self, times: int) -> Iterator[Datagrams]:
        """Give the datagrams of the pass after *times* passes."""
        for train in self._trains:
            train.prepare(0, len(train), times)
        buffers = [train.buffer for train in self._trains]
        buffer = np.concatenate([*buffers, np.zeros(SPARE_BYTES, np.uint8)])
        now = time.time_ns() // 1_000_000
        for at in range(0, self._start.size, BATCH):
            rows = slice(at, at + BATCH)
            yield Datagrams(
                buffer=buffer,
                start=self._start[rows],
                length=self._length[rows],
                source=self._source[rows],
                arrived_ms=np.full(self._start[rows].size, now),
            )


def measure(shape: Shape, seconds: float) -> float:
    """Decode *shape* for about so many seconds of CPU; give CPU seconds per million records."""
    keep_freed_memory()  # As the collector does.
    source = Source(shape)
    sources = Sources.allowing(["127.0.0.0/8"])
    for exporter in range(shape.exporters):
        sources.number(bytes(10) + b"\xff\xff\x7f\x00" + (exporter + 1).to_bytes(2, "big"))
    decoder = Decoder(sources)
    used, records, passes = 0.0, 0, 0
    warm = 2
    while used < seconds:
        for batch in source.batches(passes):
            began = time.process_time()
            found = len(decoder.decode(batch))
            decoder.ledger.drain()
            if passes >= warm:
                used += time.process_time() - began
                records += found
        passes += 1
    return used / records * 1e6


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the chosen shapes, and print a line for each."""
    parser = argparse.ArgumentParser(description="What decoding alone costs.")
    parser.add_argument("--protocols", nargs="+", choices=export_payloads.PROTOCOLS)
    parser.add_argument("--seconds", type=float, default=3.0, help="of CPU, for each")
    chosen = parser.parse_args(arguments)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(this_machine())
    for shape in SHAPES:
        if chosen.protocols is None or shape.protocol in chosen.protocols:
            print(f"{shape.title:<50} {measure(shape, chosen.seconds):.3f} CPU s per million")


if __name__ == "__main__":
    main()
