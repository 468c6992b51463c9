"""``hinomi listings``: five facts, for those who may have them."""

import csv
import io
import json
from pathlib import Path

import pytest

from docket import SERVER, STAGES, At, acts, lead, manned
from hinomi.clock import wall_clock
from hinomi.model.case import CaseState
from household import Household
from terminal import Said, hinomi

FIELDS = ["address", "protocol", "port", "class", "valid_until_epoch"]


def by(house: Household, name: str | None, *words: object) -> Said:
    """Let somebody run ``hinomi listings`` on a home."""
    house.act_as(name)
    return hinomi("listings", *words, home=house.folder)


def test_what_is_listed_has_five_facts(at: At) -> None:
    """In both forms, and whichever way JSON was asked for."""
    house = at(CaseState.LISTED)

    table = list(csv.DictReader(io.StringIO(by(house, "anna", "export").out)))
    form = json.loads(by(house, "anna", "export", "--format", "json").out)
    asked = by(house, "oda", "export", "--json").document

    (row,) = table
    assert list(row) == FIELDS
    assert form == asked
    assert [list(each) for each in form["listings"]] == [FIELDS]
    assert {name: str(value) for name, value in form["listings"][0].items()} == row
    assert (row["address"], row["protocol"], row["port"], row["class"]) == (
        SERVER, "tcp", "443", "dedicated",
    )  # fmt: skip


def test_the_same_listings_give_the_same_bytes(at: At) -> None:
    """However often they are exported, and by whom."""
    house = at(CaseState.LISTED)

    assert by(house, "anna", "export").out == by(house, "oda", "export").out


def test_what_is_listed_is_shown(at: At) -> None:
    """To those who govern as well; the count stands under it."""
    house = at(CaseState.LISTED)

    shown = by(house, "aude", "show")

    assert SERVER in shown.out
    assert shown.out.endswith("1 listed.\n")
    assert [list(each) for each in by(house, "rita", "show", "--json").document["listings"]] == [
        FIELDS
    ]


def test_nothing_listed_is_a_header(at: At) -> None:
    """And an empty document."""
    house = at(CaseState.LISTABLE)

    assert by(house, "anna", "export").out == ",".join(FIELDS) + "\n"
    assert by(house, "anna", "export", "--json").document == {"listings": []}
    assert by(house, "anna", "show").out.endswith("0 listed.\n")


def test_who_judges_or_checks_does_not_export(at: At) -> None:
    """It takes an analyst or an operator; researchers and strangers do not even see it."""
    house = at(CaseState.LISTED)

    assert [by(house, name, "export").code for name in ("rita", "olga", "aude", "nobody")] == [
        77
    ] * 4
    assert by(house, "nobody", "show").code == 77
    assert by(house, None, "export", "--format", "xml").code == 64


def test_a_laboratory_exports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """77, one line, nothing on standard output, and a line of the journal (R3)."""
    house = manned(tmp_path / "home", monkeypatch, wall_clock, sampling=1)
    for stage in STAGES:
        lead(house, stage)
    begun = len(house.entries())

    refused = by(house, "anna", "export")

    assert (refused.code, refused.out) == (77, "")
    assert (
        refused.err.strip()
        == "hinomi: a laboratory can share nothing: it took in what no provider may"
    )
    assert acts(house, since=begun) == [("listings export", "refused")]
    assert SERVER in by(house, "anna", "show").out
