"""
Sources of evidence that others made are read with the counts of an independent count.

The counts here are made from the raw files with `ipaddress` and nothing of ours.
"""

import gzip
import ipaddress
import json
import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pytest

from hinomi.collect.evidence.catalogue import ParsedEvidence, parse_evidence
from hinomi.errors import MalformedDocument
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import Claim

DATA: Final = Path(__file__).resolve().parents[3] / "shared" / "data"
COWRIE: Final = DATA / "observatory" / "whoAmI-cslim+cowrie-logs" / "cowrie.json.2020-01-26.gz"
REPORTS: Final = DATA / "exchange" / "unit42-stix" / "stix2-reports" / "report_json"
EXAMPLES: Final = DATA / "exchange" / "stix-examples" / "examples"
SHADOWSERVER: Final = (
    DATA / "exchange" / "shadowserver-intelmq" / "shadowserver-testdata-history.tar.zst"
)
FEODO: Final = DATA / "feeds" / "feodotracker-2024-04"
DAY: Final = 1_780_272_000_000 // DAY_MS
"""2026-06-01: later than all of them."""


def parsed(path: Path, **said: Any) -> ParsedEvidence:
    """Read *path*, of whatever format it is."""
    told: dict[str, Any] = {"format_name": None, "source": "other", "day": DAY, **said}
    return parse_evidence(path, **told)


@pytest.mark.skipif(not COWRIE.is_file(), reason="no Cowrie log in ../shared/data (observatory)")
def test_a_day_of_a_honeypot_names_no_server() -> None:
    """Not one file was fetched by URL on that day; every event is counted once."""
    with gzip.open(COWRIE, "rt", encoding="utf-8") as file:
        events = Counter(json.loads(line)["eventid"].partition(".")[2] for line in file)

    taken = parsed(COWRIE)

    assert taken.format == "cowrie"
    assert (taken.statements, taken.malformed) == (0, 0)
    proxied = events["direct-tcpip.request"] + events["direct-tcpip.data"]
    named = {
        "an attacking source": events["session.connect"],
        "a proxy's target": proxied,
        "a command that fetches nothing": events["command.input"],
        "a file without a URL": events["session.file_download"],
        "a file brought along": events["session.file_upload"],
    }
    assert named.items() <= taken.ignored.items()
    assert list(named.values()) == [574, 710, 72, 4, 2]
    assert taken.ignored.total() == events.total() == 3739


@pytest.mark.skipif(not REPORTS.is_dir(), reason="no reports in ../shared/data (unit42-stix)")
def test_reports_on_malware_name_servers_and_do_not_say_what_they_are() -> None:
    """All their indicators say "malicious" and no more: weak support, every one."""
    claims: Counter[Claim] = Counter()
    expected = names = 0
    for path in sorted(REPORTS.glob("*.json")):
        taken = parsed(path)
        claims += taken.claims
        names += taken.ignored["a name, not an address"]
        expected += sum(1 for pattern in patterns(path) for _ in hosts(pattern))

    assert claims == {Claim.SUPPORT: expected}
    assert (expected, names) == (124, 536)


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="no examples in ../shared/data (stix-examples)")
def test_the_example_of_infrastructure_is_a_cc() -> None:
    """It consists of an address and controls malware."""
    taken = parsed(EXAMPLES / "infrastructure.json")

    [found] = taken.evidence
    assert (found.claim, found.service.render_address()) == (Claim.CC, "198.51.100.3")
    assert found.facts == {"family": "Poison Ivy"}
    assert taken.ignored == {"a name, not an address": 1}


def test_shadowserver_reports(tmp_path: Path) -> None:
    """Of all reports of the archive, those on servers are read, with one statement a server."""
    if not SHADOWSERVER.is_file():
        pytest.skip("no Shadowserver reports in ../shared/data (exchange/shadowserver-intelmq)")
    counts: dict[str, tuple[dict[str, int], int, dict[str, int]]] = {}
    for name, path in unpacked(tmp_path):
        try:
            taken = parsed(path, keep_good=True)
        except MalformedDocument:
            continue
        assert taken.format == "shadowserver", name
        found = {claim.value: count for claim, count in taken.claims.items()}
        counts[name] = (found, taken.malformed, dict(taken.ignored))

    assert counts == {
        "event4_ddos_participant": ({}, 0, {"an infected host": 3}),
        "event4_honeypot_ddos": ({}, 3, {}),  # Each row lacks one field of its header.
        "event4_honeypot_ddos_target": ({}, 0, {"a private address": 3}),
        "event4_microsoft_sinkhole": ({"sinkhole": 4}, 1, {}),  # Six rows, one broken.
        "event4_microsoft_sinkhole_http": ({"sinkhole": 2}, 0, {}),  # Five rows.
        "event4_sinkhole": ({"sinkhole": 5}, 1, {}),  # One server has five numbers.
        "event4_sinkhole_http": ({"sinkhole": 5}, 0, {}),
        "event6_sinkhole_http": ({"sinkhole": 2}, 0, {}),
        "malware_url": ({"loader": 3}, 0, {}),
        "sandbox_conn": ({"support": 3}, 0, {}),
    }


@pytest.mark.skipif(not FEODO.is_dir(), reason="no Feodo list in ../shared/data (feeds)")
def test_a_list_is_dated_by_when_it_saw_its_servers() -> None:
    """Each entry on the day on which it was last online."""
    path = min(FEODO.glob("*.csv"))
    rows = [
        row.replace('"', "").split(",")
        for row in path.read_text("utf-8").splitlines()
        if row and not row.startswith(("#", '"first', "first"))
    ]

    taken = parsed(path, format_name="list", claim=Claim.CC)

    days = {
        (each.service.render_address(), each.service.port): each.observed_day
        for each in taken.evidence
    }
    assert len(days) == len(rows) == taken.statements
    for row in rows:
        online = pa.scalar(row[4][:10]).cast(pa.date32()).as_py().toordinal() - 719_163
        assert days[row[1], int(row[2])] == online


def patterns(path: Path) -> Iterator[str]:
    """Give the patterns of a bundle's indicators."""
    for found in json.loads(path.read_bytes())["objects"]:
        if found["type"] == "indicator":
            yield found["pattern"]


def hosts(pattern: str) -> Iterator[str]:
    """Give the addresses in a pattern, by themselves or as hosts of URLs."""
    for text in re.findall(r"(?:addr:value = '|url:value = '(?:https?|tcp)://)([0-9.]+)", pattern):
        try:
            yield str(ipaddress.ip_address(text))
        except ValueError:
            continue


def unpacked(folder: Path) -> Iterator[tuple[str, Path]]:
    """Unpack the newest of each report, by name."""
    with pa.input_stream(str(SHADOWSERVER), compression="zstd") as plain:
        (folder / "all.tar").write_bytes(plain.read())
    with tarfile.open(folder / "all.tar") as tar:
        for member in tar:
            path = Path(member.name)
            if path.suffix == ".csv" and path.parent.name == "testdata":
                content = tar.extractfile(member)
                assert content is not None
                (folder / path.name).write_bytes(content.read())
                yield path.stem, folder / path.name
