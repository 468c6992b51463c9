"""The plain flow table, in CSV and Parquet, comes back as it was written."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOON_MS
from hinomi.collect.files.reading import BATCH_ROWS
from hinomi.collect.files.table import read, recognises
from hinomi.errors import MalformedDocument
from readers import LATEST_MS, read_all, write

Row = dict[str, object]

FLOW: Row = {
    "ts_ms": NOON_MS, "exporter": "edge-1", "sampling_interval": 1000, "proto": 6,
    "src_addr": "192.0.2.1", "dst_addr": "2001:db8::1", "src_port": 40000, "dst_port": 443,
    "tcp_flags": 18, "packets": 2, "bytes": 120, "duration_ms": 7, "ingress": 3,
}  # fmt: skip


def as_csv(*rows: Row) -> str:
    """Lay rows out as CSV with the first row's columns."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_records(*rows: Row) -> list[Row]:
    """Give rows as the reader yields them."""
    found = []
    for row in rows:
        laid = dict(row) | {"counts_scaled": 0}
        laid["src"], laid["dst"] = laid.pop("src_addr"), laid.pop("dst_addr")
        found.append(laid)
    return found


addresses = st.one_of(
    st.ip_addresses(network="192.0.2.0/24"), st.ip_addresses(network="2001:db8::/32")
)
tables = st.lists(
    st.fixed_dictionaries(
        {
            "ts_ms": st.integers(0, LATEST_MS),
            "exporter": st.sampled_from(["edge-1", 'a "quoted", name', "東京"]),
            "sampling_interval": st.integers(1, 2**31 - 1),
            "proto": st.sampled_from([6]),
            "src_addr": addresses.map(str),
            "dst_addr": addresses.map(str),
            "src_port": st.integers(0, 65535),
            "dst_port": st.integers(0, 65535),
            "tcp_flags": st.integers(-1, 255),
            "packets": st.integers(1, 2**62),
            "bytes": st.integers(0, 2**62),
            "duration_ms": st.integers(0, 2**31 - 1),
            "ingress": st.integers(0, 4),
        }
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=50)
@given(rows=tables)
def test_csv_and_parquet_come_back_as_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row]
) -> None:
    """Every value of every column survives both forms."""
    folder = tmp_path_factory.mktemp("table")
    text = write(folder / "flows.csv.gz", as_csv(*rows))
    pq.write_table(pa.Table.from_pylist(rows), folder / "flows.parquet")

    for path in (text, folder / "flows.parquet"):
        found, tally = read_all(read, path)
        assert found == as_records(*rows)
        assert tally.records == len(rows)
        assert tally.bytes_read == path.stat().st_size


def test_optional_columns_get_their_unknown_value(tmp_path: Path) -> None:
    """Time, protocol and addresses are enough; a row stands for one packet."""
    row: Row = {name: FLOW[name] for name in ("ts_ms", "src_addr", "dst_addr")} | {"proto": "TCP"}
    path = write(tmp_path / "flows.csv", as_csv(row))

    assert read_all(read, path)[0] == [
        {
            "ts_ms": NOON_MS, "exporter": None, "sampling_interval": 0, "counts_scaled": 0,
            "proto": 6, "src": "192.0.2.1", "dst": "2001:db8::1", "src_port": 0, "dst_port": 0,
            "tcp_flags": -1, "packets": 1, "bytes": 0, "duration_ms": 0, "ingress": 0,
        }
    ]  # fmt: skip


def test_what_the_row_says_wins_over_the_option(tmp_path: Path) -> None:
    """Interval and exporter of the option fill only rows that state none."""
    blank = FLOW | {"exporter": "", "sampling_interval": ""}
    path = write(tmp_path / "flows.csv", as_csv(FLOW, blank, FLOW | {"sampling_interval": 0}))
    rows, _ = read_all(read, path, exporter="core-9", sampling_interval=77)

    assert [(row["exporter"], row["sampling_interval"]) for row in rows] == [
        ("edge-1", 1000),
        ("core-9", 77),
        ("edge-1", 77),
    ]


def test_unknown_columns_are_discarded_and_counted(tmp_path: Path) -> None:
    """Payload and names have no place in a flow record."""
    path = write(tmp_path / "flows.csv", as_csv(FLOW | {"payload": "x", "url": "y"}))
    rows, tally = read_all(read, path)

    assert rows == as_records(FLOW)
    assert tally.notes == {"columns-discarded": 2}


