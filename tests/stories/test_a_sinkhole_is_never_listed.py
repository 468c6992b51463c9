"""A server that defenders hold is of a class of its own, whatever it was before."""

from pathlib import Path
from typing import Final

import pytest

from casework import BOTS, DAY_S, Provider, codes, provider, week_of_bots
from wire import v4

SERVER: Final = "203.0.113.5"
PORT: Final = 6_667


@pytest.fixture(name="home")
def a_provider_that_found_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """Bots meet it; flow and malware analysis say that it is their server."""
    home = provider(tmp_path, monkeypatch)
    home.at_day(2.2)
    home.brings(week_of_bots(SERVER, PORT, (0, 2.2)))
    home.detects()
    home.samples(SERVER, PORT)
    return home


def test_a_list_of_sinkholes_ends_it(home: Provider) -> None:
    """Held for good, of the class sinkhole, and not listable whoever says what."""
    home.lists("sinkholes", "defenders", f"{SERVER},tcp,{PORT}")
    home.ask("anna", "case", "recheck")
    found = home.case_of(SERVER, PORT)
    assert found is not None
    number = found["case"]

    assert found["class"] == "sinkhole"
    lifted = {each["code"]: each["lifted_by"] for each in found["holds_now"]}
    assert lifted["list-sinkhole"] == "nobody"
    home.judges("anna", number, "cc", "dedicated")
    refused = home.run(
        "rita", "case", "decide", number, "--finding", "cc", "--class", "dedicated",
        "--lift", "list-sinkhole", "--reason", "bots meet it",
    )  # fmt: skip
    assert refused.code == 77
    assert "list-sinkhole" in codes(home.judges("rita", number, "cc", "dedicated")["missing"])
    ended = home.judges("rita", number, "not-cc", "sinkhole")
    assert (ended["state"], ended["class"]) == ("rejected", "sinkhole")
    assert home.export() == []


def test_a_listed_server_that_defenders_took_leaves_the_list(home: Provider) -> None:
    """A person is asked for at once; if none comes, its listing is not renewed and ends."""
    found = home.case_of(SERVER, PORT)
    assert found is not None
    number = found["case"]
    home.judges("anna", number, "cc", "dedicated")
    home.judges("rita", number)
    home.ask("ruth", "case", "approve", number)
    until = home.export()[0]["valid_until_epoch"]

    for day in (5.2, 8.2):
        home.at_day(day)
        home.brings(week_of_bots(SERVER, PORT, (day - 2.2, day), seed=int(day)))
        home.lists("sinkholes", "defenders", f"{SERVER},tcp,{PORT}")
        home.detects()
        case = home.show(number)
        assert (case["state"], case["urgent"]) == ("listed", True)
        assert home.export()[0]["valid_until_epoch"] == until

    home.at_day(10.6)
    home.ask("anna", "case", "recheck")
    ended = home.show(number)
    assert (ended["state"], home.export()) == ("expired", [])
    assert "list-sinkhole" in codes(ended["history"][-1]["reasons"])


def test_a_known_sinkhole_opens_no_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many bots meet it as meet their server, which does open one."""
    home = provider(tmp_path, monkeypatch)
    home.at_day(2.2)
    wire = week_of_bots("203.0.113.1", 48_101, (0, 2.2))
    wire.talk(v4(SERVER), PORT, BOTS[5:29], within=(0, 2.2 * DAY_S))
    home.brings(wire)
    home.lists("sinkholes", "defenders", f"{SERVER},tcp,{PORT}")

    home.detects()

    assert [each["address"] for each in home.cases()] == ["203.0.113.1"]
