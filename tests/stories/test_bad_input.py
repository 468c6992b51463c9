"""Bad input gets one clear line and the right exit code, and leaves nothing behind."""

import gzip
import os
from pathlib import Path

import pytest

from terminal import NOON_MS, TABLE_HEADER, hinomi, make_home, table_row, write_table

SUBSCRIBER = "192.0.2.77"
DAY_MS = 86_400_000


@pytest.fixture(name="home")
def a_home(tmp_path: Path) -> Path:
    """Give a laboratory with the documentation ranges as its own."""
    return make_home(tmp_path / "home")


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"packets": -1}, "a negative packet counter"),
        ({"bytes": -60}, "a negative byte counter"),
        ({"packets": "many"}, "a counter that is no number"),
        ({"ts_ms": "nan"}, "a time that is no number"),
        ({"ts_ms": "inf"}, "a time that is not finite"),
        ({"ts_ms": -1}, "a negative time"),
        ({"ts_ms": 2**62}, "a time far ahead"),
        ({"src_port": 65_536}, "a port above 65535"),
        ({"dst_port": -1}, "a negative port"),
        ({"dst_addr": "fe80::1%eth0"}, "an address with a zone"),
        ({"dst_addr": "198.51.100.256"}, "an address that is none"),
        ({"proto": 256}, "a protocol above 255"),
    ],
)
def test_a_malformed_record_stops_its_file_with_file_and_line(
    home: Path, tmp_path: Path, changed: dict[str, object], what: str
) -> None:
    """One bad record in a file: exit 65, one line with file and line number, nothing stored."""
    good = table_row(src_addr=SUBSCRIBER)
    path = write_table(tmp_path / "flows.csv", good, table_row(src_addr=SUBSCRIBER, **changed))

    said = hinomi("import", path, "--json", home=home)

    assert said.code == 65, what
    assert said.err.count("\n") == 1
    assert said.err.startswith(f"hinomi: {path}, line 3: ")
    assert SUBSCRIBER not in said.err
    assert str(*changed.values()) not in said.err.replace(str(path), "")
    (file,) = said.document["files"]
    assert file["stored"] == 0
    assert file["error"] in said.err
    assert stored_records(home) == 0


