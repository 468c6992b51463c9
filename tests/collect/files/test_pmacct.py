"""What pmacct prints, as CSV and as JSON lines, becomes flow records."""

import json
from pathlib import Path

import pytest

from builders import NOON_MS
from hinomi.collect.files.pmacct import read, recognises
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.collect.observing import Description
from hinomi.errors import MalformedDocument
from hinomi.model.exporter import CountedDirection, InterfaceRole
from hinomi.model.flow import Ingress
from readers import LATEST_MS, read_all, write

ROW = {
    "event_type": "purge", "peer_ip_src": "203.0.113.1", "iface_in": 5, "ip_src": "192.0.2.1",
    "ip_dst": "2001:db8::1", "port_src": 40000, "port_dst": 443, "tcp_flags": "24",
    "ip_proto": "tcp", "sampling_rate": 1000, "timestamp_start": "2026-01-01 11:59:57.500000",
    "timestamp_end": "2026-01-01 11:59:59.500000", "packets": 2, "flows": 1, "bytes": 3000,
}  # fmt: skip
FOUND = {
    "ts_ms": NOON_MS - 2500, "exporter": "203.0.113.1", "sampling_interval": 1000,
    "counts_scaled": 0, "proto": 6, "src": "192.0.2.1", "dst": "2001:db8::1", "src_port": 40000,
    "dst_port": 443, "tcp_flags": 24, "packets": 2, "bytes": 3000, "duration_ms": 2000,
    "ingress": 0,
}  # fmt: skip
TITLES = (
    "PEER_SRC_IP,IN_IFACE,SRC_IP,DST_IP,SRC_PORT,DST_PORT,TCP_FLAGS,PROTOCOL,SAMPLING_RATE,"
    "TIMESTAMP_START,TIMESTAMP_END,PACKETS,FLOWS,BYTES\n"
)
LINE = (
    "203.0.113.1,5,192.0.2.1,2001:db8::1,40000,443,24,tcp,1000,"
    "2026-01-01 11:59:57.500000,2026-01-01 11:59:59.500000,2,1,3000\n"
)


def lines(*rows: dict[str, object]) -> str:
    """Lay rows out one JSON object a line."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def one(tmp_path: Path, **changed: object) -> dict[str, object]:
    """Read one JSON row, changed; what is changed to None is left out."""
    row = {key: value for key, value in (ROW | changed).items() if value is not None}
    (found,), _ = read_all(read, write(tmp_path / "flows.json", lines(row)))
    return found


def test_a_json_line_becomes_one_record(tmp_path: Path) -> None:
    """Names, times and the row's own sampling rate are taken."""
    rows, tally = read_all(read, write(tmp_path / "a.json.gz", lines(ROW)), sampling_interval=7)

    assert rows == [FOUND]
    assert (tally.records, tally.notes) == (1, {})


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
def test_a_csv_line_becomes_the_same_record(tmp_path: Path, mark: str) -> None:
    """Whatever separates the values; columns that are not wanted are counted."""
    text = (TITLES + LINE).replace(",", mark)
    rows, tally = read_all(read, write(tmp_path / "a.csv", text))

    assert rows == [FOUND]
    assert tally.notes == {"columns-discarded": 2}


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("1767268797.500000", "1767268799.500000"),
        (1767268797.5, 1767268799.5),
        ("2026-01-01T11:59:57.500000Z", "2026-01-01T11:59:59.500000Z"),
        ("2026-01-01T20:59:57.500000+09:00", "2026-01-01T20:59:59.500000+09:00"),
    ],
)
def test_times_are_dates_or_seconds(tmp_path: Path, start: object, end: object) -> None:
    """As timestamps_since_epoch and timestamps_rfc3339 choose; without a zone they are UTC."""
    assert one(tmp_path, timestamp_start=start, timestamp_end=end) == FOUND


