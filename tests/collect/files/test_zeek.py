"""Zeek's connection logs become flow records of both directions."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.files.zeek import history_flags, read, recognises
from hinomi.errors import MalformedDocument
from readers import read_all, write

NAMES = [
    "ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "service",
    "duration", "orig_bytes", "resp_bytes", "conn_state", "local_orig", "local_resp",
    "missed_bytes", "history", "orig_pkts", "orig_ip_bytes", "resp_pkts", "resp_ip_bytes",
    "tunnel_parents",
]  # fmt: skip
CONN = {
    "ts": "1767268800.123456", "uid": "C1", "id.orig_h": "192.0.2.1", "id.orig_p": "40000",
    "id.resp_h": "198.51.100.1", "id.resp_p": "443", "proto": "tcp", "service": "ssl",
    "duration": "1.5", "orig_bytes": "100", "resp_bytes": "2000", "conn_state": "SF",
    "missed_bytes": "0", "history": "ShADadFf", "orig_pkts": "5", "orig_ip_bytes": "364",
    "resp_pkts": "4", "resp_ip_bytes": "2212",
}  # fmt: skip


REST = {
    "id.orig_h": "192.0.2.1", "id.orig_p": 1, "id.resp_h": "192.0.2.2", "id.resp_p": 2,
    "proto": "udp", "orig_pkts": 1, "orig_ip_bytes": 40, "conn_state": "S0",
}  # fmt: skip
"""A connection in JSON but for its time."""


def log(*rows: dict[str, str], names: list[str] = NAMES, last: str = "#close\t2026") -> str:
    """Lay rows out as Zeek writes a TSV log."""
    head = ["#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-"]
    head += ["#path\tconn", "\t".join(["#fields", *names]), "#types\ttime"]
    body = ["\t".join(row.get(name, "-") for name in names) for row in rows]
    return "\n".join([*head, *body, last]) + "\n"


def test_a_connection_becomes_two_records(tmp_path: Path) -> None:
    """Originator and responder each get their packets, IP bytes and flags."""
    rows, tally = read_all(read, write(tmp_path / "conn.log", log(CONN)))

    there, back = rows
    assert there == {
        "ts_ms": 1767268800123, "exporter": None, "sampling_interval": 0, "counts_scaled": 0,
        "proto": 6, "src": "192.0.2.1", "dst": "198.51.100.1", "src_port": 40000, "dst_port": 443,
        "tcp_flags": 0x1B, "packets": 5, "bytes": 364, "duration_ms": 1500, "ingress": 0,
    }  # fmt: skip
    assert back == there | {
        "src": "198.51.100.1", "dst": "192.0.2.1", "src_port": 443, "dst_port": 40000,
        "packets": 4, "bytes": 2212, "tcp_flags": 0x1B,
    }  # fmt: skip
    assert tally.records == 1
    assert not tally.dropped
    assert not tally.relative_times


def test_an_unanswered_connection_becomes_one_record(tmp_path: Path) -> None:
    """A direction without packets yields nothing and is not counted as dropped."""
    conn = CONN | {"resp_pkts": "0", "resp_ip_bytes": "0", "history": "S"}
    rows, tally = read_all(read, write(tmp_path / "conn.log", log(conn)))

    assert [row["tcp_flags"] for row in rows] == [0x02]
    assert not tally.dropped


def test_a_line_without_packets_is_dropped_and_counted(tmp_path: Path) -> None:
    """Zeek logs connections of which it counted nothing."""
    conn = CONN | {"orig_pkts": "0", "resp_pkts": "0"}
    rows, tally = read_all(read, write(tmp_path / "conn.log", log(conn, CONN)))

    assert len(rows) == 2
    assert tally.records == 2
    assert tally.dropped == {"no-packets": 1}


def test_unset_counters_fall_back_on_payload_bytes(tmp_path: Path) -> None:
    """Without packet counts a direction with bytes has at least one packet."""
    names = [name for name in NAMES if not name.endswith(("_pkts", "_ip_bytes"))]
    conn = CONN | {"resp_bytes": "-"}
    rows, tally = read_all(read, write(tmp_path / "conn.log", log(conn, conn, names=names)))

    assert [(row["packets"], row["bytes"]) for row in rows] == [(1, 100)] * 2
    assert tally.notes == {"packets-assumed": 2, "ip-bytes-assumed": 2}


def test_only_made_up_counters_are_noted(tmp_path: Path) -> None:
    """Once a line, and not for a direction that yields no record."""
    silent = CONN | {"resp_bytes": "-", "resp_pkts": "-", "resp_ip_bytes": "-"}
    payload = CONN | {"orig_ip_bytes": "-", "resp_ip_bytes": "-"}
    rows, tally = read_all(read, write(tmp_path / "conn.log", log(CONN, silent, payload)))

    assert [row["bytes"] for row in rows] == [364, 2212, 364, 100, 2000]
    assert tally.notes == {"ip-bytes-assumed": 1}


def test_columns_may_stand_in_any_order_and_be_separated_otherwise(tmp_path: Path) -> None:
    """The header says where a column stands and what separates them."""
    names = NAMES[::-1]
    text = log(CONN, names=names).replace("\t", ";").replace("\\x09", "\\x3b")
    rows, _ = read_all(read, write(tmp_path / "conn.log.gz", text))

    assert rows == read_all(read, write(tmp_path / "conn.log", log(CONN)))[0]


def test_unset_marks_are_those_of_the_header(tmp_path: Path) -> None:
    """An unset duration is 0, whatever mark says so."""
    text = log(CONN | {"duration": "~"}).replace("#unset_field\t-", "#unset_field\t~")
    text = text.replace("\t-", "\t~")
    rows, _ = read_all(read, write(tmp_path / "conn.log", text))

    assert rows[0]["duration_ms"] == 0


def test_labels_may_follow_after_three_spaces(tmp_path: Path) -> None:
    """Stratosphere's labels stand behind tabs, behind spaces, or behind both."""
    labels = {"label": "Malicious", "detailedlabel": "C&C"}
    tabs = log(CONN | labels, names=[*NAMES, "label", "detailedlabel"])
    spaces = log(CONN).replace("tunnel_parents", "tunnel_parents   label   detailed-label")
    spaces = spaces.replace("2212\t-\n", "2212\t-   Malicious   C&C\n")
    mixed = spaces.replace("   label   detailed-label", "\tlabel\tdetailed-label")
    plain = read_all(read, write(tmp_path / "conn.log", log(CONN)))[0]

    assert spaces != mixed
    for number, text in enumerate((tabs, spaces, mixed)):
        assert read_all(read, write(tmp_path / f"{number}.log", text))[0] == plain


