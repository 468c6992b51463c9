"""
Flow samples of sFlow: what is the same in the short form and in the expanded one.

Source: sFlow version 5, section 5 (flow_sample, flow_sample_expanded, interface).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.datagrams import Places, read_rows
from hinomi.collect.wire.exported import NO_INTERFACE
from hinomi.collect.wire.sflow.xdr import Items

FLOW_SAMPLE, COUNTERS, EXPANDED_FLOW_SAMPLE, EXPANDED_COUNTERS = 1, 2, 3, 4
"""Tags of samples; what is greater is another kind, or some enterprise's."""

_LOCAL: Final = 0x3FFFFFFF
"""Interface of packets that the device itself sends or receives."""

_MOST_INDEX: Final = 0x7FFFFFFF  # RFC 2863, InterfaceIndex.
_INDEX_BITS: Final = 24  # Of a source id in the short form; above them stands its type.
_INDEX_MASK: Final = (1 << _INDEX_BITS) - 1

_SHORT: Final = np.dtype(
    {
        "names": ["source", "rate", "drops", "input", "output", "records"],
        "formats": [">u4"] * 6,
        "offsets": [4, 8, 16, 20, 24, 28],
        "itemsize": 32,
    }
)
_EXPANDED: Final = np.dtype(
    {
        "names": [
            *("type", "index", "rate", "drops"),
            *("input_format", "input", "output_format", "output", "records"),
        ],
        "formats": [">u4"] * 9,
        "offsets": [4, 8, 12, 20, 24, 28, 32, 36, 40],
        "itemsize": 44,
    }
)
_LAYOUTS: Final = {FLOW_SAMPLE: _SHORT, EXPANDED_FLOW_SAMPLE: _EXPANDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSamples:
    """n flow samples, shape (n,) each."""

    row: NDArray[np.int64]  # Of the datagram.
    source_type: NDArray[np.int64]  # 0: the data source is an interface.
    source_index: NDArray[np.int64]
    rate: NDArray[np.int64]  # N of 1 in N, 0..2^32-1.
    drops: NDArray[np.int64]  # Packets the agent could not sample so far, 0..2^32-1.
    in_if: NDArray[np.int64]
    out_if: NDArray[np.int64]
    records: NDArray[np.int64]  # As many as it claims.
    begin: Places  # Where the first of them begins.
    end: Places

    def __len__(self) -> int:
        return self.row.size

    @property
    def observed(self) -> NDArray[np.int8]:
        """Tell whether the packet entered by the data source (0), left by it (1), or neither."""
        index = np.where(self.source_type == 0, self.source_index, NO_INTERFACE - 1)
        left = np.where(index == self.out_if, np.int8(1), np.int8(-1))
        return np.where(index == self.in_if, np.int8(0), left)


def read_samples(buffer: NDArray[np.uint8], items: Items, tag: int) -> tuple[FlowSamples, Items]:
    """
    Read the flow samples of one form.

    Args:
        buffer: Of the batch.
        items: Samples, whatever their tags.
        tag: `FLOW_SAMPLE` or `EXPANDED_FLOW_SAMPLE`.

    Returns:
        The samples, and those of that tag that end inside their fixed part.
    """
    layout = _LAYOUTS[tag]
    chosen = items.tag == tag
    some = items if chosen.all() else items.take(chosen)
    is_whole = some.size >= layout.itemsize
    short = some.take(~is_whole)
    if len(short):
        some = some.take(is_whole)
    rows = read_rows(buffer, some.start, layout)
    column = {name: rows[name].astype(np.int64) for name in layout.names or ()}
    if tag == FLOW_SAMPLE:
        kind, index = column["source"] >> _INDEX_BITS, column["source"] & _INDEX_MASK
        in_if, out_if = _interface(column["input"]), _interface(column["output"])
    else:
        kind, index = column["type"], column["index"]
        in_if = _expanded_interface(column["input_format"], column["input"])
        out_if = _expanded_interface(column["output_format"], column["output"])
    return FlowSamples(
        row=some.row,
        source_type=kind,
        source_index=index,
        rate=column["rate"],
        drops=column["drops"],
        in_if=in_if,
        out_if=out_if,
        records=column["records"],
        begin=some.start + layout.itemsize,
        end=some.start + some.size,
    ), short


def _interface(value: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the interface of the short form; its two high bits say "dropped" or "several"."""
    return np.where((value > 0) & (value < _LOCAL), value, NO_INTERFACE)


def _expanded_interface(form: NDArray[np.int64], value: NDArray[np.int64]) -> NDArray[np.int64]:
    is_one = (form == 0) & (value > 0) & (value <= _MOST_INDEX) & (value != _LOCAL)
    return np.where(is_one, value, NO_INTERFACE)