@pytest.mark.parametrize("end", ["0000-00-00 00:00:00.000000", "0.000000", "0", None])
def test_an_end_that_is_not_known_gives_no_duration(tmp_path: Path, end: str | None) -> None:
    """Pmacct prints zeros where a packet has no end."""
    assert one(tmp_path, timestamp_end=end)["duration_ms"] == 0


@pytest.mark.parametrize(
    ("key", "note"),
    [
        ("timestamp_arrival", "start-from-arrival"),
        ("timestamp_export", "start-from-export"),
        ("stamp_inserted", "start-from-time-slot"),
    ],
)
def test_another_time_stands_in_for_the_start_and_is_noted(
    tmp_path: Path, key: str, note: str
) -> None:
    """Also where the start is there and says that nobody knows it."""
    bare = {name: value for name, value in ROW.items() if name != "timestamp_start"}
    moment = {key: "2026-01-01 12:00:00", "timestamp_end": None}
    unknown = {**bare, **moment, "timestamp_start": "0000-00-00 00:00:00.000000"}
    rows, tally = read_all(read, write(tmp_path / "a.json", lines({**bare, **moment}, unknown)))

    assert [row["ts_ms"] for row in rows] == [NOON_MS, NOON_MS]
    assert tally.notes == {note: 2}


@pytest.mark.parametrize(
    ("stated", "flags"),
    [("24", 24), (24, 24), (["ACK", "PSH"], 24), ([], 0), (["SYN"], 2), (None, -1)],
)
def test_flags_are_a_number_or_names(tmp_path: Path, stated: object, flags: int) -> None:
    """As tcpflags_encode_as_array of later versions chooses; absent they are unknown."""
    assert one(tmp_path, tcp_flags=stated)["tcp_flags"] == flags


@pytest.mark.parametrize(
    ("stated", "number"),
    [("udp", 17), ("17", 17), (17, 17), ("ospf", 89), ("ipencap", 4), ("IPcomp", 108), ("?", 255)],
)
def test_protocols_are_names_or_numbers(tmp_path: Path, stated: object, number: int) -> None:
    """As print_num_protos chooses; a name nobody knows is the reserved number."""
    assert one(tmp_path, ip_proto=stated)["proto"] == number


def test_icmp_type_and_code_stand_in_the_destination_port(tmp_path: Path) -> None:
    """As NetFlow carries them; the source port is nothing."""
    found = one(tmp_path, ip_proto="ipv6-icmp", port_src=0, port_dst=1025)

    assert (found["src_port"], found["dst_port"], found["tcp_flags"]) == (0, 1025, -1)


def test_the_operator_names_exporter_and_interval_where_the_row_does_not(tmp_path: Path) -> None:
    """A rate of 0 is unknown, and pmacctd names no exporter."""
    path = write(tmp_path / "a.json", lines(ROW | {"peer_ip_src": "", "sampling_rate": 0}))
    (row,), _ = read_all(read, path, sampling_interval=7, exporter="edge-1")

    assert (row["exporter"], row["sampling_interval"]) == ("edge-1", 7)
    (row,), _ = read_all(read, path)
    assert (row["exporter"], row["sampling_interval"]) == (None, 0)


def test_renormalised_counters_are_marked_when_the_operator_says_so(tmp_path: Path) -> None:
    """Pmacct then states a rate of 1: the interval is the operator's, the counters scaled."""
    path = write(tmp_path / "a.json", lines(ROW | {"sampling_rate": 1}, ROW))
    options = ReadOptions(sampling_interval=100, counts_scaled=True, latest_ms=LATEST_MS)
    (batch,) = read(path, options, Tally())

    assert batch["sampling_interval"].to_pylist() == [100, 1000]
    assert batch["counts_scaled"].to_pylist() == [1, 0]


