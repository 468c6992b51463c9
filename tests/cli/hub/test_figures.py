"""Figures and the yearly page from the command line."""

from pathlib import Path

import pytest

from foundedhubs import FoundedHub
from hubs import server
from terminal import hinomi


@pytest.fixture(name="hub")
def a_hub(tmp_path: Path) -> FoundedHub:
    """Give a hub with a list."""
    hub = FoundedHub.with_members(tmp_path / "hub")
    hub.runs([server(each) for each in range(1, 8)])
    return hub


def test_figures_are_shown_by_member(hub: FoundedHub) -> None:
    """For the hub's own people, as a table or as a document."""
    shown = hinomi("hub", "figures", home=hub.folder)
    told = hinomi("hub", "figures", "--json", home=hub.folder).document

    assert shown.code == 0
    assert "new ones that no list of others has      7 of 7" in shown.out
    assert "never took one" in shown.out
    assert (told["number"], told["listed"]) == (1, 7)
    assert told["members"]["isp-a"]["named"] == 7


def test_the_yearly_page_is_one_file(hub: FoundedHub, tmp_path: Path) -> None:
    """Of a year without lists there is none."""
    path = tmp_path / "2026.html"

    made = hinomi("hub", "report", "--year", 2026, "--lang", "en", "--out", path, home=hub.folder)
    other = tmp_path / "2025.html"
    none = hinomi("hub", "report", "--year", 2025, "--out", other, home=hub.folder)

    assert made.code == 0, made.err
    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert (none.code, none.err.count("\n"), other.exists()) == (66, 1, False)


def test_a_page_takes_the_place_of_no_file(hub: FoundedHub, tmp_path: Path) -> None:
    """What is there stays, as with a backup; one line says so."""
    path = tmp_path / "kept.html"
    path.write_text("mine", "utf-8")

    said = hinomi("hub", "report", "--year", 2026, "--out", path, home=hub.folder)

    assert (said.code, said.err.count("\n"), "exists" in said.err) == (75, 1, True)
    assert path.read_text("utf-8") == "mine"


def test_a_hub_without_a_list_has_no_figures(tmp_path: Path) -> None:
    """One line says so."""
    hub = FoundedHub.with_members(tmp_path / "new")

    assert hinomi("hub", "figures", home=hub.folder).code == 66
