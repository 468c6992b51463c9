"""Counts by exporter and reason."""

import numpy as np

from hinomi.collect.wire.ledger import Ledger


def test_rows_are_counted_by_exporter() -> None:
    """Each row counts once, or as often as its weight says."""
    ledger = Ledger()

    ledger.add_rows(np.array([0, 2, 2], np.int32), "records")
    ledger.add_rows(np.array([0, 2], np.int32), "bytes", np.array([1500, 9]))
    ledger.add_rows(np.zeros(0, np.int32), "records")

    assert ledger.counts == {0: {"records": 1, "bytes": 1500}, 2: {"records": 2, "bytes": 9}}
    assert ledger.total("records") == 3


def test_nothing_is_written_down_for_nothing() -> None:
    """A count of zero leaves no trace: reasons that never happened do not show."""
    ledger = Ledger()

    ledger.add(4, "lost", 0)
    ledger.add_rows(np.array([1]), "lost", np.array([0]))

    assert ledger.counts == {}


def test_draining_begins_anew() -> None:
    """What was drained is not counted again."""
    ledger = Ledger()
    ledger.add(1, "lost", 5)

    assert ledger.drain() == {1: {"lost": 5}}
    assert ledger.drain() == {}
