"""Each operation sees its columns alone, and those no finer than it needs."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import HOUR_MS, conversation, conversations, remote
from hinomi.errors import NotPermitted
from hinomi.govern.minimise import View, cut, minimise, research_view, shipped_views, view_of
from hinomi.model.address import Address, from_int, parse_address, to_int
from hinomi.model.flow import CONVERSATIONS
from hinomi.services.mandates import Operation

READING = {"detect", "explain", "train", "what-if", "drill", "store", "research"}
SIGNED = st.integers(-(2**63), 2**63 - 1)
PORTS = st.integers(0, 65_535)
KEPT = {"sampling_interval", "counts_scaled", "proto", "direction", "ingress", "line_port",
        "remote_port", "remote_own", "tcp_flags", "packets", "bytes", "duration_ms"}  # fmt: skip
"""Columns that research sees as they are."""

ROWS = st.lists(
    st.builds(
        conversation,
        ts_ms=st.integers(0, 2**45),
        exporter=st.integers(0, 9),
        line_hi=SIGNED,
        line_lo=SIGNED,
        line_net=st.integers(0, 9),
        line_port=PORTS,
        remote_port=PORTS,
        remote_hi=st.just(0) | SIGNED,
        remote_lo=st.integers(0xFFFF << 32, 0xFFFF_FFFF_FFFF) | SIGNED,
        remote_own=st.integers(0, 1),
        packets=st.integers(1, 2**40),
    ),
    min_size=1,
    max_size=20,
)


def test_every_operation_that_reads_records_has_one_view() -> None:
    """Importing, collecting, listing: these read none, and get none."""
    named = [word for entry in shipped_views().values() for word in entry.operations]

    assert sorted(named) == sorted(READING)
    assert {each.word for each in Operation} >= READING
    for word in {each.word for each in Operation} - READING:
        with pytest.raises(NotPermitted):
            view_of(word)


def test_every_withheld_column_says_why() -> None:
    """What is taken away is a column, and has its reason."""
    reasons = {
        (name, column): reason
        for name, entry in shipped_views().items()
        for column, reason in entry.withheld.items()
    }

    assert {column for _, column in reasons} <= set(CONVERSATIONS.names)
    assert all(len(reason) > 20 for reason in reasons.values())
    assert {column for name, column in reasons if name == "research"} == {"exporter", "line_net"}


@given(rows=ROWS)
def test_detection_sees_neither_exporter_nor_ingress(rows: list[dict[str, int]]) -> None:
    """All else it sees as it is stored."""
    batch = conversations(rows)

    seen = minimise(batch, view_of("detect"))

    assert set(CONVERSATIONS.names) - set(seen.schema.names) == {"exporter", "ingress"}
    assert all(seen[name].equals(batch[name]) for name in seen.schema.names)


@given(rows=ROWS, v4=st.integers(0, 32), v6=st.integers(0, 128))
def test_research_sees_no_more_than_its_view(rows: list[dict[str, int]], v4: int, v6: int) -> None:
    """Column by column: hours, cut addresses, new pseudonyms, and the rest as it is."""
    seen = minimise(conversations(rows), research_view(v4, v6)).to_pylist()

    assert len(seen) == len(rows)
    for row, stored in zip(seen, rows, strict=True):
        assert row.keys() == KEPT | {"ts_ms", "line_hi", "line_lo", "remote_hi", "remote_lo"}
        assert all(row[name] == stored[name] for name in KEPT)
        assert row["ts_ms"] == stored["ts_ms"] - stored["ts_ms"] % HOUR_MS
        assert (row["line_hi"], row["line_lo"]) != (stored["line_hi"], stored["line_lo"])
        far = to_int(parse_halves(row))
        if stored["remote_own"]:
            assert far != to_int(parse_halves(stored))
            continue
        is_v4 = stored["remote_hi"] == 0 and stored["remote_lo"] >> 32 == 0xFFFF
        cut_off = 32 - v4 if is_v4 else 128 - v6
        assert far == to_int(parse_halves(stored)) >> cut_off << cut_off


def parse_halves(row: dict[str, int]) -> Address:
    """Give the halves of the remote end, as an address."""
    return Address(row["remote_hi"], row["remote_lo"])


@given(rows=ROWS)
def test_lines_stay_apart_and_runs_cannot_be_joined(rows: list[dict[str, int]]) -> None:
    """Within a run equal lines have equal pseudonyms, others not; another run shares none."""
    batch = conversations(rows)

    first, second = (lines_of(minimise(batch, research_view(24, 48))) for _ in range(2))

    stored = lines_of(batch)
    assert len(set(zip(stored, first, strict=True))) == len(set(stored)) == len(set(first))
    assert not set(first) & set(second)
    assert not set(first) & set(stored)


def lines_of(batch: pa.RecordBatch) -> list[tuple[int, int]]:
    """Give the pseudonym of each row's line."""
    return list(zip(batch["line_hi"].to_pylist(), batch["line_lo"].to_pylist(), strict=True))


