"""Malware mails its loot through a mail server that many share: that ends as a shared host."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from captures import FLOWS, PRIVATE, capture, labels
from casework import BOTS, CROWD, DAY_S, Provider, codes, provider, week_of_bots
from hinomi.model.address import render_address
from wire import v4

MAIL: Final = "198.51.100.20"
SUBMISSION: Final = 587


def ends_as_a_shared_host(home: Provider, number: int) -> dict[str, Any]:
    """Let people do all they can to list it; give the case as it ends."""
    home.judges("anna", number, "cc", "dedicated")
    case = home.show(number)
    assert (case["state"], case["methods_now"] >= 2) == ("corroborated", True)
    lifted = {each["code"]: each["lifted_by"] for each in case["holds_now"]}
    assert lifted["mail-port"] == "nobody"
    refused = home.run(
        "rita", "case", "decide", number, "--finding", "cc", "--lift", "mail-port",
        "--reason", "three methods agree",
    )  # fmt: skip
    assert refused.code == 77
    assert "mail-port" in codes(home.judges("rita", number)["missing"])
    assert home.run("ruth", "case", "approve", number).code == 75
    ended = home.judges("rita", number, "cc", "shared-host")
    assert (ended["state"], ended["class"], codes(ended["missing"])) == (
        "rejected",
        "shared-host",
        ["class"],
    )
    assert "shared host, not listable" in ended["missing"][0]["text"]
    assert home.listed() == []
    return home.show(number)


def test_flow_a_list_and_malware_analysis_do_not_make_it_a_cc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All three accuse the very port. It is a shared host, and says nothing of its accusers."""
    home = provider(tmp_path, monkeypatch)
    home.at_day(2.2)
    wire, within = week_of_bots("203.0.113.1", 48_101, (0, 2.2), lines=CROWD), (0, 2.2 * DAY_S)
    wire.talk(v4(MAIL), SUBMISSION, np.r_[BOTS[:24], 300:312], sizes=(900, 90), within=within)
    wire.talk(v4(MAIL), 443, np.arange(312, 330), sizes=(300, 900), within=within)
    home.brings(wire)
    home.lists("known-cc", "feed", f"{MAIL},tcp,{SUBMISSION}")
    home.samples(MAIL, SUBMISSION)

    home.detects()

    found = home.case_of(MAIL, SUBMISSION)
    assert found is not None
    assert (found["class"], found["methods_now"], found["urgent"]) == ("shared-host", 3, True)
    assert found["posterior_now"] >= 0.9  # No guard changes a probability.
    assert {"mail-port", "mail-beside-web"} <= set(codes(found["holds_now"]))
    ends_as_a_shared_host(home, found["case"])
    sources = home.ask("anna", "case", "evidence", "sources")["sources"]
    assert all(each["right"] == each["wrong"] == 0 for each in sources)


def test_the_server_of_a_real_capture_ends_as_a_shared_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AgentTesla, as captured: malware analysis and a list name its server, flow does not."""
    if not FLOWS.is_dir():
        pytest.skip("the captures (../shared/data/flows) are absent")
    (label,) = (each for each in labels() if each.name == "agenttesla-smtp")
    address = render_address(label.service.address)
    home = provider(tmp_path, monkeypatch, own=PRIVATE, sampling=1)
    home.at_day(1)
    home.ask("anna", "import", capture("agenttesla-smtp"))
    assert all(each["probability"] < 0.5 for each in home.detects(days=None))
    assert home.cases() == []
    home.lists("known-cc", "feed", f"{address},tcp,{label.service.port}")
    (number,) = home.samples(address, label.service.port)["opened"]

    home.detects(days=None)

    case = ends_as_a_shared_host(home, number)
    assert case["class"] == "shared-host"
