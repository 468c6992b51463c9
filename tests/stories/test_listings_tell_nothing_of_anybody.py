"""
Homes that differ in times, subscribers and order give the same listings, to the byte (R4).

Whoever has the listings learns nothing of when anybody met a server, who did, or what came first.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from casework import BOTS, Provider, provider, week_of_bots

SERVERS: Final = (("203.0.113.9", 48_101), ("203.0.113.1", 6_667))
SEEDS: Final = (1, 2)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What leaves one home, and what stays in it."""

    csv: str
    json: str
    kept: str  # Evidence and history of all cases.


def outcome(folder: Path, patch: pytest.MonkeyPatch, seed: int) -> Outcome:
    """Let other lines be infected, at other times, and everything come in another order."""
    rng = np.random.default_rng(seed)
    home = provider(folder, patch)
    home.at_day(2.2)
    order = [SERVERS[each] for each in np.roll((0, 1), seed)]
    for number, (address, port) in enumerate(order):
        bots = rng.permutation(800)[: BOTS.size]
        begin = float(rng.uniform(0, 1))
        wire = week_of_bots(address, port, (begin, 2.2), seed=10 * seed + number, bots=bots)
        home.brings(wire)
        home.samples(address, port, f"sandbox-{number}")
    home.detects()
    at = [2.2 + float(each) for each in np.sort(rng.uniform(0.01, 0.25, 6))]
    for (address, port), times in zip(order, (at[:3], at[3:]), strict=True):
        _list(home, address, port, times)
    home.at_day(2.47)  # Of the same epoch.
    kept = "".join(str(home.show(each["case"])) for each in home.cases())
    said = [home.run("anna", "listings", "export", "--format", form) for form in ("csv", "json")]
    assert [each.code for each in said] == [0, 0]
    return Outcome(said[0].out, said[1].out, kept)


def _list(home: Provider, address: str, port: int, times: list[float]) -> None:
    found = home.case_of(address, port)
    assert found is not None
    assert found["methods_now"] == 2
    number = found["case"]
    home.at_day(times[0])
    home.judges("anna", number, "cc", "dedicated")
    home.at_day(times[1])
    home.judges("rita", number)
    home.at_day(times[2])
    home.ask("ruth", "case", "approve", number)


@pytest.fixture(name="outcomes", scope="module")
def the_outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    """Go the whole way with each seed."""
    found = []
    for seed in SEEDS:
        with pytest.MonkeyPatch.context() as patch:
            found.append(outcome(tmp_path_factory.mktemp(f"home-{seed}"), patch, seed))
    return found


def test_the_same_servers_give_the_same_bytes(outcomes: list[Outcome]) -> None:
    """As CSV and as JSON, with both servers in it."""
    assert len({each.csv for each in outcomes}) == 1
    assert len({each.json for each in outcomes}) == 1
    assert outcomes[0].csv == (
        "address,protocol,port,class,valid_until_epoch\n"
        "203.0.113.1,tcp,6667,dedicated,2026-01-10\n"
        "203.0.113.9,tcp,48101,dedicated,2026-01-10\n"
    )


def test_what_stays_in_the_houses_differs(outcomes: list[Outcome]) -> None:
    """Else the same bytes would prove nothing."""
    assert len({each.kept for each in outcomes}) == len(SEEDS)
