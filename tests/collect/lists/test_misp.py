"""MISP warning lists."""

import json
from pathlib import Path

import pytest

from hinomi.collect.lists.intake import Intake
from hinomi.collect.lists.misp import read, recognises
from hinomi.errors import MalformedDocument
from hinomi.model.address import parse_address
from hinomi.model.listed import ListEntry, ListKind


def test_cidrs_are_entries_under_the_lists_name() -> None:
    """Single addresses too."""
    taken = parsed(warninglist("cidr", ["192.0.2.0/24", "2001:db8::1"]))

    assert taken.entries == [
        ListEntry(base=parse_address("192.0.2.0"), length=120, label="A list"),
        ListEntry(base=parse_address("2001:db8::1"), label="A list"),
    ]


@pytest.mark.parametrize("kind", ["string", "substring", "hostname"])
def test_host_names_are_counted_beside_addresses(kind: str) -> None:
    """An address among them is an address."""
    taken = parsed(warninglist(kind, ["host.example", "192.0.2.1", ".example"]))

    assert [entry.base for entry in taken.entries] == [parse_address("192.0.2.1")]
    assert taken.ignored == {"hostname": 2}


def test_what_names_neither_is_counted_as_other() -> None:
    """The list itself says what its items match."""
    assert parsed(warninglist("string", ["00ff"], attributes=["md5"])).ignored == {"other": 1}
    assert parsed(warninglist("regex", ["^192"])).ignored == {"regex": 1}


@pytest.mark.parametrize("item", ["host.example", 5, None, ["192.0.2.1"], "192.0.2.0/33"])
def test_a_cidr_list_holds_nothing_else(item: object) -> None:
    """JSON has no lines: the item is named by its place."""
    text = warninglist("cidr", ["192.0.2.0/24", item])

    with pytest.raises(MalformedDocument, match=r"list\.json: item 2: "):
        parsed(text)
    assert parsed(text, keep_good=True).malformed == 1


@pytest.mark.parametrize(
    "text",
    ["[]", "{}", '{"list": []}', '{"list": {}, "type": "cidr"}', '{"list": [], "type": []}', "{"],
)
def test_other_documents_are_not_this_format(text: str) -> None:
    """It needs a list and one of the known types."""
    assert not recognises(text)
    with pytest.raises(MalformedDocument, match="no MISP warning list"):
        parsed(text)


def test_a_warning_list_is_recognised() -> None:
    """By its fields, whatever the file's name."""
    assert recognises(warninglist("cidr", []))


def warninglist(kind: str, items: list[object], attributes: list[str] | None = None) -> str:
    """Write a warning list."""
    return json.dumps(
        {
            "name": "A list",
            "type": kind,
            "matching_attributes": attributes or ["ip-dst", "domain"],
            "list": items,
        }
    )


def parsed(text: str, *, keep_good: bool = False) -> Intake:
    """Read *text* as a benign list."""
    intake = Intake(Path("list.json"), ListKind.BENIGN, keep_good=keep_good)
    read(text, intake)
    return intake