def test_a_time_more_than_a_day_ahead_is_malformed(home: Path, tmp_path: Path) -> None:
    """A start within a day ahead of the clock is taken; two days ahead is refused."""
    from hinomi.clock import wall_clock  # noqa: PLC0415 - the one test that needs the real time.

    soon = write_table(tmp_path / "soon.csv", table_row(ts_ms=wall_clock() + DAY_MS // 2))
    late = write_table(tmp_path / "late.csv", table_row(ts_ms=wall_clock() + 2 * DAY_MS))

    assert hinomi("import", soon, home=home).code == 0
    assert hinomi("import", late, home=home).code == 65


def test_good_records_are_kept_if_the_operator_says_so(home: Path, tmp_path: Path) -> None:
    """With --keep-good the malformed record is counted and the others are stored."""
    path = write_table(tmp_path / "flows.csv", table_row(), table_row(packets=-1), table_row())

    said = hinomi("import", path, "--keep-good", "--json", home=home)

    assert said.code == 0, said.err
    (file,) = said.document["files"]
    assert (file["records"], file["malformed"], file["stored"]) == (3, 1, 2)


def test_a_missing_file_is_not_found(home: Path, tmp_path: Path) -> None:
    """A path that does not exist: exit 66 and its name."""
    said = hinomi("import", tmp_path / "absent.csv", home=home)

    assert said.code == 66
    assert f"hinomi: {tmp_path / 'absent.csv'}: no such file\n" == said.err


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_that_may_not_be_read_is_not_found(home: Path, tmp_path: Path) -> None:
    """A file without read permission: exit 66 and the system's reason."""
    path = write_table(tmp_path / "secret.csv")
    path.chmod(0)

    said = hinomi("import", path, home=home)

    assert said.code == 66
    assert "Permission denied" in said.err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rubbish.bin", bytes(range(256)) * 40),
        ("rubbish.csv", os.urandom(4000)),
        ("prose.txt", b"This is a letter, not a flow file.\nIt has two lines.\n"),
        ("empty.csv", b""),
        ("page.html", b"<html><body>404</body></html>"),
        ("zeros.pcap", bytes(5000)),
    ],
)
def test_a_file_of_no_known_format_is_refused(
    home: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    """Rubbish, prose, an empty file: exit 65 and one line that names it."""
    path = tmp_path / name
    path.write_bytes(content)

    said = hinomi("import", path, home=home)

    assert said.code == 65
    assert said.err.count("\n") == 1
    assert said.err.startswith(f"hinomi: {path}")
    assert stored_records(home) == 0


@pytest.mark.parametrize("name", ["zeek", "argus", "nfcapd", "goflow2", "suricata", "capture"])
def test_a_wrong_format_named_by_hand_is_refused(home: Path, tmp_path: Path, name: str) -> None:
    """A plain flow table read as another format: exit 65 (69 without nfdump), no traceback."""
    path = write_table(tmp_path / "flows.csv")

    said = hinomi("import", path, "--format", name, home=home)

    assert said.code in ({65, 69} if name == "nfcapd" else {65}), said.err
    assert said.err.count("\n") == 1
    assert str(path) in said.err or said.code == 69
    assert stored_records(home) == 0


def test_a_truncated_gzip_is_malformed_as_a_whole(home: Path, tmp_path: Path) -> None:
    """A .gz that was cut off: exit 65 even with --keep-good, and nothing is stored."""
    plain = (TABLE_HEADER + "".join(table_row(src_port=port) for port in range(5000))).encode()
    path = tmp_path / "flows.csv.gz"
    path.write_bytes(gzip.compress(plain)[:-2000])

    said = hinomi("import", path, "--keep-good", home=home)

    assert said.code == 65
    assert said.err.count("\n") == 1
    assert str(path) in said.err
    assert stored_records(home) == 0


@pytest.mark.parametrize("encoding", ["utf-16", "cp037"])
def test_a_wrong_encoding_is_refused(home: Path, tmp_path: Path, encoding: str) -> None:
    """A table in UTF-16 or EBCDIC: exit 65, one line."""
    path = tmp_path / "flows.csv"
    path.write_bytes((TABLE_HEADER + table_row()).encode(encoding))

    said = hinomi("import", path, home=home)

    assert said.code == 65
    assert said.err.count("\n") == 1


def test_bytes_that_are_no_text_inside_a_table_are_malformed(home: Path, tmp_path: Path) -> None:
    """A line with bytes of Latin-1 in an address: exit 65 with the line, not a traceback."""
    path = tmp_path / "flows.csv"
    row = table_row(dst_addr="caf\u00e9").encode("latin-1")
    path.write_bytes((TABLE_HEADER + table_row()).encode() + row)

    said = hinomi("import", path, home=home)

    assert said.code == 65
    assert "line 3" in said.err


def test_other_files_go_on_and_the_first_failure_gives_the_exit_code(
    home: Path, tmp_path: Path
) -> None:
    """Missing, malformed, good: the good one is stored, the exit code is the missing one's."""
    bad = write_table(tmp_path / "bad.csv", table_row(packets=-1))
    good = write_table(tmp_path / "good.csv", table_row())

    said = hinomi("import", tmp_path / "absent.csv", bad, good, "--json", home=home)

    assert said.code == 66
    assert [file["stored"] for file in said.document["files"]] == [0, 0, 1]
    assert ["error" in file for file in said.document["files"]] == [True, True, False]
    assert stored_records(home) == 1


@pytest.mark.parametrize("content", ["", "\n\n", "# nothing but a comment\n"])
def test_an_empty_list_is_malformed(home: Path, tmp_path: Path, content: str) -> None:
    """A list without an entry would end all entries of the one before: exit 65."""
    path = tmp_path / "list.csv"
    path.write_text(content, "utf-8")

    said = hinomi("lists", "add", "known-cc", path, "--source", "feed", home=home)

    assert said.code == 65
    assert said.err.startswith(f"hinomi: {path}")


def test_a_malformed_line_of_a_list_is_named(home: Path, tmp_path: Path) -> None:
    """A bad line of a list: exit 65 with file and line; --keep-good keeps the good ones."""
    path = tmp_path / "list.csv"
    path.write_text("address,protocol,port\n198.51.100.1,tcp,443\n198.51.100.2,tcp,99999\n")

    strict = hinomi("lists", "add", "known-cc", path, "--source", "feed", home=home)
    kept = hinomi(
        "lists", "add", "known-cc", path, "--source", "feed", "--keep-good", "--json", home=home
    )

    assert strict.code == 65
    assert f"{path}, line 3" in strict.err
    assert kept.code == 0
    assert (kept.document["added"], kept.document["malformed"]) == (1, 1)


def test_a_missing_list_is_not_found(home: Path, tmp_path: Path) -> None:
    """A list that does not exist: exit 66."""
    said = hinomi("lists", "add", "benign", tmp_path / "no.csv", "--source", "x", home=home)

    assert said.code == 66
    assert said.err.count("\n") == 1


def test_an_unknown_option_in_the_configuration_stops_every_command(
    home: Path, tmp_path: Path
) -> None:
    """An unknown option of config.toml: exit 78 with its path, from any command."""
    with (home / "config.toml").open("a") as file:
        file.write("\n[engine2]\n")
    path = write_table(tmp_path / "flows.csv")

    for command in (("config", "check"), ("import", path), ("lists", "show")):
        said = hinomi(*command, home=home)
        assert said.code == 78
        assert "unknown option engine2" in said.err


@pytest.mark.parametrize(
    "words",
    [
        ("imprt", "x"),
        ("import",),
        ("import", "x", "--sampling-interval", "0"),
        ("import", "x", "--format", "excel"),
        ("detect", "--since", "yesterday"),
        ("detect", "--top", "0"),
        ("detect", "--since", "2026-02-01", "--until", "2026-01-01"),
        ("explain", "not-an-address", "tcp", "443"),
        ("explain", "198.51.100.1", "tcp", "65536"),
        ("explain", "198.51.100.1", "quic?", "1"),
        ("lists", "add", "nonsense", "x", "--source", "y"),
        ("init", "--sampling", "1"),
    ],
)
def test_wrong_words_are_usage_errors(home: Path, words: tuple[str, ...]) -> None:
    """A wrong command, argument or option: exit 64, one line, nothing on standard output."""
    said = hinomi(*words, "--json", home=home)

    assert said.code == 64
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("hinomi: ")


def test_without_a_home_the_way_to_one_is_said(tmp_path: Path) -> None:
    """Every command that needs a home says `hinomi init` if there is none: exit 66."""
    said = hinomi("detect", home=tmp_path / "nowhere")

    assert said.code == 66
    assert f"no home at {tmp_path / 'nowhere'}; run `hinomi init`" in said.err


def test_times_before_1990_are_taken_with_one_warning(home: Path, tmp_path: Path) -> None:
    """A capture that counts from 1970 is stored as it stands, with one warning for the file."""
    path = write_table(tmp_path / "old.csv", table_row(ts_ms=5000), table_row(ts_ms=6000))

    said = hinomi("import", path, "--json", home=home)

    assert said.code == 0
    assert said.err.count("relative, not absolute") == 1
    assert said.document["files"][0]["stored"] == 2


def test_a_time_offset_makes_relative_times_absolute(home: Path, tmp_path: Path) -> None:
    """--time-offset SECONDS is added to every time, and the warning is gone."""
    path = write_table(tmp_path / "old.csv", table_row(ts_ms=5000))

    said = hinomi("import", path, "--time-offset", NOON_MS // 1000, home=home)

    assert said.code == 0
    assert "relative" not in said.err
    first = hinomi("store", "status", "--json", home=home).document["first"]
    assert first == "2026-01-01T12:00:05Z"


def stored_records(home: Path) -> int:
    """Ask the lake how many conversation records it holds."""
    return int(hinomi("store", "status", "--json", home=home).document["records"])