def test_flags_and_ports_stand_only_where_the_protocol_has_them(tmp_path: Path) -> None:
    """UDP has no flags, GRE no ports, and ICMP keeps type and code."""
    odd = [FLOW | {"proto": name} for name in ("udp", "gre", "icmp")]
    rows, _ = read_all(read, write(tmp_path / "flows.csv", as_csv(*odd)))

    assert [(row["proto"], row["tcp_flags"], row["src_port"], row["dst_port"]) for row in rows] == [
        (17, -1, 40000, 443),
        (47, -1, 0, 0),
        (1, -1, 0, 443),
    ]


def test_a_row_that_states_no_packets_has_one_and_is_counted(tmp_path: Path) -> None:
    """In both forms; rows that are malformed do not count."""
    path = tmp_path / "flows.parquet"
    pq.write_table(pa.Table.from_pylist([FLOW, FLOW | {"packets": None}]), path)
    text = as_csv(FLOW, FLOW | {"packets": ""}, FLOW | {"packets": "", "bytes": -1})
    for file, keep_good in ((path, False), (write(tmp_path / "flows.csv", text), True)):
        rows, tally = read_all(read, file, keep_good=keep_good)

        assert [row["packets"] for row in rows] == [FLOW["packets"], 1]
        assert tally.notes == {"packets-assumed": 1}


def test_a_row_without_packets_is_dropped_and_counted(tmp_path: Path) -> None:
    """Zero packets are no communication."""
    _, tally = read_all(read, write(tmp_path / "flows.csv", as_csv(FLOW | {"packets": 0})))

    assert tally.dropped == {"no-packets": 1}


BAD: list[tuple[Row, str]] = [
    ({"ts_ms": "nan"}, "ts_ms is not finite"),
    ({"ts_ms": "inf"}, "ts_ms is not finite"),
    ({"ts_ms": -1}, "ts_ms is negative"),
    ({"ts_ms": LATEST_MS + 1}, "ts_ms lies in the future"),
    ({"ts_ms": ""}, "ts_ms is missing"),
    ({"proto": 256}, "proto is"),
    ({"proto": ""}, "proto is missing"),
    ({"src_addr": "fe80::1%1"}, "src_addr is not an IP address"),
    ({"dst_addr": "192.0.2.256"}, "dst_addr is not an IP address"),
    ({"dst_addr": ""}, "dst_addr is missing"),
    ({"src_port": 65536}, "src_port is above 65535"),
    ({"dst_port": -1}, "dst_port is negative"),
    ({"tcp_flags": -2}, "tcp_flags is below -1"),
    ({"packets": -1}, "packets is negative"),
    ({"packets": 2**63}, "packets is above"),
    ({"bytes": -1}, "bytes is negative"),
    ({"duration_ms": -1}, "duration_ms is negative"),
    ({"sampling_interval": -1}, "sampling_interval is negative"),
    ({"ingress": 5}, "ingress is above 4"),
    ({"bytes": "many"}, "bytes is not a number"),
]


@pytest.mark.parametrize(("change", "reason"), BAD)
def test_a_malformed_line_is_told_with_its_number(tmp_path: Path, change: Row, reason: str) -> None:
    """The message names file and line; keep_good goes on."""
    path = write(tmp_path / "flows.csv", as_csv(FLOW, FLOW | change, FLOW))

    with pytest.raises(MalformedDocument) as caught:
        read_all(read, path)

    assert caught.value.line == 3
    assert reason in str(caught.value)
    rows, tally = read_all(read, path, keep_good=True)
    assert rows == as_records(FLOW, FLOW)
    assert (tally.malformed, tally.records) == (1, 3)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,2,3", "has 3 fields, the header 13"),
        ('"' + "," * 12, "a quoted value does not end on its line"),
        (",édge" + "," * 11, "is not UTF-8 text"),
    ],
)
def test_a_broken_line_is_told_with_its_number(tmp_path: Path, line: str, reason: str) -> None:
    """Fields, quotes and encoding are those of one line each; blank lines count as lines."""
    text = as_csv(FLOW, FLOW).encode()
    path = write(tmp_path / "flows.csv", text + b"\n" + line.encode("latin-1") + b"\n")

    with pytest.raises(MalformedDocument) as caught:
        read_all(read, path)

    assert caught.value.line == 5
    assert reason in str(caught.value)
    assert read_all(read, path, keep_good=True)[1].malformed == 1


