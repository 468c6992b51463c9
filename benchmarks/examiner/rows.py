"""Sampled records: addresses as numbers, metering, and the plain flow table they become."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.uint64]

N: Final = 10_000
DAY: Final = 86_400_000
WEEK: Final = 7 * DAY
OWN_V6: Final = 1 << 62
"""Own IPv6: this bit, 32 bits of line, 24 bits of interface identifier. IPv4 is itself."""
FAR_V6: Final = 1 << 63
"""IPv6 elsewhere: this bit, 28 bits of network, 32 bits of host."""

_TEXT: Final = pa.dictionary(pa.int32(), pa.string())
_KEPT: Final = {
    "ts": np.int64, "src": np.uint64, "dst": np.uint64, "sport": np.uint16, "dport": np.uint16,
    "proto": np.uint8, "flags": np.int16, "size": np.int32, "ingress": np.uint8,
    "packets": np.int32, "duration": np.int32,
}  # fmt: skip
SCHEMA: Final = pa.schema(
    [
        ("ts_ms", pa.int64()), ("exporter", _TEXT), ("sampling_interval", pa.int32()),
        ("proto", pa.int16()), ("src_addr", _TEXT), ("dst_addr", _TEXT),
        ("src_port", pa.int32()), ("dst_port", pa.int32()), ("tcp_flags", pa.int16()),
        ("packets", pa.int64()), ("bytes", pa.int64()), ("duration_ms", pa.int32()),
        ("ingress", pa.int16()),
    ]
)  # fmt: skip


class Rows:
    """All sampled records of a world, as parts of columns."""

    def __init__(self) -> None:
        self._parts: dict[str, list[NDArray[Any]]] = {name: [] for name in _KEPT}
        self.count = 0

    def add(self, ts: Ints, **columns: Any) -> None:
        """Add records of one packet each, or as *packets* and *duration* say."""
        for name, kind in _KEPT.items():
            given = ts if name == "ts" else columns.get(name, 1 if name == "packets" else 0)
            self._parts[name].append(np.broadcast_to(given, ts.shape).astype(kind))
        self.count += ts.size

    def add_metered(self, conversation: Ints, up: Bools, ts: Ints, **columns: Any) -> None:
        """Add packets, those of one conversation, direction and minute as one record."""
        key = (conversation << 1 | up) << 15 | ts // 60_000
        order = np.lexsort((ts, key))
        fresh = np.ones(ts.size, bool)
        fresh[1:] = key[order][1:] != key[order][:-1]
        at = np.flatnonzero(fresh)
        if not at.size:
            return
        first = order[at]
        whole = {name: np.broadcast_to(each, ts.shape) for name, each in columns.items()}
        last = np.append(at[1:], ts.size) - 1
        merged = {name: each[first] for name, each in whole.items()}
        merged["size"] = np.add.reduceat(whole["size"][order], at)
        merged["flags"] = np.bitwise_or.reduceat(whole["flags"][order], at)
        merged["packets"] = last - at + 1
        merged["duration"] = ts[order][last] - ts[first]
        self.add(ts[first], **merged)

    def write(self, path: Path, start_ms: int, exporters: int) -> int:
        """Write everything ascending by time and give the number of records."""
        whole = {name: np.concatenate(self._parts.pop(name)) for name in _KEPT}
        inside = np.flatnonzero((whole["ts"] >= 0) & (whole["ts"] < WEEK))
        order = inside[np.argsort(whole["ts"][inside], kind="stable")]
        with pq.ParquetWriter(path, SCHEMA, compression="zstd") as file:
            for begin in range(0, order.size, 500_000):
                some = order[begin : begin + 500_000]
                part = {name: each[some] for name, each in whole.items()}
                file.write_table(_table(part, start_ms, exporters))
        return int(order.size)


def _table(part: dict[str, NDArray[Any]], start_ms: int, exporters: int) -> pa.Table:
    near = np.where(part["ingress"] == 1, part["src"], part["dst"]).astype(np.uint64)
    router = (np.where(near >= OWN_V6, near >> 34, near >> 10) % exporters).astype(np.int32)
    names = pa.array([f"bras-{number + 1}" for number in range(exporters)])
    columns = [
        pa.array(part["ts"] + start_ms),
        pa.DictionaryArray.from_arrays(pa.array(router), names),
        pa.array(np.full(near.size, N, np.int32)),
        pa.array(part["proto"].astype(np.int16)),
        _addresses(part["src"]),
        _addresses(part["dst"]),
        pa.array(part["sport"].astype(np.int32)),
        pa.array(part["dport"].astype(np.int32)),
        pa.array(part["flags"]),
        pa.array(part["packets"].astype(np.int64)),
        pa.array(part["size"].astype(np.int64)),
        pa.array(part["duration"]),
        pa.array(part["ingress"].astype(np.int16)),
    ]
    return pa.table(columns, schema=SCHEMA)


def _addresses(codes: Codes) -> pa.DictionaryArray:
    unique, place = np.unique(codes, return_inverse=True)
    return pa.DictionaryArray.from_arrays(pa.array(place.astype(np.int32)), texts(unique))


def texts(codes: Codes) -> pa.Array:
    """Write addresses; IPv4 codes must come before all others."""
    v4 = codes[codes < OWN_V6].astype(np.int64)
    octets = pa.array([str(number) for number in range(256)])
    parts = [octets.take(pa.array(v4 >> shift & 255)) for shift in (24, 16, 8, 0)]
    written = pc.binary_join_element_wise(*parts, ".")
    rest = pa.array([_v6(int(code)) for code in codes[v4.size :]], pa.string())
    return pa.concat_arrays([written, rest])


def text(code: int) -> str:
    """Write one address."""
    return str(texts(np.array([code], np.uint64))[0])


def _v6(code: int) -> str:
    if code >= FAR_V6:
        net, host = code >> 32 & 0xFFFFFFF, code & 0xFFFFFFFF
        return f"2001:db8:{0xF000 | net >> 16:x}:{net & 0xFFFF:x}::{host >> 16:x}:{host & 65535:x}"
    line, face = code >> 24 & 0xFFFFFFFF, code & 0xFFFFFF
    upper = f"3fff:{0x800 | line >> 24:x}:{line >> 8 & 0xFFFF:x}:{(line & 255) << 8:x}"
    lower = f"{face >> 16:x}ff:fe{face >> 8 & 255:02x}:{face & 65535:x}"
    return f"{upper}:{face * 40_503 & 0xFFFF:x}:{lower}"
