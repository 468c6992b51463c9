"""Passive DNS gives the number of names by address, and no name."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from hinomi.collect.context import pdns
from hinomi.collect.context.intake import Intake, Parsed
from hinomi.errors import MalformedDocument

JANUARY_S = 1_735_689_600
"""2025-01-01T00:00:00Z."""


def cof(**changed: object) -> dict[str, object]:
    """Describe one COF record."""
    return {
        "rrname": "a.example.",
        "rrtype": "A",
        "rdata": "198.51.100.1",
        "time_first": 1000,
        "time_last": 2000,
        "count": 3,
    } | changed


def read(path: Path, *records: Mapping[str, object] | str, keep_good: bool = False) -> Parsed:
    """Read records as JSON lines, as of 2025-01-01."""
    lines = [each if isinstance(each, str) else json.dumps(each) for each in records]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return pdns.read(Intake(path, "2025-01-01", keep_good=keep_good))


def test_names_are_counted_once_for_each_address(tmp_path: Path) -> None:
    """Letter case and the final dot make no other name; the newest first sight is kept."""
    parsed = read(
        tmp_path / "x",
        cof(),
        cof(rrname="A.EXAMPLE", time_first=500),
        cof(rrname="b.example", rdata=["198.51.100.1", "198.51.100.2"], time_first=700),
        cof(rrtype="AAAA", rdata="2001:db8::1", time_first=900),
    )

    rows = parsed.rows.to_pydict()
    assert rows["names"] == [2, 1, 1]
    assert rows["newest_ms"] == [700_000, 700_000, 900_000]
    assert rows["hi"][:2] == [0, 0]


def test_the_same_after_taking_out_doubles_midway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often memory is bounded, the counts are the same."""
    records = [cof(rrname=f"{n % 7}.example", time_first=1000 - n) for n in range(50)]
    whole = read(tmp_path / "x", *records)

    monkeypatch.setattr(pdns, "_PACK_AT", 4)

    assert read(tmp_path / "x", *records).rows == whole.rows
    assert whole.rows.to_pydict()["names"] == [7]


def test_other_types_and_later_names_are_left_out(tmp_path: Path) -> None:
    """What first appeared after the table's day was not known on it (R19)."""
    parsed = read(
        tmp_path / "x",
        cof(),
        cof(rrname="late.example", time_first=JANUARY_S + 86_400),
        cof(rrtype="NS", rdata="ns.example"),
    )

    assert parsed.rows.to_pydict()["names"] == [1]
    assert parsed.ignored == {"later-than-the-table": 1, "other-record-type": 1}


def test_zone_times_serve_where_there_are_no_others(tmp_path: Path) -> None:
    """Records out of zone files state zone_time_first."""
    record = cof(zone_time_first=77)
    del record["time_first"]

    assert read(tmp_path / "x", record).rows.to_pydict()["newest_ms"] == [77_000]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("{", "no JSON object"),
        ("[]", "no JSON object"),
        ('{"rrname":"a.example"}', "no JSON object"),
        (cof(rdata="nowhere.example"), "no IP address"),
        (cof(rdata="2001:db8::1"), "not of the record's type"),
        (cof(time_first=None), "no time_first"),
        (cof(time_first=-1), "no time_first"),
        (cof(time_first=2**60), "no time_first"),
    ],
)
def test_a_bad_record_is_told_with_its_line(
    tmp_path: Path, record: Mapping[str, object] | str, message: str
) -> None:
    """One line: file, number and what is wrong; neither name nor address."""
    with pytest.raises(MalformedDocument, match=f"line 2: .*{message}") as caught:
        read(tmp_path / "x", cof(), record)
    assert "example" not in str(caught.value)

    kept = read(tmp_path / "x", cof(), record, keep_good=True)
    assert (kept.rows.num_rows, kept.malformed) == (1, 1)