def test_a_malformed_row_of_parquet_is_told_with_its_number(tmp_path: Path) -> None:
    """Parquet has rows instead of lines."""
    path = tmp_path / "flows.parquet"
    pq.write_table(pa.Table.from_pylist([FLOW, FLOW | {"src_port": -7}]), path)

    with pytest.raises(MalformedDocument, match=r"flows\.parquet: row 2: src_port is negative"):
        read_all(read, path)


def test_parquet_may_hold_other_types(tmp_path: Path) -> None:
    """Timestamps, dictionaries, floats and numbers as text are read too."""
    path = tmp_path / "flows.parquet"
    plain = pa.Table.from_pylist([FLOW])
    other = plain.set_column(0, "ts_ms", plain["ts_ms"].cast(pa.timestamp("ms")))
    for name, kind in (("packets", pa.string()), ("bytes", pa.float64()), ("proto", pa.string())):
        at = other.column_names.index(name)
        other = other.set_column(at, name, other[name].cast(kind))
    for name in ("exporter", "src_addr"):
        at = other.column_names.index(name)
        other = other.set_column(at, name, other[name].dictionary_encode())
    pq.write_table(other, path)

    assert read_all(read, path)[0] == as_records(FLOW)


@pytest.mark.parametrize("kept", [8, 100, 0.5, 0.99])
def test_a_cut_parquet_file_is_refused(tmp_path: Path, kept: float) -> None:
    """Parquet ends with its footer: any cut is noticed."""
    whole = tmp_path / "whole.parquet"
    pq.write_table(pa.Table.from_pylist([FLOW] * 500), whole)
    raw = whole.read_bytes()
    path = write(tmp_path / "cut.parquet", raw[: int(kept if kept > 1 else kept * len(raw))])

    with pytest.raises(MalformedDocument, match="is no Parquet file"):
        read_all(read, path)


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    """Without a time there is no flow record, in either form."""
    row = {name: value for name, value in FLOW.items() if name != "ts_ms"}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "flows.parquet")

    with pytest.raises(MalformedDocument, match="line 1: the header lacks ts_ms"):
        read_all(read, write(tmp_path / "flows.csv", as_csv(row)))
    with pytest.raises(MalformedDocument, match="the header lacks ts_ms"):
        read_all(read, tmp_path / "flows.parquet")


def test_a_column_named_twice_is_refused(tmp_path: Path) -> None:
    """Nobody knows which of the two holds."""
    with pytest.raises(MalformedDocument, match="names proto twice"):
        read_all(read, write(tmp_path / "x.csv", "ts_ms,proto,proto,src_addr,dst_addr\n"))


def test_batches_are_bounded(tmp_path: Path) -> None:
    """A file of many rows comes in many batches, in order."""
    count = BATCH_ROWS * 3 + 1
    body = "".join(f"{NOON_MS + n},6,192.0.2.1,192.0.2.2\n" for n in range(count))
    path = write(tmp_path / "flows.csv", "ts_ms,proto,src_addr,dst_addr\n" + body)
    rows, tally = read_all(read, path)

    assert [row["ts_ms"] for row in rows] == list(range(NOON_MS, NOON_MS + count))
    assert tally.records == count


def test_a_table_is_recognised_by_its_columns(tmp_path: Path) -> None:
    """CSV also behind a byte order mark; Parquet by its schema, where that can be read."""
    flows, other = tmp_path / "flows.parquet", tmp_path / "other.parquet"
    pq.write_table(pa.Table.from_pylist([FLOW]), flows)
    pq.write_table(pa.Table.from_pylist([{"name": "x"}]), other)

    assert recognises(flows, as_csv(FLOW).encode())
    assert recognises(flows, b'\xef\xbb\xbf"ts_ms","proto","src_addr","dst_addr"\r\n')
    assert recognises(flows, flows.read_bytes())
    assert not recognises(other, other.read_bytes())
    assert recognises(write(tmp_path / "cut.parquet", b"PAR1...."), b"PAR1....")
    assert not recognises(Path("flows.csv"), b"time,address\n")
