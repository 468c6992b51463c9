"""What a darknet saw."""

import json
from pathlib import Path

import pytest

from hinomi.collect.evidence.darknet import NO_PORT, TOO_FEW, recognises
from hinomi.errors import MalformedDocument
from hinomi.model.evidence import Claim, Method
from testimony import parsed, rendered, stated

HEADER = "address,protocol,port,first,last,packets,kind\n"
SCAN = "192.0.2.1,tcp,23,2026-01-31T10:00:00,2026-01-31T12:30:00,500,scan\n"
BACKSCATTER = "192.0.2.2,tcp,443,2026-01-31T10:00:00,2026-01-31T10:10:00,90,backscatter\n"


def test_both_forms_are_told_apart() -> None:
    """By the header, or by the fields of the first object."""
    assert recognises(HEADER)
    assert recognises('{"address":"192.0.2.1","last":"2026-01-31","packets":1,"kind":"scan"}\n')
    assert not recognises('{"type": "bundle",\n')
    assert not recognises('{"eventid": "cowrie.x"}\n')
    assert not recognises("address,protocol\n")


def test_a_scan_is_a_weak_trait_of_the_whole_address(tmp_path: Path) -> None:
    """The port is the one it looked for, and its source may be forged (R15)."""
    [found] = stated(tmp_path, HEADER + SCAN, "darknet")

    assert rendered([found]) == ["support 192.0.2.1 -1"]
    assert (found.method, found.reference, found.strength) == (Method.DARKNET, "scan", 0.1)
    assert found.facts == {"packets": 500, "hours": 3}


def test_backscatter_speaks_against_the_service_that_was_flooded(tmp_path: Path) -> None:
    """Weakly: C&C servers are flooded too, and answers can be forged (R15)."""
    [found] = stated(tmp_path, HEADER + BACKSCATTER, "darknet")

    assert rendered([found]) == ["benign 192.0.2.2 tcp/443 -1"]
    assert (found.claim, found.reference) == (Claim.BENIGN, "backscatter")
    assert found.strength == 0.2


def test_json_lines_say_the_same(tmp_path: Path) -> None:
    """Numbers may be numbers."""
    rows = [line.split(",") for line in (SCAN.strip(), BACKSCATTER.strip())]
    objects = [dict(zip(HEADER.strip().split(","), row, strict=True)) for row in rows]
    objects[0] |= {"packets": 500, "port": 23, "note": None}  # type: ignore[dict-item]
    text = "".join(json.dumps(each) + "\n" for each in objects)

    assert stated(tmp_path, text, "darknet") == stated(
        tmp_path, HEADER + SCAN + BACKSCATTER, "darknet"
    )


def test_little_is_nothing(tmp_path: Path) -> None:
    """A few packets, or an answer from nobody knows which port."""
    text = HEADER + SCAN.replace("500", "9") + BACKSCATTER.replace("443", "")

    assert parsed(tmp_path, text, "darknet").ignored == {TOO_FEW: 1, NO_PORT: 1}


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("scan", "noise"),
        ("500", "nan"),
        ("500", "-1"),
        ("500", "1" * 30),
        ("2026-01-31T12:30:00", ""),
        ("2026-01-31T12:30:00", "2026-01-30"),
        ("tcp", "sky"),
        ("23", "70000"),
        ("192.0.2.1", "192.0.2.1.1"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, good: str, bad: str) -> None:
    """Also one whose port a scan does not need."""
    with pytest.raises(MalformedDocument, match="line 2"):
        parsed(tmp_path, HEADER + SCAN.replace(good, bad, 1), "darknet")


@pytest.mark.parametrize("line", ["{", '{"address": ["192.0.2.1"]}', '{"packets": NaN}'])
def test_a_bad_object_is_named(tmp_path: Path, line: str) -> None:
    """As a line is."""
    with pytest.raises(MalformedDocument, match="line 1"):
        parsed(tmp_path, line + "\n", "darknet")
