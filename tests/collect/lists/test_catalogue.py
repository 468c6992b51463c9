"""The one way into the list formats."""

import gzip
import hashlib
from pathlib import Path

import pytest

from hinomi.collect.lists.catalogue import FORMATS, ParsedList, parse_list
from hinomi.errors import MalformedDocument, NotFound, UsageError
from hinomi.model.listed import ListKind

SAMPLES = {
    "c2intelfeeds": "#ip,port,ioc\n192.0.2.1,443,Possible C2 IP\n",
    "feodo": "# banner\nfirst_seen_utc,dst_ip,dst_port,malware\n2026-01-01,192.0.2.1,443,X\n",
    "threatfox": (
        '# "first_seen_utc","ioc_id","ioc_value","ioc_type"\n'
        '"2026-01-01","1","192.0.2.1:443","ip:port"\n'
    ),
    "carbonblack": "c2_ip\tfirst_seen\tlast_seen\tprotocol\tport\n192.0.2.1\t\t\tTCP\t443\n",
    "fox-it": "ip,port,first_seen,last_seen\n192.0.2.1,443,2026-01-01,2026-01-02\n",
    "misp": '{"name": "x", "type": "cidr", "list": ["192.0.2.1"]}',
    "stix": '{"type": "bundle", "objects": [{"type": "ipv4-addr", "value": "192.0.2.1"}]}',
    "csv": "address,port\n192.0.2.1,443\n",
    "text": "192.0.2.1\n",
}


def test_every_format_has_a_sample() -> None:
    """The table above goes with the catalogue."""
    assert SAMPLES.keys() == {form.name for form in FORMATS}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_format_is_told_from_its_content(tmp_path: Path, name: str, pack: type[bytes]) -> None:
    """Whatever the file is called, and compressed or not."""
    path = write(tmp_path, pack(SAMPLES[name].encode()))

    parsed = parse_list(path, ListKind.KNOWN_CC, None, keep_good=False)

    assert (parsed.format, len(parsed.entries), parsed.malformed) == (name, 1, 0)
    assert parsed.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", SAMPLES)
def test_no_sample_is_taken_for_another_format(name: str) -> None:
    """The order of the catalogue matters for one pair only: fox-it's header is plain CSV too."""
    taken_for = [form.name for form in FORMATS if form.recognises(SAMPLES[name])]

    assert taken_for == (["fox-it", "csv"] if name == "fox-it" else [name])


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark_make_no_difference(tmp_path: Path, line_end: str) -> None:
    """Spreadsheets write both."""
    text = "\ufeff" + SAMPLES["csv"].replace("\n", line_end)

    assert read(write(tmp_path, text.encode())).format == "csv"


def test_a_named_format_is_not_guessed(tmp_path: Path) -> None:
    """The operator knows better: fox-it's file read as plain CSV has no role."""
    path = write(tmp_path, SAMPLES["fox-it"].encode())

    assert parse_list(path, ListKind.KNOWN_CC, "csv", keep_good=False).format == "csv"
    with pytest.raises(MalformedDocument, match="no header of a carbonblack list"):
        parse_list(path, ListKind.KNOWN_CC, "carbonblack", keep_good=False)


def test_an_unknown_format_is_answered_with_those_there_are(tmp_path: Path) -> None:
    """The message lists them."""
    path = write(tmp_path, b"192.0.2.1\n")

    with pytest.raises(UsageError, match="c2intelfeeds, feodo, threatfox"):
        parse_list(path, ListKind.KNOWN_CC, "xlsx", keep_good=False)


def test_duplicates_collapse_and_are_counted(tmp_path: Path) -> None:
    """Three lines on two services."""
    parsed = read(write(tmp_path, b"address,port\n192.0.2.1,80\n192.0.2.1,81\n192.0.2.1,80\n"))

    assert [entry.port for entry in parsed.entries] == [80, 81]
    assert parsed.ignored == {"duplicate": 1}


def test_bad_lines_are_counted_where_good_ones_are_kept(tmp_path: Path) -> None:
    """Else the first one stops the list."""
    path = write(tmp_path, b"192.0.2.1\nnothing\n192.0.2.2\n")

    with pytest.raises(MalformedDocument, match="line 2"):
        read(path)
    parsed = parse_list(path, ListKind.KNOWN_CC, None, keep_good=True)

    assert (len(parsed.entries), parsed.malformed) == (2, 1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "holds no entry"),
        (b"# nothing\n\n", "holds no entry"),
        (b"address,port\n", "holds no entry"),
        (b'{"type": "bundle", "objects": []}', "holds no entry"),
        (b"#domain,ioc\na.example,x\nb.example,x\n", r"holds no entry \(but 2 hostname\)"),
        (b"a.example\nb.example\n", r"holds no entry \(but 2 hostname\)"),
        (b"address\na.example\n", r"holds no entry \(but 1 hostname\)"),
        (b"127.0.0.1\n", r"holds no entry \(but 1 unroutable\)"),
        (bytes(range(256)), "binary data"),
        ("address\n192.0.2.1\n".encode("utf-16"), "binary data"),
        (b"address,label\n192.0.2.1,caf\xe9\n", "line 2: is no text in UTF-8"),
        (gzip.compress(b"192.0.2.1\n" * 1000, mtime=0)[:-12], "cut short"),
        (gzip.compress(b"192.0.2.1\n" * 1000, mtime=0)[:12] + b"\xff" * 50, "damaged"),
        (b"Dear reader,\n192.0.2.1\n", "no known list format"),
        (b'{"type": "bundle",\n "objects": [', "line 2: is no valid JSON"),
        (b'{"a": 1}', "no STIX bundle and no MISP warning list"),
        (b"[" * 100_000, "no valid JSON"),
    ],
)
def test_what_is_no_list_gets_one_clear_line(tmp_path: Path, content: bytes, reason: str) -> None:
    """File and cause, the exit code of bad data, and no value."""
    path = write(tmp_path, content)

    with pytest.raises(MalformedDocument, match=reason) as caught:
        read(path)

    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    assert "192.0.2" not in str(caught.value)
    assert caught.value.exit_code == 65


def test_nothing_but_bad_lines_is_no_list(tmp_path: Path) -> None:
    """Keeping the good ones keeps nothing here."""
    path = write(tmp_path, b"address,port\n192.0.2.1,0\n")

    with pytest.raises(MalformedDocument, match=r"holds no entry \(but 1 malformed\)"):
        parse_list(path, ListKind.KNOWN_CC, None, keep_good=True)


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    """Nor is a folder a list."""
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(NotFound, match="directory"):
            read(path)


def test_a_list_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few bytes of gzip can be gigabytes; so can a file."""
    monkeypatch.setattr("hinomi.collect.lists.catalogue.MOST_BYTES", 1 << 20)

    for content in (gzip.compress(b"\n" * (1 << 21)), b"\n" * (1 << 21)):
        with pytest.raises(MalformedDocument, match="too long for a list"):
            read(write(tmp_path, content))


def write(folder: Path, content: bytes) -> Path:
    """Write a file whose name tells nothing."""
    path = folder / "list"
    path.write_bytes(content)
    return path


def read(path: Path) -> ParsedList:
    """Read a list of known C&C."""
    return parse_list(path, ListKind.KNOWN_CC, None, keep_good=False)
