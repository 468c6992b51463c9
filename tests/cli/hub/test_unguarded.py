"""The warning of a hub that has no list of what is benign."""

from pathlib import Path

import pytest

from foundedhubs import MEMBERS, FoundedHub
from hinomi.cli.hub.unguarded import UNGUARDED
from hubs import server
from terminal import hinomi

LINE = f"hinomi: {UNGUARDED}\n"


def test_a_hub_without_a_benign_list_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line by `publish` and `status`, until one is in; the list is made all the same."""
    hub = FoundedHub.with_members(tmp_path / "hub")
    for name in MEMBERS:
        hub.submits(name, [server(each) for each in range(1, 8)])
    monkeypatch.setattr("hinomi.clock.time.time_ns", lambda: hub.clock() * 1_000_000)
    for words in (("status",), ("status", "--json"), ("publish", "--dry-run"), ("publish",)):
        said = hinomi("hub", *words, home=hub.folder)
        assert (said.code, said.err) == (0, LINE)
    file = tmp_path / "scanners.csv"
    file.write_text("address\n192.0.2.53\n", "utf-8")
    scanners = ("lists", "add", "scanners", file, "--source", "x")
    assert hinomi(*scanners, home=hub.folder).code == 0
    assert hinomi("hub", "status", home=hub.folder).err == LINE
    benign = ("lists", "add", "benign", file, "--source", "our-resolvers")
    assert hinomi(*benign, home=hub.folder).code == 0

    assert hinomi("hub", "status", home=hub.folder).err == ""
