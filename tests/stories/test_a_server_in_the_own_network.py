"""A C&C server on a subscriber's line goes by a pseudonym until a privacy officer gives leave."""

import json
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from casework import BOTS, DAY_S, OWN, Provider, ordinary, provider
from wire import OTHERS_V4, Wire, v4

SERVER: Final = "198.19.100.1"
PORT: Final = 38_080
SIX: Final = "2001:db8:77:100::1"


def days() -> Wire:
    """Write down bots that meet a server on another own line, which strangers meet as well."""
    wire, within = Wire(1), (0.0, 2.2 * DAY_S)
    ordinary(wire, within)
    wire.probe(BOTS[:30], 23, 12, within=within)
    wire.talk(v4(SERVER), PORT, BOTS[:24], within=within)
    elsewhere = OTHERS_V4 + 2**26 + np.arange(30)
    wire.talk(v4(SERVER), PORT, elsewhere, records=1.2, within=within)
    return wire


def has_nowhere(home: Provider, *secrets: str) -> None:
    """Look for an address in the journal and in everything that a person is shown of cases."""
    said = [json.dumps(each) for each in home.house.entries()]
    for person in ("anna", "rita", "olga"):
        said.append(home.run(person, "case", "list").out)
        for case in home.cases():
            said.append(home.run(person, "case", "show", case["case"]).out)
            said.append(home.run(person, "case", "show", case["case"], "--json").out)
    for secret in secrets:
        assert not [each for each in said if secret in each]


def until_listable(home: Provider, number: int) -> None:
    """Let an analyst and a reviewer agree."""
    assert home.judges("anna", number, "cc", "compromised-host")["state"] == "corroborated"
    assert home.judges("rita", number)["state"] == "listable"


def test_its_address_is_shown_when_it_is_listed_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by flow, named by malware analysis; only the listing has its address in plain."""
    home = provider(tmp_path, monkeypatch)
    home.at_day(2.2)
    home.brings(days())
    home.detects()
    (case,) = home.cases()
    number, pseudonym = case["case"], case["address"]
    assert pseudonym.startswith("own:")
    home.samples(SERVER, PORT)
    assert home.show(number)["methods_now"] == 2
    until_listable(home, number)

    refused = home.run("ruth", "case", "approve", number)
    assert (refused.code, SERVER in refused.err, "case reveal" in refused.err) == (77, False, True)
    asked = home.ask("anna", "case", "reveal", number, "--reason", "it harms others")["request"]
    assert home.run("rita", "approvals", "approve", asked).code == 77  # No privacy officer.
    assert home.run("ruth", "case", "approve", number).code == 77
    has_nowhere(home, SERVER)
    assert home.export() == []

    home.ask("olga", "approvals", "approve", asked)
    home.ask("ruth", "case", "approve", number)

    (listing,) = home.export()
    assert (listing["address"], listing["port"], listing["class"]) == (
        SERVER,
        PORT,
        "compromised-host",
    )
    assert home.show(number)["address"] == pseudonym
    has_nowhere(home, SERVER)
    acts = [each for each in home.house.entries() if each["operation"] == "case reveal"]
    assert [each["case"] for each in acts] == [number]


def test_leave_is_for_one_case_and_one_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was approved for one server opens no other, and a server elsewhere needs none."""
    home = provider(tmp_path, monkeypatch)
    home.at_day(1)
    numbers: list[int] = []
    for address in (SERVER, "198.19.100.2", "203.0.113.1"):
        home.lists("known-cc", f"feed-{len(numbers)}", f"{address},tcp,{PORT}")
        numbers += home.samples(address, PORT, f"sandbox-{len(numbers)}")["opened"]
    first, second, elsewhere = numbers
    asked = home.ask("anna", "case", "reveal", first, "--reason", "it harms others")["request"]
    home.ask("olga", "approvals", "approve", asked)
    for number in (first, second):
        until_listable(home, number)

    assert home.run("anna", "case", "reveal", elsewhere, "--reason", "why not").code == 75
    assert home.run("ruth", "case", "approve", second).code == 77
    home.ask("ruth", "case", "approve", first)
    assert [each["address"] for each in home.export()] == [SERVER]


def test_a_line_that_is_a_prefix_names_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pseudonym stands for a whole IPv6 prefix: nothing is listed."""
    home = provider(tmp_path, monkeypatch, own=(*OWN, "2001:db8:77::/48,ipoe,56,private"))
    home.at_day(1)
    home.lists("known-cc", "feed", f"{SIX},tcp,{PORT}")
    (number,) = home.samples(SIX, PORT)["opened"]
    until_listable(home, number)
    asked = home.ask("anna", "case", "reveal", number, "--reason", "it harms others")["request"]
    home.ask("olga", "approvals", "approve", asked)

    refused = home.run("ruth", "case", "approve", number)

    assert (refused.code, "prefix" in refused.err) == (75, True)
    assert home.show(number)["state"] == "listable"
    assert home.export() == []
    has_nowhere(home, "2001:db8:77")
