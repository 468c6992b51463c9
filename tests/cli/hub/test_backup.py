"""A hub in one file from the command line, and a home out of it."""

from pathlib import Path

import pytest

from foundedhubs import FoundedHub
from hubs import server
from terminal import hinomi


@pytest.fixture(name="hub")
def a_hub(tmp_path: Path) -> FoundedHub:
    """Give a hub with a snapshot."""
    hub = FoundedHub.with_members(tmp_path / "hub")
    hub.runs([server(each) for each in range(1, 8)])
    return hub


def test_a_hub_comes_back_from_one_file(hub: FoundedHub, tmp_path: Path) -> None:
    """The commands say what is secret, and what comes next."""
    path, home = tmp_path / "hub.tar", tmp_path / "new"

    saved = hinomi("hub", "backup", path, home=hub.folder)
    made = hinomi("hub", "restore", path, home=home)

    assert saved.code == made.code == 0
    assert "keep it as secret" in saved.out
    assert "to snapshot 1" in made.out
    assert "hub resume" in made.out
    assert hinomi("hub", "verify", home=home).code == 0
    assert "restored from a backup" in hinomi("hub", "publish", "--now", home=home).err


def test_keys_may_stay_out(hub: FoundedHub, tmp_path: Path) -> None:
    """Both commands say so."""
    path = tmp_path / "hub.tar"

    saved = hinomi("hub", "backup", path, "--without-keys", "--json", home=hub.folder)
    made = hinomi("hub", "restore", path, home=tmp_path / "new")

    assert saved.document["keys"] is False
    assert "put keys/ back" in made.out


def test_nothing_is_overwritten(hub: FoundedHub, tmp_path: Path) -> None:
    """Neither a file nor a home."""
    path = tmp_path / "hub.tar"
    path.write_text("mine", "utf-8")

    assert hinomi("hub", "backup", path, home=hub.folder).code == 75
    assert path.read_text("utf-8") == "mine"
    assert hinomi("hub", "restore", path, home=hub.folder).code == 75
