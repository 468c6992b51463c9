"""A hub in one file from the command line, and a home out of it."""

from pathlib import Path

import pytest

from foundedhubs import MEMBERS, FoundedHub
from hinomi.services.hub.restored import require_resumed
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


def test_who_was_suspended_since_gets_nothing_of_a_restored_hub(
    hub: FoundedHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers nobody until it is resumed, and before that members are suspended again."""
    monkeypatch.setattr("hinomi.clock.time.time_ns", lambda: hub.clock() * 1_000_000)
    path, home = tmp_path / "hub.tar", tmp_path / "new"
    suspend = ("hub", "member", "suspend", MEMBERS[0], "--reason", "letter 7")
    assert hinomi("hub", "backup", path, home=hub.folder).code == 0
    assert hinomi(*suspend, home=hub.folder).code == 0
    assert hinomi("hub", "restore", path, home=home).code == 0

    early = hinomi("serve", "hub", "--listen", "127.0.0.1:0", home=home)
    assert (early.code, early.err.count("\n")) == (78, 1)
    assert "suspend them and revoke their certificates again" in early.err

    assert hinomi(*suspend, home=home).code == 0
    assert hinomi("hub", "verify", home=home).code == 0
    assert hinomi("hub", "resume", "--newest", 1, home=home).code == 0
    require_resumed(FoundedHub.at(home).home())
    state = hinomi("hub", "member", "show", MEMBERS[0], "--json", home=home).document["state"]
    assert state == "suspended"


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