def test_a_second_header_in_the_file_holds_from_there(tmp_path: Path) -> None:
    """Logs put one after the other each keep their own columns."""
    text = log(CONN) + log(CONN, CONN, names=NAMES[::-1])
    rows, tally = read_all(read, write(tmp_path / "conn.log", text))

    assert len(rows) == 6
    assert tally.records == 3
    assert len({row["packets"] for row in rows}) == 2


def test_json_lines_give_the_same(tmp_path: Path) -> None:
    """A log in JSON yields what the same log yields in TSV."""
    texts = {"uid", "id.orig_h", "id.resp_h", "proto", "service", "conn_state", "history"}
    event = {
        name: value if name in texts else (float(value) if "." in value else int(value))
        for name, value in CONN.items()
    }
    path = write(tmp_path / "conn.log", json.dumps(event) + "\n" + json.dumps(event) + "\n\n")
    rows, tally = read_all(read, path)

    assert rows[:2] == read_all(read, write(tmp_path / "tsv.log", log(CONN)))[0]
    assert tally.records == 2


def test_json_times_may_be_dates(tmp_path: Path) -> None:
    """Zeek's JSON::TS_ISO8601 gives the milliseconds that seconds would."""
    dates = [json.dumps({"ts": f"2026-01-01T12:00:00{part}Z"} | REST) for part in (".123456", "")]
    path = write(tmp_path / "conn.log", "\n".join(dates))
    rows, _ = read_all(read, path)

    assert [row["ts_ms"] for row in rows] == [1767268800123, 1767268800000]
    bad = write(tmp_path / "bad.log", dates[0] + "\n" + json.dumps({"ts": "soon"} | REST))
    with pytest.raises(MalformedDocument, match="line 2: ts is not a time"):
        read_all(read, bad)


@pytest.mark.parametrize("name", ["conn.log", "conn.log.gz"])
def test_a_byte_order_mark_makes_no_difference(tmp_path: Path, name: str) -> None:
    """Editors put one before the header, or before the first line of JSON."""
    mark = b"\xef\xbb\xbf"
    for text in (log(CONN), json.dumps({"ts": 1767268800.5} | REST) + "\n"):
        marked = mark + text.encode()
        assert recognises(Path("x"), marked)
        rows = read_all(read, write(tmp_path / name, marked))[0]
        assert rows == read_all(read, write(tmp_path / "plain.log", text))[0]


