"""An address that another holder has by now: what was found before counts no more (R7)."""

from pathlib import Path
from typing import Any, Final

import pytest

from casework import Provider, codes, provider, week_of_bots

CC: Final = "203.0.113.1"
PORT: Final = 48_101


def routes(home: Provider, asn: int, source: str = "collector") -> None:
    """Take in today's table of routes."""
    path = home.folder.parent / f"routes-{source}-{home.today}.txt"
    path.write_text(f"; made up\n203.0.113.0/24\t{asn}\n198.51.100.0/24\t64496\n", "utf-8")
    named = ("--source", source, "--licence", "own", "--date", home.today)
    home.ask("anna", "context", "add", "routes", path, *named)


def list_it(home: Provider, number: int) -> None:
    """Let three people do their work."""
    home.judges("anna", number, "cc", "dedicated")
    home.judges("rita", number)
    home.ask("ruth", "case", "approve", number)
    assert [each["address"] for each in home.export()] == [CC]


def agreed(home: Provider) -> int:
    """Let a list and malware analysis name it; give its case, which is listed."""
    home.lists("known-cc", "feed", f"{CC},tcp,{PORT}")
    (number,) = home.samples(CC, PORT)["opened"]
    list_it(home, number)
    return int(number)


def weights(case: dict[str, Any]) -> dict[str, float]:
    """Give what each method weighs for the server now."""
    return {each["method"]: each["weight"] for each in case["evidence"] if each["claim"] == "cc"}


@pytest.fixture(name="home")
def a_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """Make a home on its first day."""
    home = provider(tmp_path, monkeypatch)
    home.at_day(0.2)
    return home


def test_the_next_run_takes_it_off_and_old_friends_do_not_bring_it_back(home: Provider) -> None:
    """Another AS originates it. Bots call it still and a list holds it still: of somebody else."""
    routes(home, 64_500)
    home.at_day(2.2)
    home.lists("known-cc", "feed", f"{CC},tcp,{PORT}")
    home.brings(week_of_bots(CC, PORT, (0, 2.2)))
    home.detects()
    found = home.case_of(CC, PORT)
    assert found is not None
    list_it(home, found["case"])

    home.at_day(4.2)
    routes(home, 64_511)
    home.brings(week_of_bots(CC, PORT, (2.4, 4.2), seed=2))
    home.lists("known-cc", "feed", f"{CC},tcp,{PORT}")
    home.detects()

    moved = home.show(found["case"])
    assert (moved["state"], home.export()) == ("expired", [])
    assert "moved" in codes(moved["history"][-1]["reasons"])
    assert moved["posterior_now"] == 0.0
    assert set(weights(moved).values()) == {0.0}
    told = {each["reference"] for each in moved["evidence"] if each["claim"] == "moved"}
    assert told == {"AS64500 to AS64511"}

    home.at_day(5.2)
    home.lists("known-cc", "feed", f"{CC},tcp,{PORT}")
    home.brings(week_of_bots(CC, PORT, (4.4, 5.2), seed=3))
    home.detects()
    later = home.show(found["case"])
    assert (later["state"], later["episode"], later["methods_now"]) == ("expired", 1, 0)


def test_a_recheck_without_flow_takes_it_off_too(home: Provider) -> None:
    """Nobody meets it any more; the tables tell all the same."""
    routes(home, 64_500)
    home.at_day(1.2)
    number = agreed(home)
    home.at_day(2.2)
    routes(home, 64_511)

    home.ask("anna", "case", "recheck")

    assert (home.show(number)["state"], home.export()) == ("expired", [])
    # Its next holder may turn out to run a C&C server as well: that is another episode.
    home.at_day(9)
    home.samples(CC, PORT, "honeynet")
    home.hears("feed-of-friends", [{"address": CC, "protocol": "tcp", "port": PORT}],
        "--format", "list", "--claim", "cc")  # fmt: skip
    again = home.show(number)
    assert (again["state"], again["episode"], again["methods_now"]) == ("candidate", 2, 2)


def test_the_same_routes_move_nothing(home: Provider) -> None:
    """A newer table that says the same AS, and one of another source that differs from it."""
    routes(home, 64_500)
    home.at_day(1.2)
    number = agreed(home)
    home.at_day(2.2)
    routes(home, 64_500)
    routes(home, 64_499, "another")

    home.ask("anna", "case", "recheck")

    assert home.show(number)["state"] == "listed"
    assert [each["address"] for each in home.export()] == [CC]


def test_a_person_who_knows_takes_it_off_at_once(home: Provider) -> None:
    """An analyst's finding that it moved ends what was found before; it needs no run."""
    number = agreed(home)
    home.at_day(1.2)

    finding = ("--claim", "moved", "--words", "the hoster told us")
    home.ask("anna", "case", "evidence", "add", CC, "tcp", PORT, *finding)

    assert (home.show(number)["state"], home.export()) == ("expired", [])


def test_another_holders_certificate_calls_for_a_person(home: Provider) -> None:
    """Certificates are cheap, so one alone ends nothing: it holds, and the listing lapses."""
    number = agreed(home)
    until = home.export()[0]["valid_until_epoch"]
    home.at_day(5.2)
    row = {"address": CC, "port": PORT, "self_signed": 0, "not_before": "2026-01-01"}
    rows = [
        {**row, "first_seen": "2026-01-01", "holder": "first"},
        {**row, "first_seen": home.today, "holder": "second"},
    ]
    home.hears("scans", rows, "--format", "certificates")

    case = home.show(number)
    assert (case["state"], case["urgent"]) == ("listed", True)
    assert "said-gone" in codes(case["holds_now"])
    assert home.export()[0]["valid_until_epoch"] == until
    home.at_day(8.2)
    home.ask("anna", "case", "recheck")
    assert (home.show(number)["state"], home.export()) == ("expired", [])
