"""Routes from RIB dumps and from pyasn tables give the same ranges."""

import bz2
import gzip
from pathlib import Path

import pytest

from hinomi.collect.context import routes
from hinomi.collect.context.intake import Intake
from hinomi.collect.lists.intake import BadLine
from hinomi.errors import MalformedDocument
from ribs import IPV6, dump, rib, route

PYASN = """\
; IP-ASN32-DAT file
198.51.100.0/24\t64500
198.51.100.128/25\t64501
2001:db8::/32\tAS64502
0.0.0.0/0\t64503
"""


def read(path: Path, content: bytes, day: str = "2025-01-01") -> dict[str, list[int]]:
    """Read routes from *content*."""
    path.write_bytes(content)
    columns: dict[str, list[int]] = routes.read(Intake(path, day)).rows.to_pydict()
    return columns


def test_a_pyasn_table_is_cut_into_disjoint_ranges(tmp_path: Path) -> None:
    """The longer prefix takes its half; the default route says nothing."""
    found = read(tmp_path / "x.dat", PYASN.encode())

    assert found["asn"] == [64500, 64501, 64502]
    assert found["first"][:2] == [0xC6336400, 0xC6336480]
    assert found["last"][:2] == [0xC633647F, 0xC63364FF]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_a_dump_says_the_same_as_its_table(tmp_path: Path, pack: object) -> None:
    """The form is told from the content, in any compression."""
    content = dump(
        rib("198.51.100.0/24", [route(64496, 64500)]),
        rib("198.51.100.128/25", [route(64496, 64501)]),
        rib("2001:db8::/32", [route(64496, 64502)], subtype=IPV6),
    )

    packed = pack(content)  # type: ignore[operator]

    assert read(tmp_path / "dump", packed) == read(tmp_path / "table", PYASN.encode())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("198.51.100.0/24", "line 1: no route table"),
        ("198.51.100.0/24 64500 x", "line 1: no route table"),
        ("198.51.100.0/33 64500", "line 1: the prefix length"),
        ("198.51.100.0/24 -1", "line 1: no AS number"),
        ("198.51.100.0/24 4294967296", "line 1: no AS number"),
        ("example.com 1", "line 1: no IP address"),
        ("; nothing", "holds nothing"),
        ("198.51.100.0/24 0", "1 no-origin"),
    ],
)
def test_a_bad_line_is_one_clear_line(tmp_path: Path, line: str, message: str) -> None:
    """File, line and what was expected; never the value."""
    with pytest.raises(MalformedDocument, match=message) as caught:
        read(tmp_path / "x", line.encode())
    assert "198.51" not in str(caught.value)


def test_as_numbers_are_read_with_and_without_letters() -> None:
    """AS64500 and 64500 are one; dots, signs and other scripts are not."""
    assert routes.parse_asn(" AS64500 ") == routes.parse_asn("64500") == 64500
    for text in ("1.10", "", "AS", "\u0661", "99999999999999999999"):
        with pytest.raises(BadLine):
            routes.parse_asn(text)