def test_counters_that_look_renormalised_are_noted(tmp_path: Path) -> None:
    """Twenty rows and more of multiples of the interval are no accident; one other is enough."""
    plain = {key: value for key, value in ROW.items() if key != "sampling_rate"}
    rows = [plain | {"packets": 100 * n} for n in range(1, 31)]
    _, tally = read_all(read, write(tmp_path / "a", lines(*rows)), sampling_interval=100)
    _, other = read_all(
        read, write(tmp_path / "b", lines(*rows, plain | {"packets": 3})), sampling_interval=100
    )

    assert tally.notes == {"counts-look-multiplied": 30}
    assert other.notes == {}


def test_markers_and_repeated_titles_are_no_records(tmp_path: Path) -> None:
    """Neither those of print_markers nor titles of files put one after another."""
    begins = '{"event_type": "purge_init", "writer_id": "a/9"}\n'
    ends = '{"event_type": "purge_close", "writer_id": "a/9", "purged_entries": 1}\n'
    text = "--START (99)--\n" + TITLES + LINE + "--END (99)--\n"
    for path in (
        write(tmp_path / "a.json", begins + lines(ROW) + ends + begins + lines(ROW) + ends),
        write(tmp_path / "a.csv", text + text),
    ):
        rows, tally = read_all(read, path)

        assert rows == [FOUND, FOUND]
        assert tally.records == 2


def test_rows_without_addresses_are_dropped_and_counted(tmp_path: Path) -> None:
    """Frames of another network layer have none."""
    rows, tally = read_all(
        read, write(tmp_path / "a.json", lines(ROW, ROW | {"ip_src": "", "ip_dst": ""}))
    )

    assert rows == [FOUND]
    assert tally.dropped == {"not-ip": 1}


@pytest.mark.parametrize(
    ("lacking", "advice"),
    [
        (("ip_src", "ip_dst"), "without src_host, dst_host: .* add them to pmacct's aggregate"),
        (("port_src", "port_dst", "ip_proto"), "without src_port, dst_port, proto"),
        (("timestamp_start", "timestamp_end"), "add timestamp_start to pmacct's aggregate"),
        (("packets",), "events without counters"),
    ],
)
def test_aggregates_that_tell_too_little_are_refused(
    tmp_path: Path, lacking: tuple[str, ...], advice: str
) -> None:
    """The message says what to add to pmacct's configuration; so for both forms."""
    row = {key: value for key, value in ROW.items() if key not in lacking}
    titles = {"PACKETS": "packets", "SRC_IP": "ip_src", "DST_IP": "ip_dst", "BYTES": "bytes",
              "SRC_PORT": "port_src", "DST_PORT": "port_dst", "PROTOCOL": "ip_proto",
              "TIMESTAMP_START": "timestamp_start"}  # fmt: skip
    title = ",".join(name for name, key in titles.items() if key not in lacking)
    for path in (write(tmp_path / "a.json", lines(row)), write(tmp_path / "a.csv", title + "\n")):
        with pytest.raises(MalformedDocument, match=advice):
            read_all(read, path, keep_good=True)