@pytest.mark.parametrize(
    ("orig", "resp", "v6", "there", "back"),
    [
        (8, 0, False, 8 * 256, 0),
        (3, 1, False, 3 * 256 + 1, 3 * 256 + 1),
        (11, 0, False, 11 * 256, 11 * 256),
        (128, 129, True, 128 * 256, 129 * 256),
        (135, 136, True, 135 * 256, 136 * 256),
        (143, 0, True, 143 * 256, 143 * 256),
    ],
)
def test_icmp_type_and_code_stand_in_the_destination_port(
    tmp_path: Path, orig: int, resp: int, *, v6: bool, there: int, back: int
) -> None:
    """Zeek writes an answer's type in place of the code; both ways have source port 0."""
    conn = CONN | {"proto": "icmp", "id.orig_p": str(orig), "id.resp_p": str(resp)}
    if v6:
        conn |= {"id.orig_h": "2001:db8::1", "id.resp_h": "2001:db8::2"}
    rows, _ = read_all(read, write(tmp_path / "conn.log", log(conn)))

    assert [row["dst_port"] for row in rows] == [there, back]
    assert {row["src_port"] for row in rows} == {0}
    assert {row["proto"] for row in rows} == {58 if v6 else 1}
    assert {row["tcp_flags"] for row in rows} == {-1}


def test_a_transport_zeek_does_not_know_keeps_its_number_where_stated(tmp_path: Path) -> None:
    """unknown_transport is 255 unless ip_proto says which."""
    conn = CONN | {"proto": "unknown_transport", "id.orig_p": "0", "id.resp_p": "0"}
    text = log(conn, conn | {"ip_proto": "47"}, names=[*NAMES, "ip_proto"])
    rows, _ = read_all(read, write(tmp_path / "conn.log", text))

    assert [row["proto"] for row in rows] == [255, 255, 47, 47]


def test_relative_times_are_kept_and_told(tmp_path: Path) -> None:
    """Times that count from 1970 stay, move by the offset, and are reported."""
    path = write(tmp_path / "conn.log", log(CONN | {"ts": "19.981745"}))
    rows, tally = read_all(read, path)
    moved, moved_tally = read_all(read, path, time_offset_ms=1_700_000_000_000)

    assert rows[0]["ts_ms"] == 19982
    assert moved[0]["ts_ms"] == 1_700_000_019_982
    assert tally.relative_times
    assert moved_tally.relative_times


def test_options_fill_what_the_log_does_not_say(tmp_path: Path) -> None:
    """Exporter and sampling interval come from the operator."""
    path = write(tmp_path / "conn.log", log(CONN))
    rows, _ = read_all(read, path, exporter="edge-1", sampling_interval=100)

    assert {(row["exporter"], row["sampling_interval"]) for row in rows} == {("edge-1", 100)}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ts": "nan"}, "ts is not finite"),
        ({"ts": "inf"}, "ts is not finite"),
        ({"ts": "-1.5"}, "ts is negative"),
        ({"ts": "1e300"}, "ts lies in the future"),
        ({"ts": "1767358800"}, "ts lies in the future"),
        ({"ts": "-"}, "ts is missing"),
        ({"id.orig_h": "fe80::1%eth0"}, "id.orig_h is not an IP address"),
        ({"id.resp_h": "host.example"}, "id.resp_h is not an IP address"),
        ({"id.resp_p": "65536"}, "id.resp_p is above 65535"),
        ({"id.orig_p": "http"}, "id.orig_p is not a number"),
        ({"orig_pkts": "-5"}, "orig_pkts is negative"),
        ({"resp_ip_bytes": "99999999999999999999"}, "resp_ip_bytes is above"),
        ({"duration": "-0.5"}, "duration is negative"),
        ({"proto": "carrier-pigeon"}, "proto is none of"),
        ({"uid": "C1\tC2"}, "has 22 fields, the header 21"),
    ],
)
def test_a_malformed_line_is_told_with_its_number(
    tmp_path: Path, change: dict[str, str], reason: str
) -> None:
    """The message names file and line and repeats no value; keep_good goes on."""
    path = write(tmp_path / "conn.log", log(CONN, CONN | change, CONN))

    with pytest.raises(MalformedDocument) as caught:
        read_all(read, path)

    assert caught.value.line == 9
    assert caught.value.path == str(path)
    assert reason in str(caught.value)
    value = next(iter(change.values()))
    assert value == "-" or value not in caught.value.reason.replace("65535", "")
    rows, tally = read_all(read, path, keep_good=True)
    assert (len(rows), tally.malformed, tally.records) == (4, 1, 3)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "is not one JSON object a line"),
        ('{"ts": 1}', "id.orig_h is missing"),
        ('{"ts": "soon"}', "ts is not a number"),
        ("[1]", "is not one JSON object a line"),
    ],
)
def test_a_malformed_json_line_is_told_with_its_number(
    tmp_path: Path, line: str, reason: str
) -> None:
    """JSON is checked line by line, field by field."""
    good = json.dumps({"ts": 1.0, "id.orig_h": "192.0.2.1", "id.orig_p": 1, "id.resp_p": 2,
                       "id.resp_h": "192.0.2.2", "proto": "udp", "orig_pkts": 1})  # fmt: skip
    path = write(tmp_path / "conn.log", f"{good}\n\n{line}\n{good}\n")

    with pytest.raises(MalformedDocument) as caught:
        read_all(read, path)

    assert caught.value.line == 3
    assert reason in str(caught.value)
    rows, tally = read_all(read, path, keep_good=True)
    assert (len(rows), tally.malformed, tally.records) == (2, 1, 3)


