"""
Every list file that others made is read with the counts of an independent count.

The counts here are made from the raw lines with `ipaddress` and nothing of ours.
"""

import gzip
import ipaddress
import json
import tarfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pytest

from hinomi.collect.lists.catalogue import ParsedList, parse_list
from hinomi.errors import MalformedDocument
from hinomi.model.address import render_address
from hinomi.model.listed import ListKind, Role

DATA: Final = Path(__file__).resolve().parents[3] / "shared" / "data"
FEEDS: Final = DATA / "feeds"
BROKEN: Final = "cobaltstrike_luckymouse_ta428.csv"
"""Two of its records are broken in two lines: 67 and 246."""


def files(folder: Path, *patterns: str) -> list[Any]:
    """Name the files of *folder* as parameters, or one that skips and says what is missing."""
    found = sorted({path for pattern in patterns for path in folder.glob(pattern)})
    if not found:
        reason = f"no {patterns[0]} in ../shared/data ({folder.name})"
        return [pytest.param(folder, marks=pytest.mark.skip(reason=reason))]
    return [pytest.param(path, id=str(path.relative_to(DATA))) for path in found]


@pytest.mark.parametrize("path", files(FEEDS / "c2intelfeeds" / "feeds", "**/*.csv", "**/*.csv.gz"))
def test_c2intelfeeds(path: Path) -> None:
    """Every line is an entry, a duplicate, or a host name without an address."""
    header, *rows = lines_of(path)
    columns = header.lstrip("#").lower().split(",")
    fields = [row.replace('"', "").split(",") for row in rows]
    where = columns.index("ips" if "ips" in columns else "ip") if "ip" in header.lower() else None
    port = columns.index("port") if "port" in columns else None
    named = [
        (address, row[port] if port is not None else "")
        for row in fields
        for address in (row[where].split() if where is not None else [])
    ]
    hostnames = sum(where is None or not row[where].strip() for row in fields)

    if not named:
        assert refusal(path, ListKind.KNOWN_CC) == f"holds no entry (but {hostnames} hostname)"
        return
    parsed = parse_list(path, ListKind.KNOWN_CC, None, keep_good=False)

    assert parsed.format == "c2intelfeeds"
    assert_same(parsed, named, hostname=hostnames)


@pytest.mark.parametrize("path", files(FEEDS / "feodotracker-2024-04", "*.csv"))
def test_feodo(path: Path) -> None:
    """All entries are C&C servers with a port, a family and both times."""
    rows = [row.replace('"', "").split(",") for row in lines_of(path) if row[0] != "#"][1:]

    parsed = parse_list(path, ListKind.KNOWN_CC, None, keep_good=False)

    assert parsed.format == "feodo"
    assert_same(parsed, [(row[1], row[2]) for row in rows])
    assert {entry.role for entry in parsed.entries} == {Role.C2}
    assert [entry.label for entry in parsed.entries] == [row[5] for row in rows]
    assert all(entry.first_listed_ms and entry.last_listed_ms for entry in parsed.entries)


@pytest.mark.parametrize(
    "path", files(FEEDS / "carbonblack", "**/*.csv", "**/*.tsv", "**/*.csv.gz")
)
def test_carbonblack(path: Path) -> None:
    """Every line is an entry or a duplicate; the one broken file is refused at its line."""
    rows = [row.split("\t") for row in lines_of(path)[1:]]
    if path.name == BROKEN:
        assert refusal(path, ListKind.KNOWN_CC) == "2 fields where 5 or more are expected"
        rows = [row for row in rows if is_address(row[0])]

    parsed = parse_list(path, ListKind.KNOWN_CC, None, keep_good=path.name == BROKEN)

    assert parsed.format == "carbonblack"
    assert parsed.malformed == (2 if path.name == BROKEN else 0)
    kept = [(row[0], *transport(row[3], row[4])) for row in rows]
    assert len(parsed.entries) == len(set(kept))
    assert parsed.ignored == Counter(duplicate=len(kept) - len(set(kept)))


@pytest.mark.parametrize("path", files(FEEDS / "fox-it-cobaltstrike", "*.csv.gz"))
def test_foxit(path: Path) -> None:
    """Nine and a half thousand team servers."""
    rows = [row.split(",") for row in lines_of(path)[1:]]

    parsed = parse_list(path, ListKind.KNOWN_CC, None, keep_good=False)

    assert parsed.format == "fox-it"
    assert_same(parsed, [(row[0], row[1]) for row in rows])
    assert len(parsed.entries) == 9586


@pytest.mark.parametrize(
    "path", files(FEEDS / "misp-warninglists" / "lists", "*/list.json", "*/list.json.gz")
)
def test_misp_warninglists(path: Path) -> None:
    """Addresses and CIDRs are entries, the rest is counted; lists of other things are refused."""
    assert_warninglist(path, json.loads(content(path)))


