"""Certificate dumps give one certificate for each place, with age and self-signedness."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from hinomi.clock import parse_time
from hinomi.collect.context import certificates
from hinomi.collect.context.intake import Intake, Parsed
from hinomi.errors import MalformedDocument


def seen(**changed: object) -> dict[str, object]:
    """Describe one certificate as it was seen."""
    return {
        "fingerprint": "ab" * 32,
        "not_before": "2024-06-01T00:00:00Z",
        "address": "198.51.100.1",
        "port": 443,
        "issuer": "CN=authority",
        "unknown": [1],
    } | changed


def read(path: Path, *records: Mapping[str, object] | str) -> Parsed:
    """Read records as JSON lines, as of 2025-01-01."""
    lines = [each if isinstance(each, str) else json.dumps(each) for each in records]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return certificates.read(Intake(path, "2025-01-01"))


def test_the_certificate_seen_last_counts(tmp_path: Path) -> None:
    """Of several at one address and port; another port is another place."""
    rows = read(
        tmp_path / "x",
        seen(seen="2024-07-01", not_before=1_000),
        seen(seen="2024-06-15", not_before="2024-06-10"),
        seen(port=8443),
    ).rows.to_pydict()

    assert rows["port"] == [443, 8443]
    assert rows["not_before_ms"] == [1_000_000, parse_time("2024-06-01")]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({}, -1),
        ({"subject": "CN=authority"}, 1),
        ({"subject": "CN=server"}, 0),
        ({"subject": "CN=server", "self_signed": True}, 1),
        ({"issuer": None, "subject": None}, -1),
    ],
)
def test_self_signed_is_stated_or_told_from_the_names(
    tmp_path: Path, names: dict[str, object], expected: int
) -> None:
    """The statement speaks first; without it issuer and subject are compared."""
    assert read(tmp_path / "x", seen(**names)).rows.to_pydict()["self_signed"] == [expected]


def test_what_was_seen_after_the_day_is_left_out(tmp_path: Path) -> None:
    """Neither a later sight nor a later validity was known (R19)."""
    parsed = read(
        tmp_path / "x",
        seen(),
        seen(port=1, seen="2025-01-02"),
        seen(port=2, not_before="2025-02-01"),
    )

    assert parsed.rows.to_pydict()["port"] == [443]
    assert parsed.ignored == {"later-than-the-table": 2}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("x", "no JSON object"),
        ('{"address":"198.51.100.1"}', "no JSON object"),
        (seen(fingerprint="ab"), "no SHA-1 or SHA-256"),
        (seen(fingerprint="zz" * 32), "no SHA-1 or SHA-256"),
        (seen(port=0), "the port"),
        (seen(port="443"), "no JSON object"),
        (seen(address="server.example"), "no IP address"),
        (seen(not_before="soon"), "ISO 8601"),
        (seen(not_before=""), "blank"),
        (seen(not_before=-5), "outside 1970"),
    ],
)
def test_a_bad_record_is_told_with_its_line(
    tmp_path: Path, record: Mapping[str, object] | str, message: str
) -> None:
    """One line: file, number and what is wrong."""
    with pytest.raises(MalformedDocument, match=f"line 2: .*{message}") as caught:
        read(tmp_path / "x", seen(), record)
    assert "198.51" not in str(caught.value)
