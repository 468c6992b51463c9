"""What one party puts on its list becomes no listing, however often others copy it (R11, R12)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from casework import BOTS, DAY_S, Provider, codes, provider, week_of_bots
from wire import Wire, v4

CC: Final = ("203.0.113.1", 48_101)
POPULAR: Final = ("198.51.100.1", 443)  # A third of all lines use it.
HAUNT: Final = ("198.51.100.2", 8_443)  # Owners of six bots use it, beside clean lines.
CLUB: Final = tuple((f"198.51.100.{11 + each}", 5_001 + each) for each in range(3))
"""Three servers of one clientele: the members of a club, none of whom is infected."""

DAYS: Final = (0.0, 2.2 * DAY_S)

Service = tuple[str, int]


def days() -> Wire:
    """Write down a botnet with its server, and innocent servers."""
    wire = week_of_bots(*CC, (0, 2.2))
    wire.talk(v4(POPULAR[0]), POPULAR[1], np.arange(0, 900, 3), sizes=(200, 900), within=DAYS)
    guests = np.r_[BOTS[28:34], 100:112]
    wire.talk(v4(HAUNT[0]), HAUNT[1], guests, sizes=(200, 900), within=DAYS)
    for address, port in CLUB:
        wire.talk(v4(address), port, np.arange(200, 212), sizes=(200, 900), within=DAYS)
    return wire


def judged(
    folder: Path, patch: pytest.MonkeyPatch, lists: Sequence[str], named: Sequence[Service]
) -> tuple[Provider, dict[Service, float]]:
    """Detect with *lists* that all name the same; give the home, and each probability."""
    home = provider(folder, patch)
    home.at_day(2.2)
    home.brings(days())
    for name in lists:
        home.lists("known-cc", name, *(f"{address},tcp,{port}" for address, port in named))
    found = home.detects()
    return home, {(each["address"], each["port"]): each["probability"] for each in found}


def flow_of(case: dict[str, Any]) -> dict[str, Any]:
    """Give what detection said of the service of a case."""
    (said,) = [each for each in case["evidence"] if each["method"] == "flow"]
    return dict(said)


def nobody_gets_it_further(home: Provider, number: int) -> None:
    """Analyst and reviewer both say that it is one: it stays where it is."""
    for person in ("anna", "rita"):
        said = home.judges(person, number, "cc", "dedicated")
        assert said["state"] == "under-review"
        assert "too-few-methods" in codes(said["missing"])
    assert home.run("ruth", "case", "approve", number).code == 75
    assert home.export() == []


@pytest.mark.parametrize("copies", [0, 3], ids=["alone", "copied thrice"])
def test_one_entry_is_one_word_however_often_it_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copies: int
) -> None:
    """Detection's own probability rises with it; the case counts it once, and flow not at all."""
    names = ["poisoned", *(f"copy-{each}" for each in range(copies))]
    home, found = judged(tmp_path, monkeypatch, names, [POPULAR, HAUNT])
    assert found[HAUNT] >= 0.5 > found[POPULAR]
    case = home.case_of(*HAUNT)
    assert case is not None
    assert home.case_of(*POPULAR) is None

    said = flow_of(case)
    assert said["strength"] < 0.01
    assert said["weight"] == 0.0
    assert (case["methods_now"], case["urgent"]) == (1, False)
    assert case["posterior_now"] == pytest.approx(0.7, abs=0.05)
    home.ask("anna", "case", "evidence", "sources", "--learn")
    learned = home.show(case["case"])
    assert learned["posterior_now"] == case["posterior_now"]  # Nobody has shown that they are two.
    for name in names:  # Even where people say that each looks for itself.
        grade = ("--method", "list", "--grade", "A", "--family", name)
        home.ask("anna", "case", "evidence", "source", name, *grade)
    assert home.show(case["case"])["methods_now"] == 1
    nobody_gets_it_further(home, case["case"])


def test_two_entries_of_one_clientele_do_not_bear_each_other_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Guests of a listed server are suspects, and so speak against where else they go.

    A list that names two servers of one club would find flow on its side. Beside a list, flow
    counts as it stands without any.
    """
    plain, without = judged(tmp_path / "plain", monkeypatch, [], [])
    assert not set(CLUB) & without.keys()
    home, found = judged(tmp_path / "poisoned", monkeypatch, ["poisoned"], CLUB[:2])
    cases = [home.case_of(*each) for each in CLUB[:2]]

    assert all(found[each] >= 0.99 for each in CLUB[:2])
    for service, case in zip(CLUB[:2], cases, strict=True):
        assert case is not None
        said = flow_of(case)
        assert said["strength"] >= 0.9  # Second order: the list made suspects of the guests.
        assert said["facts"]["unaided"] < 0.001
        told = plain.ask("anna", "explain", service[0], "tcp", service[1])
        assert said["facts"]["unaided"] == pytest.approx(told["probability"], rel=0.05, abs=1e-6)
        assert (case["methods_now"], case["urgent"]) == (1, False)
        assert case["posterior_now"] == pytest.approx(0.7, abs=0.05)
        nobody_gets_it_further(home, case["case"])
    # The third is on no list: what detection holds against it is no finding.
    third = home.case_of(*CLUB[2])
    assert third is None or third["methods_now"] == 0
