"""A listed server that was taken down leaves the list when somebody who knows says so."""

from pathlib import Path

import pytest

from casework import Provider, codes, provider

CC = "203.0.113.1"
PORT = 48_101


@pytest.fixture(name="listed")
def a_listed_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Provider, int]:
    """Make a home with one listed server, and give the number of its case."""
    home = provider(tmp_path, monkeypatch)
    home.at_day(0.2)
    home.lists("known-cc", "feed", f"{CC},tcp,{PORT}")
    (number,) = home.samples(CC, PORT)["opened"]
    home.judges("anna", number, "cc", "dedicated")
    home.judges("rita", number)
    home.ask("ruth", "case", "approve", number)
    return home, int(number)


def says(home: Provider, claim: str) -> None:
    """Let an analyst say what they know of it."""
    said = ("--claim", claim, "--words", "the hoster told us")
    home.ask("anna", "case", "evidence", "add", CC, "tcp", PORT, *said)


def test_what_is_gone_expires_at_once_and_was_no_mistake(listed: tuple[Provider, int]) -> None:
    """No day has gone by; nobody was wrong who said that it was one; and it stays closed."""
    home, number = listed

    says(home, "gone")

    case = home.show(number)
    assert (case["state"], home.export()) == ("expired", [])
    assert codes(case["history"][-1]["reasons"])[0] == "over"
    sources = home.ask("anna", "case", "evidence", "sources")["sources"]
    assert {each["wrong"] for each in sources} == {0}
    home.ask("anna", "case", "recheck")
    assert home.show(number)["state"] == "expired"


def test_one_members_word_ends_nothing_alone(listed: tuple[Provider, int]) -> None:
    """Who is right half of the time calls for a person, and the listing stands till then."""
    home, number = listed
    home.ask("anna", "case", "evidence", "source", "member", "--method", "sighting", "--grade", "C")

    row = {"address": CC, "protocol": "tcp", "port": PORT, "says": "gone"}
    home.hears("member", [row], "--format", "sightings")

    case = home.show(number)
    assert (case["state"], case["urgent"]) == ("listed", True)
    assert [each["address"] for each in home.export()] == [CC]