def test_a_log_that_is_no_conn_log_is_refused(tmp_path: Path) -> None:
    """Read by name as zeek, a log of something else lacks its columns."""
    path = write(tmp_path / "dns.log", log(CONN, names=["ts", "uid", "query"]))

    with pytest.raises(MalformedDocument, match=r"line 6: the header lacks id\.orig_h"):
        read_all(read, path)


def test_rows_before_any_header_are_refused(tmp_path: Path) -> None:
    """Without #fields nobody knows the columns."""
    with pytest.raises(MalformedDocument, match="line 1: has no #fields line"):
        read_all(read, write(tmp_path / "conn.log", "1\t2\t3\n"))


def test_an_empty_log_has_no_records(tmp_path: Path) -> None:
    """Nothing, or a header only, is no error."""
    assert read_all(read, write(tmp_path / "a.log", ""))[1].records == 0
    assert read_all(read, write(tmp_path / "b.log", log()))[1].records == 0


def test_other_logs_of_zeek_are_not_recognised() -> None:
    """They have another path, or lack what every connection has."""
    dns = b'{"ts":1,"uid":"C","id.orig_h":"192.0.2.1","id.resp_h":"192.0.2.2","query":"x"}\n'

    assert recognises(Path("x"), log(CONN).encode())
    assert recognises(Path("x"), b'{"ts":1,"id.orig_h":"192.0.2.1","conn_state":"SF"}\n')
    assert not recognises(Path("conn.log"), dns)
    assert not recognises(Path("conn.log"), log(names=["ts", "id.orig_h", "query"]).encode())


NEEDED = ["ts", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto"]


@pytest.mark.parametrize(
    ("path", "more", "expected"),
    [
        ("conn", [], True),
        ("conn", ["orig_pkts"], True),
        (None, ["orig_pkts"], True),
        (None, ["resp_bytes"], True),
        (None, ["history"], True),
        ("conn_long", ["history"], True),
        ("flows", ["conn_state"], True),
        (None, [], False),
        (None, ["query", "qtype"], False),
        ("dns", ["query", "qtype"], False),
        ("ssl", ["version", "cipher", "ssl_history"], False),
        ("http", ["request_body_len"], False),
        ("quic", ["history"], False),
    ],
)
def test_a_conn_log_is_recognised_by_what_it_needs(
    path: str | None, more: list[str], *, expected: bool
) -> None:
    """Its path or one counter besides; service, duration and state may be cut away."""
    text = log(names=[*NEEDED, *more]).replace("#path\tconn\n", f"#path\t{path}\n" if path else "")
    event: dict[str, object] = dict.fromkeys([*NEEDED, *more], "x")
    line = json.dumps(event | ({"_path": path} if path else {}))

    assert recognises(Path("x"), text.encode()) is expected
    assert recognises(Path("x"), line.encode()) is expected


def test_a_log_of_only_what_is_needed_is_read(tmp_path: Path) -> None:
    """What Zeek did not log is unknown."""
    names = [*NEEDED, "orig_pkts", "orig_ip_bytes"]
    rows, _ = read_all(read, write(tmp_path / "x.log", log(CONN, names=names)))

    assert [(row["packets"], row["tcp_flags"], row["duration_ms"]) for row in rows] == [(5, -1, 0)]


LETTERS = {"S": 0x02, "H": 0x12, "A": 0x10, "D": 0x18, "F": 0x11, "R": 0x04}


@given(letters=st.lists(st.sampled_from(sorted(LETTERS)), min_size=1), upper=st.booleans())
def test_history_is_the_or_of_one_sides_letters(letters: list[str], *, upper: bool) -> None:
    """Upper case is the originator's, lower case the responder's."""
    history = "".join(letters) if upper else "".join(letters).lower()
    expected = 0
    for letter in letters:
        expected |= LETTERS[letter]

    assert history_flags(history, upper=upper) == expected
    assert history_flags(history, upper=not upper) == -1
    assert history_flags(history + history.swapcase(), upper=upper) == expected
    assert history_flags("^" + history + "CGI", upper=upper) == expected