def test_all_misp_warninglists(tmp_path: Path) -> None:
    """The same for every list of the archive."""
    archive = FEEDS / "misp-warninglists" / "warninglists.tar.zst"
    if not archive.is_file():
        pytest.skip("no warninglists.tar.zst in ../shared/data (feeds/misp-warninglists)")
    with pa.input_stream(str(archive), compression="zstd") as plain:
        (tmp_path / "lists.tar").write_bytes(plain.read())
    count = 0
    with tarfile.open(tmp_path / "lists.tar") as tar:
        for member in tar:
            if member.name.endswith("/list.json"):
                path = tmp_path / f"{count}.json"
                path.write_bytes(tar.extractfile(member).read())  # type: ignore[union-attr]
                assert_warninglist(path, json.loads(path.read_bytes()))
                count += 1

    assert count == 136


@pytest.mark.parametrize(
    "path",
    files(DATA / "exchange" / "unit42-stix", "**/report_json/*.json", "**/report_json/*.json.gz")
    + files(DATA / "exchange" / "stix-examples", "**/*.json"),
)
def test_stix_bundles(path: Path) -> None:
    """The addresses are those that a search in all patterns and observables finds."""
    document = json.loads(content(path))
    if document["type"] != "bundle":
        assert refusal(path, ListKind.KNOWN_CC).startswith("is JSON, but no STIX bundle")
        return
    expected = set()
    for found in document.get("objects", []):
        # Quoted text is always a value in these bundles; none is negated (checked below).
        values = found.get("pattern", "").split("'")[1::2] if found["type"] == "indicator" else []
        values += [found["value"]] if found["type"] == "ipv4-addr" else []
        assert "NOT" not in found.get("pattern", "").split()
        expected |= {network(value) for value in values if is_address(value, wide=True)}

    if not expected:
        assert refusal(path, ListKind.KNOWN_CC).startswith("holds no entry (but ")
        return
    parsed = parse_list(path, ListKind.KNOWN_CC, None, keep_good=False)

    assert parsed.format == "stix"
    assert {(render_address(e.base), e.length) for e in parsed.entries} == expected
    assert len(parsed.entries) == len(expected)


@pytest.mark.parametrize(
    "path",
    files(FEEDS / "carbonblack", "**/*.org", "**/*.txt", "LICENSE")
    + files(FEEDS / "c2intelfeeds", "*.md", "*.rex", "*.zst")
    + files(FEEDS / "pyasn" / "data", "*")
    + files(DATA / "exchange" / "unit42-stix", "**/reports.json"),
)
def test_what_is_no_list_is_refused(path: Path) -> None:
    """Read-me files, fingerprints, archives and tables of other things: one clear line."""
    reason = refusal(path, ListKind.KNOWN_CC)

    assert "\n" not in reason
    assert reason.startswith(("is of no known list format", "is no text", "is JSON, but no"))


def assert_warninglist(path: Path, document: dict[str, Any]) -> None:
    """Compare the parsed list with the items of *document*."""
    items = document["list"]
    networks = {
        ipaddress.ip_network(item, strict=False) for item in items if is_address(item, wide=True)
    }
    others = sum(not is_address(item, wide=True) for item in items)
    if not networks:
        assert refusal(path, ListKind.BENIGN).startswith(f"holds no entry (but {others} ")
        return
    parsed = parse_list(path, ListKind.BENIGN, None, keep_good=False)

    assert parsed.format == "misp"
    assert len(parsed.entries) == len(networks)
    assert parsed.ignored.total() == len(items) - len(networks)
    assert parsed.ignored.total() - parsed.ignored["duplicate"] == others


def assert_same(
    parsed: ParsedList, services: Iterable[tuple[str, str]], *, hostname: int = 0
) -> None:
    """Compare entries with addresses and ports taken from the raw lines."""
    named = list(services)
    distinct = set(named)
    # All lists of DNS C&C name port 53 without a column for it.
    found = {
        (render_address(e.base), "" if not any(p for _, p in named) else str(e.port or ""))
        for e in parsed.entries
    }

    assert found == distinct
    assert len(parsed.entries) == len(distinct)
    assert parsed.ignored["duplicate"] == len(named) - len(distinct)
    assert parsed.ignored["hostname"] == hostname
    assert parsed.malformed == 0


def refusal(path: Path, kind: ListKind) -> str:
    """Give the reason why *path* is refused, without file and line."""
    with pytest.raises(MalformedDocument) as caught:
        parse_list(path, kind, None, keep_good=False)
    return caught.value.reason


def transport(protocol: str, port: str) -> tuple[str, str]:
    """Say what a Carbon Black line names: SMB no port, DNS udp, a mix no transport."""
    if protocol == "SMB":
        return "", ""
    if protocol == "HTTP & DNS":
        return "", port
    return ("udp" if protocol in {"DNS", "UDP"} else "tcp"), port


def lines_of(path: Path) -> list[str]:
    """Give the lines of *path* that are not blank."""
    return [line for line in content(path).decode().split("\n") if line.strip()]


def content(path: Path) -> bytes:
    """Give what *path* holds, unpacked."""
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


def network(text: str) -> tuple[str, int]:
    """Give base and length, in the 128-bit form, as the standard library sees them."""
    found = ipaddress.ip_network(text, strict=False)
    return str(found.network_address), 128 - found.max_prefixlen + found.prefixlen


def is_address(text: str, *, wide: bool = False) -> bool:
    """Tell whether the standard library takes *text* for an address (or network if *wide*)."""
    try:
        if wide:
            ipaddress.ip_network(text, strict=False)
        else:
            ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
