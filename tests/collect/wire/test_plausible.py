"""Whether a datagram looks like an export."""

import struct

import numpy as np
import pytest

from exporting import (
    V4_FLOW,
    flow_sample,
    flow_set,
    flows,
    frame,
    ipfix,
    sflow,
    template,
    v5,
    v5_record,
    v9,
)
from hinomi.collect.wire.datagrams import Datagrams
from hinomi.collect.wire.plausible import looks_like_export


def told(*payloads: bytes) -> list[bool]:
    """Tell of each payload whether it looks like an export."""
    batch = Datagrams.pack(payloads, [0] * len(payloads), [0] * len(payloads))
    looks: list[bool] = looks_like_export(batch.buffer, batch.start, batch.length).tolist()
    return looks


def test_every_protocol_is_known() -> None:
    """What exporters send first is among it: templates alone."""
    assert all(
        told(
            v5(v5_record()),
            v9(template(256, V4_FLOW)),
            v9(flows()),
            ipfix(template(256, V4_FLOW, version=10)),
            ipfix(flows()),
            sflow(flow_sample(frame())),
        )
    )


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\0\x09",
        struct.pack(">HH", 9, 1),
        v5(),
        v5(v5_record(), count=2),
        v5(v5_record())[:-1],
        v9(),
        v9(flow_set(300, b"")),
        v9(flow_set(300, b"abcd", length=9)),
        v9(flow_set(7, b"abcd")),
        ipfix(),
        ipfix(flow_set(300, b"abcd", length=65_535)),
        sflow(),
        b"\0\x08" + bytes(60),
        bytes(200),
    ],
)
def test_what_holds_nothing_is_none(payload: bytes) -> None:
    """A header alone, a length that cannot be, another version; neighbours lend no bytes."""
    assert told(payload, v5(v5_record())) == [False, True]


def test_nothing_comes_to_nothing() -> None:
    """An empty batch."""
    assert (
        looks_like_export(np.zeros(64, np.uint8), np.zeros(0, np.int64), np.zeros(0, np.int64)).size
        == 0
    )
