"""Columns of one block become batches of flow records."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from hinomi.collect.files.flows import (
    Flows,
    batches,
    constant,
    exporters,
    intervals,
    one_exporter,
)
from hinomi.collect.files.reading import BATCH_ROWS, ReadOptions, Tally
from hinomi.collect.observing import Description
from hinomi.model.exporter import InterfaceRole
from hinomi.model.flow import Ingress
from readers import checked


def flows(rows: int) -> Flows:
    """Make *rows* flows that differ by their source port."""
    columns = {
        name: constant(rows, value)
        for value, name in enumerate(Flows.__slots__)
        if name != "exporter"
    }
    ports = np.arange(rows, dtype=np.int64) % 65536
    return replace(
        Flows(**columns, exporter=one_exporter(rows, None)), src_port=ports, proto=constant(rows, 6)
    )


def test_both_ways_of_a_row_stand_together() -> None:
    """Row by row, there before back, only where there are packets."""
    there = replace(flows(3), packets=np.array([1, 0, 2]))
    back = there.turned(
        packets=np.array([5, 6, 0]), octets=np.array([50, 60, 0]), tcp_flags=constant(3, 2)
    )
    found = [
        row
        for batch in checked(
            batches((there, back), np.ones(3, dtype=bool), Tally(), [], ReadOptions())
        )
        for row in batch.to_pylist()
    ]

    assert [(row["src_port"], row["packets"]) for row in found] == [
        (0, 1),
        (there.dst_port[0], 5),
        (there.dst_port[0], 6),
        (2, 2),
    ]
    assert found[1]["dst_port"] == 0
    assert (found[1]["bytes"], found[1]["tcp_flags"]) == (50, 2)
    assert (found[1]["src_hi"], found[1]["dst_lo"]) == (there.dst_hi[0], there.src_lo[0])


def test_rows_without_packets_are_counted_and_bad_ones_left_out() -> None:
    """A row is dropped once, not once a way; a malformed row was counted before."""
    there = replace(flows(3), packets=np.array([0, 0, 2]))
    back = there.turned(packets=constant(3, 0), octets=constant(3, 0), tcp_flags=constant(3, 2))
    tally = Tally()
    found = list(batches((there, back), np.array([True, False, True]), tally, [], ReadOptions()))

    assert [batch.num_rows for batch in found] == [1]
    assert tally.dropped == {"no-packets": 1}


def test_batches_are_bounded() -> None:
    """However many rows a block had."""
    rows = BATCH_ROWS + 5
    found = list(
        checked(batches((flows(rows),), np.ones(rows, dtype=bool), Tally(), [], ReadOptions()))
    )

    assert [batch.num_rows for batch in found] == [BATCH_ROWS, 5]


def test_flags_stand_only_beside_tcp() -> None:
    """Whatever a source says of other protocols."""
    mixed = replace(flows(2), proto=np.array([6, 17]), tcp_flags=constant(2, 0x10))
    (batch,) = batches((mixed,), np.ones(2, dtype=bool), Tally(), [], ReadOptions())

    assert batch["tcp_flags"].to_pylist() == [0x10, -1]


def test_exporters_are_names_of_rows_or_of_the_option() -> None:
    """Blank and missing names are filled; without an option they stay null."""
    column = pa.array(["a", None, " ", "b", "a"], pa.string())
    for otherwise, expected in (
        ("x", ["a", "x", "x", "b", "a"]),
        (None, ["a", None, None, "b", "a"]),
    ):
        places, names = exporters(column, otherwise)
        five = replace(flows(5), exporter=places)
        (batch,) = checked(batches((five,), np.ones(5, dtype=bool), Tally(), names, ReadOptions()))
        assert batch["exporter"].to_pylist() == expected


def test_the_interval_of_the_row_wins() -> None:
    """Where it states one."""
    stated, unnamed = np.array([0, 5, 0]), one_exporter(3, None)

    assert intervals(stated, unnamed, [], ReadOptions(sampling_interval=9)).tolist() == [9, 5, 9]


def test_the_operators_word_on_an_exporter_wins() -> None:
    """Over what the row states and over the option; rows of others keep theirs."""
    options = ReadOptions(
        sampling_interval=9,
        described={"a": Description(interval=100), None: Description(interval=200)},
    )
    stated, exporter = np.array([0, 5, 0, 5, 5]), np.array([0, 0, 1, 1, -1], np.int32)
    five = replace(flows(5), exporter=exporter, sampling_interval=stated, packets=constant(5, 1))
    tally = Tally()
    (batch,) = checked(batches((five,), np.ones(5, dtype=bool), tally, ["a", "b"], options))

    assert batch["sampling_interval"].to_pylist() == [100, 100, 9, 5, 200]
    assert batch["sampling_interval"].to_pylist() == (
        intervals(stated, exporter, ["a", "b"], options).tolist()
    )
    assert tally.notes == {"sampling-overridden": 2}


def test_counters_that_were_multiplied_by_a_wrong_rate_are_divided_by_it() -> None:
    """Else they would be divided by a rate that nobody multiplied them by."""
    options = ReadOptions(described={"a": Description(interval=10_000)})
    three = replace(
        flows(3),
        exporter=one_exporter(3, "a"),
        sampling_interval=np.array([100, 0, 10_000]),
        counts_scaled=constant(3, 1),
        packets=np.array([300, 10_000, 20_000]),
        bytes=np.array([12_000, 400_000, 800_000]),
    )
    (batch,) = batches((three,), np.ones(3, dtype=bool), Tally(), ["a"], options)

    found = batch.select(["packets", "bytes", "counts_scaled", "sampling_interval"]).to_pylist()
    assert [tuple(row.values()) for row in found] == [
        (3, 120, 0, 10_000),
        (10_000, 400_000, 1, 10_000),
        (20_000, 800_000, 1, 10_000),
    ]


def test_rows_come_in_where_their_interface_looks() -> None:
    """What is counted elsewhere is dropped and counted, each way by itself."""
    options = ReadOptions(
        described={
            "a": Description(roles={7: InterfaceRole.TRANSIT, 9: InterfaceRole.IGNORED}),
        }
    )
    there = replace(
        flows(3),
        exporter=one_exporter(3, "a"),
        packets=np.array([1, 1, 0]),
        ingress=np.array([0, Ingress.PEERING, 0]),
        in_if=np.array([7, 7, 9]),
    )
    back = there.turned(
        packets=constant(3, 1),
        octets=constant(3, 40),
        tcp_flags=constant(3, 2),
        in_if=np.array([9, -1, 7]),
    )
    tally = Tally()
    (batch,) = batches((there, back), np.array([True, True, False]), tally, ["a"], options)

    assert batch["ingress"].to_pylist() == [Ingress.TRANSIT, Ingress.PEERING, Ingress.PEERING]
    assert tally.dropped == {"counted-elsewhere": 1}
