"""
From decoded records to durable Parquet: CPU seconds per million records, step by step.

    python benchmarks/collect_stages.py --rows 4000000

Rows are made up as a provider's routers export them at 1 in 10,000: nearly each is one
packet, lines and remotes hardly repeat. Each mix goes through the normaliser as the live
collector and as an import call it, then through a staging of the lake to its commit.
"""

import argparse
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from measuring import Stopwatch, peak_rss_mib, this_machine
from numpy.typing import NDArray

from hinomi.clock import wall_clock
from hinomi.collect.networks import parse_own_networks
from hinomi.collect.normalise import Normaliser, RecordColumns
from hinomi.collect.ownership import OwnTable
from hinomi.govern.mandate import Mandate
from hinomi.govern.matrix import LegalBasis, Power, Purpose
from hinomi.govern.pseudonym import LineCipher
from hinomi.model.flow import RECORDS
from hinomi.model.window import Window
from hinomi.store.lake import LocalLake

BATCH_ROWS: Final = 65_536
BATCHES: Final = 8
HOUR_MS: Final = 3_600_000
NOON_MS: Final = 1_767_268_800_000

_OWN_V4: Final = 198 << 24 | 18 << 16  # 198.18.0.0/15, RFC 2544.
_OTHERS_V4: Final = 240 << 24  # 240.0.0.0/4, RFC 1112.
_MAPPED: Final = 0xFFFF << 32
_OWN_V6: Final = 0x2001_0DB8 << 32  # 2001:db8::/32, RFC 3849.
_OTHERS_V6: Final = 0x3FFF << 48  # 3fff::/20, RFC 9637.


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """A kind of rows."""

    own: str  # The table of own networks.
    v6: float = 0.0  # Share of rows that are IPv6.
    between_own: float = 0.0  # Share of rows with two own ends.
    hours: int = 1  # Over which the starts are spread.


