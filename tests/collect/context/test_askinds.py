"""Kinds of AS are stated, or told from names by a rule anybody can read."""

import json
from pathlib import Path

import pytest

from hinomi.collect.context import askinds
from hinomi.collect.context.intake import Intake
from hinomi.errors import MalformedDocument
from hinomi.model.context import NetworkKind


def read(path: Path, text: str, *, keep_good: bool = False) -> dict[int, int]:
    """Read kinds by AS."""
    path.write_text(text, "utf-8")
    rows = askinds.read(Intake(path, "2025-01-01", keep_good=keep_good)).rows.to_pydict()
    return dict(zip(rows["asn"], rows["kind"], strict=True))


def test_a_stated_table_is_taken_as_it_stands(tmp_path: Path) -> None:
    """Column order and further columns do not matter; the last line of an AS counts."""
    text = 'kind,name,asn\nhosting,"One, Ltd",AS64500\naccess,x,64499\n# remark\nother,x,64500\n'

    assert read(tmp_path / "x", text) == {64499: 2, 64500: 3}


def test_names_are_judged_by_the_rule(tmp_path: Path) -> None:
    """JSON of number to name, as pyasn makes it."""
    names = {"64500": "QUICKHOST Quick Hosting Ltd, ZZ", "64499": "ISLAND-CABLE", "64498": "Bank"}

    assert read(tmp_path / "x", json.dumps(names)) == {64498: 3, 64499: 2, 64500: 1}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Fast VPS", NetworkKind.HOSTING),
        ("North Telecom Data Center", NetworkKind.HOSTING),
        ("North Telecom", NetworkKind.ACCESS),
        ("Village ISP", NetworkKind.ACCESS),
        ("Crispy Crisps", NetworkKind.OTHER),
        ("", NetworkKind.OTHER),
    ],
)
def test_hosting_goes_before_access(name: str, kind: NetworkKind) -> None:
    """Words count, not letters inside of others."""
    assert askinds.kind_of_name(name) is kind


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("asn;kind\n", "line 1: the header"),
        ("asn,kind\n64500,garden\n", "line 2: an unknown kind"),
        ("asn,kind\nmany,other\n", "line 2: no AS number"),
        ("asn,kind\n64500\n", "line 2: 1 fields where 2"),
        ("asn,kind\n", "holds nothing"),
        ("{", "no JSON object"),
        ('{"64500": 7}', "no JSON object"),
        ('{"many": "x"}', "no AS number"),
    ],
)
def test_what_is_wrong_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    """File, line and what was expected."""
    with pytest.raises(MalformedDocument, match=message):
        read(tmp_path / "x", text)


def test_good_lines_are_kept_where_asked_for(tmp_path: Path) -> None:
    """In both forms."""
    assert read(tmp_path / "x", "asn,kind\nmany,other\n1,other\n", keep_good=True) == {1: 3}
    assert read(tmp_path / "x", '{"many": "x", "1": "x"}', keep_good=True) == {1: 3}
