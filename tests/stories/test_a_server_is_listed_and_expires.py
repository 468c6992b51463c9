"""A C&C server goes from flow records to a listing, by two people, and off it again by silence."""

from pathlib import Path
from typing import Any, Final

import pytest

from casework import DAY_S, Provider, codes, ordinary, provider, week_of_bots
from wire import Wire

CC: Final = "203.0.113.1"
PORT: Final = 48_101


def steps(case: dict[str, Any], episode: int) -> list[tuple[str, str]]:
    """Give the steps of one episode that moved the case, and who took them."""
    told = [each for each in case["history"] if each["episode"] == episode]
    return [(each["step"], each["by"]) for each in told if each["step"] not in {"weigh", "renew"}]


def is_listed(home: Provider) -> bool:
    """Tell whether the server leaves the house with the next export."""
    return [each["address"] for each in home.export()] == [CC]


def detected(home: Provider, begin: float, seed: int = 1) -> dict[str, Any]:
    """Let two days pass from *begin*, import what routers exported, detect; give the case."""
    home.at_day(begin + 2.2)
    home.brings(week_of_bots(CC, PORT, (begin, begin + 2.2), seed=seed))
    home.detects()
    found = home.case_of(CC, PORT)
    assert found is not None
    return found


def until_listed(home: Provider, number: int) -> None:
    """Let malware analysis agree, and three people do their work."""
    home.samples(CC, PORT)
    home.judges("anna", number, "cc", "dedicated")
    home.judges("rita", number)
    home.ask("ruth", "case", "approve", number)


def fall_silent(home: Provider, number: int) -> None:
    """Let a timer look once more, then nobody for weeks, then the timer again."""
    home.at_day(12.2)
    home.ask("anna", "case", "recheck")
    assert is_listed(home)
    home.at_day(30)
    assert home.export() == []  # Its lease is over: what nobody looks at holds no longer.
    assert home.show(number)["state"] == "listed"
    home.at_day(100)  # Longer than anything may hold (`expiry.most_days`).
    home.ask("anna", "case", "recheck")


def test_it_is_listed_while_it_is_seen_and_expires_by_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found, agreed on, listed, renewed while bots meet it, expired, and found once more."""
    home = provider(tmp_path, monkeypatch)
    found = detected(home, 0)
    number = found["case"]
    assert (found["state"], found["methods_now"], found["holds"]) == ("candidate", 1, [])
    assert "too-few-methods" in codes(found["missing"])

    home.detects()
    assert home.show(number) == found  # The same findings again change nothing.

    until_listed(home, number)
    assert home.export() == [
        {
            "address": CC,
            "protocol": "tcp",
            "port": PORT,
            "class": "dedicated",
            "valid_until_epoch": "2026-01-10",
        }
    ]
    people = [("open", "run"), ("take", "anna"), ("corroborate", "anna"), ("clear", "rita")]
    assert steps(home.show(number), 1) == [*people, ("list", "ruth")]

    detected(home, 4, seed=2)
    assert home.export()[0]["valid_until_epoch"] == "2026-01-14"  # Seen again, and renewed.

    before = home.show(number)["posterior_now"]
    home.at_day(8.2)
    home.brings(ordinary(Wire(3), (6.5 * DAY_S, 8.2 * DAY_S)))
    home.detects(days=2)
    assert home.show(number)["posterior_now"] < before  # A day on which others were seen.

    fall_silent(home, number)
    expired = home.show(number)
    assert (expired["state"], home.export()) == ("expired", [])
    assert steps(expired, 1)[-1] == ("expire", "run")
    assert "aged" in codes(expired["history"][-1]["reasons"])

    again = detected(home, 110, seed=3)
    assert (again["case"], again["episode"], again["state"]) == (number, 2, "candidate")
    assert steps(again, 2) == [("return", "run")]
    assert again["history"][: len(expired["history"])] == expired["history"]
    assert home.export() == []  # What was decided in the first episode counts no more.
    assert home.run("olga", "journal", "verify").code == 0


def test_nobody_lists_a_server_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever said so first does not clear it, and whoever cleared it does not let it out."""
    home = provider(tmp_path, monkeypatch)
    home.at_day(1)
    home.lists("known-cc", "feed", f"{CC},tcp,{PORT}")
    (number,) = home.samples(CC, PORT)["opened"]

    first = home.judges("anna", number, "cc", "dedicated")
    assert first["state"] == "corroborated"
    assert codes(home.judges("anna", number)["missing"]) == ["same-person"]
    assert home.run("anna", "case", "approve", number).code == 77
    assert home.judges("rita", number)["state"] == "listable"
    assert home.run("rita", "case", "approve", number).code == 77
    assert home.export() == []

    assert home.ask("olga", "case", "approve", number)["listed"]

    assert is_listed(home)
    assert home.ask("rita", "case", "withdraw", number, "--reason", "cleaned")["state"] == (
        "withdrawn"
    )
    assert home.export() == []