PLAIN: Final = "198.18.0.0/15\n2001:db8::/32\n"
MIXES: Final = {
    "IPv4": Mix(own=PLAIN),
    "35 % IPv6": Mix(own=PLAIN, v6=0.35, between_own=0.01),
    "shared addresses": Mix(own="198.18.0.0/15,map-e,40\n2001:db8::/32\n", v6=0.35),
    "200 prefixes": Mix(
        own="\n".join(f"198.{18 + n // 128}.{2 * (n % 128)}.0/23" for n in range(256) if n % 5),
        between_own=0.01,
    ),
    "two hours": Mix(own=PLAIN, v6=0.35, hours=2),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every mix, and print a table or JSON."""
    parser = argparse.ArgumentParser(description="From decoded records to durable Parquet.")
    parser.add_argument("--rows", type=int, default=4_000_000, help="records of each mix")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--folder", type=Path, help="where the lakes are made, then deleted")
    chosen = parser.parse_args(arguments)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    rounds = max(1, chosen.rows // (BATCH_ROWS * BATCHES))
    figures = {}
    if not chosen.json:
        print(this_machine())
    for name, mix in MIXES.items():
        with tempfile.TemporaryDirectory(prefix="hinomi-bench-", dir=chosen.folder) as folder:
            figures[name] = measure(mix, rounds, Path(folder))
        if not chosen.json:
            print(render(name, figures[name]), flush=True)
    if chosen.json:
        print(json.dumps(figures))


def measure(mix: Mix, rounds: int, folder: Path) -> dict[str, float]:
    """Take *rounds* times all batches of *mix* all the way, and say what each step used."""
    normaliser = Normaliser(
        own=OwnTable(parse_own_networks(mix.own, "own.txt")),
        cipher=LineCipher.create(),
        exporter_number=lambda name: int(name or 0),
    )
    decoded = list(draw(mix))
    read = [as_batch(records) for records in decoded]
    lake = LocalLake(folder / "lake", wall_clock)
    mandate = Mandate(
        purpose=Purpose.DETECT_CC,
        basis=LegalBasis.LEGITIMATE_BUSINESS,
        who="benchmark",
        until_ms=2**62,
        powers=frozenset({Power.STORE, Power.ANALYSE}),
    )
    normaliser.normalise_columns(decoded[0])  # Tables are compiled at the first call.
    watch = Stopwatch()
    stored = 0
    for number in range(rounds):
        with watch.step("batches"):
            for batch in read:
                normaliser.normalise(batch, Counter())
        staging = lake.stage(f"round {number}", mandate)
        for records in decoded:
            with watch.step("columns"):
                found = normaliser.normalise_columns(records).conversations
            with watch.step("write"):
                staging.add(found)
        with watch.step("write"):
            stored += staging.commit().rows
    sizes = [file.path.stat().st_size for file in lake.files(Window(), mandate)]
    records_seen = rounds * BATCHES * BATCH_ROWS
    per_million = {name: used.cpu_s / records_seen * 1e6 for name, used in watch.steps.items()}
    return {
        "normalise_batches_s": round(per_million["batches"], 3),
        "normalise_columns_s": round(per_million["columns"], 3),
        "write_s": round(per_million["write"], 3),
        "bytes_per_row": round(sum(sizes) / stored, 1),
        "peak_mib": round(peak_rss_mib()),
    }


def render(name: str, figures: dict[str, float]) -> str:
    """Lay one mix's figures out as a line."""
    return (
        f"{name:<17} CPU s per million: normalise {figures['normalise_columns_s']:.3f} "
        f"(batches {figures['normalise_batches_s']:.3f}), write and commit "
        f"{figures['write_s']:.3f}; {figures['bytes_per_row']:.1f} bytes a row, "
        f"peak {figures['peak_mib']:.0f} MiB"
    )


def draw(mix: Mix) -> Iterator[RecordColumns]:
    """Make up batches of records."""
    dice = np.random.default_rng(1)
    for _ in range(BATCHES):
        n = BATCH_ROWS
        v6, inner = dice.random(n) < mix.v6, dice.random(n) < mix.between_own
        near = _address(dice, v6, own=True)
        far = [np.where(inner, *pair) for pair in _pairs(dice, v6)]
        inward = dice.random(n) < 0.5
        proto = dice.choice(np.array([6, 17, 1], np.int16), n, p=[0.6, 0.38, 0.02])
        well_known = dice.choice(
            np.array([443, 80, 53, 123], np.int32), n, p=[0.8, 0.1, 0.07, 0.03]
        )
        line_port = dice.integers(1024, 65536, n, np.int32)
        remote_port = np.where(
            dice.random(n) < 0.8, well_known, dice.integers(0, 65536, n, np.int32)
        )
        flags = dice.choice(np.array([2, 16, 24, 17], np.int16), n, p=[0.1, 0.6, 0.25, 0.05])
        yield RecordColumns(
            ts_ms=NOON_MS + dice.integers(0, 60_000, n) + HOUR_MS * dice.integers(0, mix.hours, n),
            exporter=dice.integers(1, 40, n, np.int32),
            sampling_interval=np.full(n, 10_000, np.int32),
            counts_scaled=np.zeros(n, np.int16),
            proto=proto,
            src_hi=np.where(inward, far[0], near[0]),
            src_lo=np.where(inward, far[1], near[1]),
            dst_hi=np.where(inward, near[0], far[0]),
            dst_lo=np.where(inward, near[1], far[1]),
            src_port=np.where(inward, remote_port, line_port),
            dst_port=np.where(inward, line_port, remote_port),
            tcp_flags=np.where(proto == 6, flags, -1).astype(np.int16),
            packets=np.ones(n, np.int64),
            bytes=dice.integers(40, 1500, n),
            duration_ms=np.zeros(n, np.int32),
            ingress=dice.choice(np.array([1, 4], np.int16), n),
        )


def as_batch(records: RecordColumns) -> pa.RecordBatch:
    """Lay records out as a reader of files does."""
    numbers = np.unique(records.exporter)
    codes = np.searchsorted(numbers, records.exporter).astype(np.int32)
    names = pa.array([str(number) for number in numbers.tolist()])
    arrays = [
        pa.DictionaryArray.from_arrays(pa.array(codes), names)
        if field.name == "exporter"
        else pa.array(getattr(records, field.name), type=field.type)
        for field in RECORDS
    ]
    return pa.record_batch(arrays, schema=RECORDS)


def _pairs(
    dice: np.random.Generator, v6: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Give own and foreign addresses, first their high halves, then their low ones."""
    own, foreign = _address(dice, v6, own=True), _address(dice, v6, own=False)
    return zip(own, foreign, strict=True)


def _address(
    dice: np.random.Generator, v6: NDArray[np.bool_], *, own: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    n = v6.size
    prefix, bits = (_OWN_V6, 32) if own else (_OTHERS_V6, 44)
    hi = np.where(v6, prefix | dice.integers(0, 1 << bits, n), 0)
    base, bits = (_OWN_V4, 17) if own else (_OTHERS_V4, 28)
    v4 = _MAPPED | base | dice.integers(0, 1 << bits, n)
    return hi, np.where(v6, dice.integers(-(2**63), 2**63 - 1, n), v4)


if __name__ == "__main__":
    main()
