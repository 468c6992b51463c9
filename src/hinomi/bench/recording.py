"""What routers make of sampled packets: thinned, under outside addresses, metered, as a table."""

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.bench.access import AddressPlan
from hinomi.bench.addressing import OWN_V6, Codes, is_own, render_codes
from hinomi.bench.census import Census
from hinomi.bench.exchange import Metered, Packets, meter, select
from hinomi.bench.sampling import scatter_unit
from hinomi.bench.spec import WorldSpec
from hinomi.model.flow import Ingress

_ADDRESS: Final = pa.dictionary(pa.int32(), pa.string())

SCHEMA: Final = pa.schema(
    [
        ("ts_ms", pa.int64()),
        ("exporter", _ADDRESS),
        ("sampling_interval", pa.int32()),
        ("proto", pa.int16()),
        ("src_addr", _ADDRESS),
        ("dst_addr", _ADDRESS),
        ("src_port", pa.int32()),
        ("dst_port", pa.int32()),
        ("tcp_flags", pa.int16()),
        ("packets", pa.int64()),
        ("bytes", pa.int64()),
        ("duration_ms", pa.int32()),
        ("ingress", pa.int16()),
    ]
)
"""The plain flow table (design.md, section 2) with its texts as dictionaries."""


def record(packets: Packets, spec: WorldSpec, plan: AddressPlan, census: Census) -> pa.Table:
    """
    Turn the packets of one slice of time into flow records, and count who was met.

    Args:
        packets: Sampled 1 in N under codes, whole active timeouts of them.
        spec: Says how the exporters sample.
        plan: Gives lines their addresses.
        census: Counts what is left after the exporters' sampling.

    Returns:
        Rows of SCHEMA, ascending by time.
    """
    src, src_port = plan.locate(packets.src, packets.src_port, packets.ts_ms)
    dst, dst_port = plan.locate(packets.dst, packets.dst_port, packets.ts_ms)
    exporter = _exporters(src, dst, packets.ingress, len(spec.exporters))
    outside = Packets(
        ts_ms=packets.ts_ms,
        src=src,
        dst=dst,
        src_port=src_port,
        dst_port=dst_port,
        proto=packets.proto,
        flags=packets.flags,
        size=packets.size,
        ingress=packets.ingress,
    )
    kept = _kept(outside, exporter, spec)
    if kept is not None:
        packets, outside = select(packets, kept), select(outside, kept)
    census.add(packets)
    return _table(meter(outside), spec)


def _exporters(src: Codes, dst: Codes, ingress: NDArray[np.int16], count: int) -> NDArray[np.int64]:
    """Tell which router a packet passes: the subscriber's end decides, for both directions."""
    near = np.where((ingress == Ingress.SUBSCRIBER) & is_own(src), src, dst)
    number: NDArray[np.int64] = np.where(near >= OWN_V6, near >> 32, near >> 8) % count
    return number


def _kept(
    packets: Packets, exporter: NDArray[np.int64], spec: WorldSpec
) -> NDArray[np.bool_] | None:
    """Choose what exporters that sample more sparsely keep; None if all do alike."""
    if max(spec.exporters) == 1:
        return None
    share = 1.0 / np.array(spec.exporters)[exporter]
    ports = packets.src_port.astype(np.int64) << 16 | packets.dst_port
    chance = scatter_unit(packets.ts_ms, packets.src, packets.dst, ports, spec.seed)
    kept: NDArray[np.bool_] = chance < share
    return kept


def _table(records: Metered, spec: WorldSpec) -> pa.Table:
    first, count = records.first, len(spec.exporters)
    exporter = _exporters(first.src, first.dst, first.ingress, count)
    names = pa.array([f"edge-{number + 1}" for number in range(count)], pa.string())
    interval = np.array([spec.interval * times for times in spec.exporters], np.int32)
    return pa.table(
        [
            pa.array(first.ts_ms),
            pa.DictionaryArray.from_arrays(pa.array(exporter.astype(np.int32)), names),
            pa.array(interval[exporter]),
            pa.array(first.proto),
            render_codes(first.src),
            render_codes(first.dst),
            pa.array(first.src_port),
            pa.array(first.dst_port),
            pa.array(first.flags),
            pa.array(records.packets),
            pa.array(records.octets),
            pa.array(records.duration_ms),
            pa.array(first.ingress),
        ],
        schema=SCHEMA,
    )
