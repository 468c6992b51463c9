"""The cloud of an infected device model looks like its C&C: it is held, rejected, and stays so."""

from pathlib import Path
from typing import Final

import numpy as np
import pytest

from casework import CROWD, DAY_S, Provider, codes, provider, week_of_bots
from wire import Wire, v4

CC: Final = "203.0.113.1"
CLOUD: Final = "198.51.100.1"
PORT: Final = 8_600
OWNERS: Final = np.arange(36)
"""All have the device, and most of them the bot that lives on it."""


def day_of(first: float, seed: int) -> Wire:
    """Write down some days in which every device calls its maker's cloud."""
    wire = week_of_bots(CC, 48_101, (first, first + 2.2), seed=seed, lines=CROWD)
    within = (first * DAY_S, (first + 2.2) * DAY_S)
    wire.talk(v4(CLOUD), PORT, OWNERS, records=2.0, within=within)
    return wire


@pytest.fixture(name="home")
def a_provider_that_found_the_cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """Import, take in the warning list of a cloud, detect."""
    home = provider(tmp_path, monkeypatch)
    home.at_day(2.2)
    home.brings(day_of(0, 1))
    home.lists("benign", "warninglist-cloud", "198.51.100.0/28,,")
    home.detects()
    return home


def test_the_cloud_is_held_whatever_flow_says(home: Provider) -> None:
    """Its flow looks like that of a C&C server; list and popularity hold it and acquit nobody."""
    found = home.case_of(CLOUD, PORT)
    assert found is not None

    assert found["posterior_now"] >= 0.9
    assert {"list-cloud", "popular"} <= set(codes(found["holds_now"]))
    lifted = {each["code"]: each["lifted_by"] for each in found["holds_now"]}
    assert lifted["list-cloud"] == "evidence"
    refused = home.run(
        "rita", "case", "decide", found["case"], "--finding", "cc", "--class", "dedicated",
        "--lift", "list-cloud", "--reason", "it must be",
    )  # fmt: skip
    assert refused.code == 77  # One method alone lifts no hold of a cloud.
    assert home.show(found["case"])["state"] == "candidate"


def test_a_rejected_cloud_does_not_come_back_with_the_next_run(home: Provider) -> None:
    """Detection finds it anew; the case stays rejected, with everything that was found."""
    before = home.case_of(CLOUD, PORT)
    assert before is not None
    number = before["case"]
    rejected = home.ask("anna", "case", "reject", number, "--reason", "the maker's cloud")
    assert (rejected["state"], rejected["step"]) == ("rejected", "reject")

    home.at_day(5.2)
    home.brings(day_of(3, 2))
    candidates = home.detects()

    assert (CLOUD, PORT) in {(each["address"], each["port"]) for each in candidates}
    after = home.show(number)
    assert (after["state"], after["episode"], after["urgent"]) == ("rejected", 1, False)
    references = [each["reference"] for each in after["evidence"] if each["method"] == "flow"]
    assert references[0] == before["evidence"][0]["reference"]
    assert len(references) == 2
    assert [each["finding"] for each in after["verdicts"]] == ["not-cc"]
    assert home.export() == []


def test_a_list_that_held_it_before_does_not_bring_it_back(home: Provider) -> None:
    """It holds the cloud still: that is no news. A sample that calls it is, and a person looks."""
    home.lists("known-cc", "feed", f"{CLOUD},tcp,{PORT}")
    found = home.case_of(CLOUD, PORT)
    assert found is not None
    number = found["case"]
    home.ask("anna", "case", "reject", number, "--reason", "the maker's cloud")

    home.at_day(3.4)
    home.lists("known-cc", "feed", f"{CLOUD},tcp,{PORT}", "203.0.113.77,tcp,1")
    home.detects()
    assert home.show(number)["state"] == "rejected"

    assert home.samples(CLOUD, PORT)["opened"] == [number]
    again = home.show(number)
    assert (again["state"], again["episode"], again["urgent"]) == ("candidate", 2, True)
    assert "list-cloud" in codes(again["holds_now"])