def test_an_approved_address_is_seen_whole_and_no_other() -> None:
    """Its neighbour in the same network is cut all the same; a pseudonym never matches."""
    whole = parse_address("198.51.100.7")
    rows = [
        conversation(**remote("198.51.100.7")),
        conversation(**remote("198.51.100.8")),
        conversation(**(remote("198.51.100.7") | {"remote_own": 1})),
    ]

    seen = minimise(conversations(rows), research_view(24, 48, [whole]))

    assert seen["remote_lo"].to_pylist()[:2] == [whole.lo, parse_address("198.51.100.0").lo]
    assert seen["remote_lo"].to_pylist()[2] != whole.lo


def test_one_line_is_one_pseudonym_at_either_end() -> None:
    """A line that is also somebody's remote end is known again within the run."""
    row = conversation(line_hi=5, line_lo=6, remote_hi=5, remote_lo=6, remote_own=1)

    seen = minimise(conversations([row]), research_view(24, 48)).to_pylist()[0]

    assert (seen["line_hi"], seen["line_lo"]) == (seen["remote_hi"], seen["remote_lo"])


@given(value=st.integers(0, 2**128 - 1), bits=st.integers(0, 128))
def test_cutting_is_the_network_of_the_address(value: int, bits: int) -> None:
    """Also across the border of the two halves, and twice the same."""
    address = from_int(value)
    if address.hi == 0 and address.lo >> 32 == 0xFFFF:
        return

    hi, lo = cut(np.array([address.hi]), np.array([address.lo]), 0, bits)

    assert (int(hi[0]), int(lo[0])) == from_int(value >> (128 - bits) << (128 - bits))
    assert [each.tolist() for each in cut(hi, lo, 0, bits)] == [hi.tolist(), lo.tolist()]


def test_an_empty_batch_stays_empty() -> None:
    """The columns are there all the same."""
    seen = minimise(conversations([]), research_view(24, 48))

    assert seen.num_rows == 0
    assert "line_hi" in seen.schema.names


@pytest.mark.parametrize("wrong", [{"v4_bits": 33}, {"v6_bits": 129}, {"v4_bits": -1}])
def test_impossible_bits_are_refused(wrong: dict[str, int]) -> None:
    """A view that cuts to 33 bits of 32 was not meant."""
    with pytest.raises(ValueError, match="bits of an address"):
        View(name="odd", columns=("ts_ms",), **wrong)  # type: ignore[arg-type] # Wrong on purpose.


def test_an_impossible_step_is_refused() -> None:
    """Times cannot be floored to nothing."""
    with pytest.raises(ValueError, match="step of time"):
        replace(view_of("detect"), step_ms=0)


def test_research_has_no_view_without_a_key() -> None:
    """Asked for like the others, it is the caller's fault."""
    with pytest.raises(ValueError, match="research_view"):
        view_of("research")


def test_the_key_of_a_run_is_never_shown() -> None:
    """Neither in what people approve nor in a traceback."""
    view = research_view(24, 48, [parse_address("198.51.100.7")])

    assert view.cipher is not None
    assert view.cipher.key.hex() not in repr(view) + str(view.render())
    assert view.render()["exact_addresses"] == ["198.51.100.7"]
