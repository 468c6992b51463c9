"""Servers at lines of ours are called, and call."""

import numpy as np

from hinomi.bench.addressing import is_own
from hinomi.bench.profiled.hosting import host
from hinomi.bench.profiled.scene import Scene


def test_servers_stand_at_open_lines(bare: Scene) -> None:
    """None behind a shared address; outsiders and neighbours call them."""
    hosts = host(bare)
    records = bare.sheet.records()
    called = np.isin(records.dst, bare.lines.v4[hosts])

    assert hosts.size > 3
    assert not bare.lines.shared[hosts].any()
    assert called.any()
    assert (is_own(records.src) & is_own(records.dst)).any()


def test_servers_fetch_and_crowds_come(bare: Scene) -> None:
    """Both are named: neither is a C&C server, though one is met as one is."""
    host(bare)
    labels = [entry.label for entry in bare.book.entries.values()]

    assert labels.count("server-to-server") == 12
    assert labels.count("flash-event") == 8