@pytest.mark.parametrize("mark", [" ", "   "])
def test_formatted_output_is_refused(tmp_path: Path, mark: str) -> None:
    """Its times hold blanks and its blanks mean nothing: it cannot be split."""
    path = write(tmp_path / "a.txt", (TITLES + LINE).replace(",", mark))

    with pytest.raises(MalformedDocument, match="set print_output to csv or json"):
        read_all(read, path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"packets": -1}, "packets is negative"),
        ({"port_src": 65536}, "port_src is above 65535"),
        ({"ip_dst": "host.example"}, "ip_dst is not an IP address"),
        ({"timestamp_start": "soon"}, "timestamp_start is not a time"),
        ({"timestamp_start": "nan"}, "timestamp_start is not a time"),
        ({"timestamp_start": "9999-01-01 00:00:00"}, "the start of the flow lies in the future"),
        ({"timestamp_start": "0000-00-00 00:00:00"}, "has no time"),
        ({"tcp_flags": "512"}, "tcp_flags are neither"),
        ({"tcp_flags": ["OUCH"]}, "tcp_flags are neither"),
        ({"ip_proto": None}, "ip_proto is missing"),
    ],
)
def test_a_malformed_line_is_told_with_its_number(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    """The message names file and line; keep_good goes on."""
    path = write(tmp_path / "flows.json", "\n" + lines(ROW, ROW | change, ROW))

    with pytest.raises(MalformedDocument) as caught:
        read_all(read, path)

    assert caught.value.line == 3
    assert reason in str(caught.value)
    rows, tally = read_all(read, path, keep_good=True)
    assert rows == [FOUND, FOUND]
    assert (tally.malformed, tally.records) == (1, 3)


def test_a_malformed_line_of_csv_is_told_with_its_number(tmp_path: Path) -> None:
    """Markers and titles count as lines."""
    path = write(tmp_path / "a.csv", "--START (1)--\n" + TITLES + LINE + LINE.replace("443", "x"))

    with pytest.raises(MalformedDocument, match="line 4: port_dst is not a number"):
        read_all(read, path)


@pytest.mark.parametrize("text", ["", "\n", TITLES, "--START (1)--\n"])
def test_a_file_without_rows_has_no_records(tmp_path: Path, text: str) -> None:
    """A quiet minute is no error."""
    assert read_all(read, write(tmp_path / "a.csv", text))[1].records == 0


def test_pmacct_is_recognised_by_titles_and_keys() -> None:
    """Also behind markers, also an aggregate that will be refused."""
    for text in (
        TITLES, lines(ROW), "--START (1)--\n" + TITLES, TITLES.replace(",", "\t"),
        "SRC_AS,PACKETS,BYTES\n", '{"event_type": "purge_init", "writer_id": "x"}\n',
        '{"event_type": "purge", "as_src": 0, "packets": 1, "bytes": 9}\n',
    ):  # fmt: skip
        assert recognises(Path("x"), text.encode()), text
    for text in ('{"event_type": "flow"}\n', '{"packets": 1}\n', "{\n", "src_addr,PACKETS\n", ""):
        assert not recognises(Path("x"), text.encode()), text


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_row_came_in_where_its_interface_looks(tmp_path: Path, form: str) -> None:
    """The direction is a letter: i, e, or u for one that the exporter did not state."""
    seen = [(5, "u"), (6, "e"), (6, "i"), (9, "u")]
    if form == "json":
        text = lines(*(ROW | {"iface_in": n, "sampling_direction": way} for n, way in seen), ROW)
    else:
        text = TITLES.replace("\n", ",SAMPLING_DIRECTION\n") + "".join(
            LINE.replace(",5,", f",{n},", 1).replace("\n", f",{way}\n")
            for n, way in [*seen, (5, "")]
        )
    roles = {5: InterfaceRole.TRANSIT, 6: InterfaceRole.PEERING, 9: InterfaceRole.IGNORED}
    said = Description(roles=roles, counts=CountedDirection.EGRESS)

    rows, tally = read_all(
        read, write(tmp_path / f"a.{form}", text), described={"203.0.113.1": said}
    )

    assert [row["ingress"] for row in rows] == [Ingress.TRANSIT, Ingress.PEERING, Ingress.TRANSIT]
    assert tally.dropped == {"counted-elsewhere": 2}
    assert tally.notes == ({"columns-discarded": 1} if form == "csv" else {})


def test_renormalised_counters_were_multiplied_by_what_the_operator_says(tmp_path: Path) -> None:
    """A rate of 1 says nothing then: that of the exporter in the register holds."""
    path = write(tmp_path / "a.json", lines(ROW | {"sampling_rate": 1, "packets": 3000}))
    options = ReadOptions(
        sampling_interval=100,
        counts_scaled=True,
        latest_ms=LATEST_MS,
        described={"203.0.113.1": Description(interval=1000)},
    )
    tally = Tally()
    (batch,) = read(path, options, tally)

    assert batch["sampling_interval"].to_pylist() == [1000]
    assert (batch["packets"].to_pylist(), batch["counts_scaled"].to_pylist()) == ([3000], [1])
    assert tally.notes == {}
