"""The same home gives the same candidates, whichever engine computes."""

import json
from pathlib import Path
from typing import Any

import pytest

from sparks import CHEAP, require_spark
from terminal import NOON_MS, hinomi, make_home, table_row, write_table

CC = ("198.51.100.66", 6667)
KNOWN = ("198.51.100.67", 8443)
BOTS = range(1, 13)
LINES = range(1, 121)
HOUR_MS = 3_600_000


def answered(line: str, server: tuple[str, int], ts_ms: int, **changed: object) -> list[str]:
    """Give a line's exchange with a server, in both directions."""
    address, port = server
    ends = {"src_addr": line, "dst_addr": address, "src_port": 40_000, "dst_port": port}
    back = {"src_addr": address, "dst_addr": line, "src_port": port, "dst_port": 40_000}
    return [
        table_row(**(end | {"ts_ms": ts_ms, "sampling_interval": 1_000, "packets": 1} | changed))
        for end in (ends, back)
    ]


def flows() -> list[str]:
    """Give a day: everybody's web sites, and bots that scan and keep in touch with two C&Cs."""
    rows = []
    for number in LINES:
        line = f"192.0.2.{number}"
        for site in range(1, 2 + number % 7):
            for again in (0, 3):
                at = NOON_MS + (number * 7_919_000 + site * 60_000 + again * HOUR_MS) % 86_400_000
                rows += answered(line, (f"203.0.113.{site}", 443), at, bytes=900)
        rows += answered(line, ("203.0.113.53", 53), NOON_MS + number, proto=17, tcp_flags=0)
    for bot in BOTS:
        line = f"192.0.2.{bot}"
        for hour in range(0, 24, 3):
            at = NOON_MS + hour * HOUR_MS + bot * 1_234_567
            rows += answered(line, CC, at, bytes=100)
            rows += answered(line, KNOWN, at + 60_000, bytes=100)
        rows += [
            table_row(
                src_addr=line, dst_addr=f"203.0.113.{host}", dst_port=23, tcp_flags=2, packets=1,
                bytes=40, ts_ms=NOON_MS + bot * 99_000 + host, sampling_interval=1_000,
            )
            for host in range(100, 130)
        ]  # fmt: skip
    for tick in range(40):  # Unsampled: the rhythm of one line can be looked at.
        at = NOON_MS + tick * 60_000
        for row in answered("2001:db8::7", ("3fff::9", 4_444), at, sampling_interval=1, bytes=120):
            rows.append(row)
    return rows


def assert_agree(found: Any, expected: Any, where: str = "") -> None:
    """Compare two documents: numbers with a fraction to 1e-9, everything else exactly."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for name, value in expected.items():
            assert_agree(found[name], value, f"{where}.{name}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for place, value in enumerate(expected):
            assert_agree(found[place], value, f"{where}[{place}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9), where
    else:
        assert found == expected, where


def test_spark_lists_what_duckdb_lists(tmp_path: Path) -> None:
    """Candidates, probabilities to 1e-9, reasons and limits; no file of the run stays behind."""
    require_spark()
    home = make_home(tmp_path / "home")
    settings = ", ".join(f"{json.dumps(name)} = {json.dumps(text)}" for name, text in CHEAP.items())
    (home / "config.toml").write_text(
        '[node]\nkind = "laboratory"\n'
        f"[engine]\nthreads = 2\nmemory_mib = 1024\nspark_settings = {{ {settings} }}\n"
    )
    imported = hinomi("import", write_table(tmp_path / "flows.csv", *flows()), home=home)
    assert imported.code == 0, imported.err
    known = tmp_path / "known.csv"
    known.write_text(f"address,protocol,port\n{KNOWN[0]},tcp,{KNOWN[1]}\n")
    hinomi("lists", "add", "known-cc", known, "--source", "feed", home=home)

    duckdb = hinomi("detect", "--engine", "duckdb", "--json", home=home)
    spark = hinomi("detect", "--engine", "spark", "--json", home=home)

    assert spark.code == 0, spark.err
    listed = [(each["address"], each["port"]) for each in duckdb.document["candidates"]]
    assert listed[0] == KNOWN
    assert CC in listed
    assert_agree(spark.document, duckdb.document)
    assert list(home.glob("scratch-*")) == []
