"""The registered weights of context are those that real lists and real traffic give."""

import math
import runpy
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pytest

from hinomi.govern.parameters import default_register

ROOT: Final = Path(__file__).resolve().parents[2]
FEED: Final = ROOT.parent / "shared" / "data" / "feeds" / "c2intelfeeds"
DAY: Final = "2025-01-01"
REGISTER: Final = default_register()

Entry = tuple[str, str]
Place = tuple[int, int]

pytestmark = pytest.mark.skipif(not FEED.is_dir(), reason="../shared/data is absent")


@pytest.fixture(scope="module", name="measure")
def the_measurement() -> dict[str, Any]:
    """Give the functions of benchmarks/context_history.py."""
    return runpy.run_path(str(ROOT / "benchmarks" / "context_history.py"))


@pytest.fixture(scope="module", name="days")
def daily_lists(measure: dict[str, Any]) -> dict[str, set[Entry]]:
    """Give address and port of what stood on the list, day by day."""
    days: dict[str, set[Entry]] = {}
    with (
        pa.input_stream(str(measure["ARCHIVE"]), compression="zstd") as plain,
        tarfile.open(fileobj=plain, mode="r|") as tar,
    ):
        for member in tar:
            day, _, name = member.name.partition("/")
            file = tar.extractfile(member)
            if name in measure["LISTS"] and file is not None:
                rows = (line.split(",") for line in file.read().decode().split("\n")[1:] if line)
                days.setdefault(day, set()).update((row[0], row[1]) for row in rows)
    return days


@pytest.fixture(scope="module", name="ordinary")
def ordinary_remotes(measure: dict[str, Any]) -> set[Place]:
    """Give the remotes of the captures of ordinary traffic."""
    paths = (measure["DATA"] / "flows" / path for path in measure["ORDINARY"].values())
    found: set[Place] = set().union(*map(measure["remotes"], paths))
    return found


@pytest.fixture(scope="module", name="first")
def first_listings(measure: dict[str, Any], days: dict[str, set[Entry]]) -> dict[Place, str]:
    """Give each address with the first day it stood on the list."""
    found: dict[str, str] = {}
    for day in sorted(days):
        for address, _ in days[day]:
            found.setdefault(address, day)
    return {_place(measure, address): day for address, day in found.items()}


def _place(measure: dict[str, Any], text: str) -> Place:
    address = measure["parse_address"](text)
    return address.hi, address.lo


def near(measure: dict[str, Any], places: Iterable[Place], history: object, day: str) -> float:
    """Give the share of addresses with a listed neighbour in their /20."""
    found = measure["look"](places, [history], day)
    return float(np.mean(found.listed_wide >= 1))


def test_neighbours_are_as_common_as_registered(
    measure: dict[str, Any], first: dict[Place, str], ordinary: set[Place]
) -> None:
    """30.9 % of the C&Cs listed after the day, 3.1 % of ordinary remotes."""
    history = measure["history"](first, DAY)
    later = {place for place, day in first.items() if day > DAY}

    cc, other = (near(measure, places, history, DAY) for places in (later, ordinary))

    assert len(later) == 5_568
    assert cc == pytest.approx(REGISTER.number("context.neighbours_cc"), abs=0.001)
    assert other == pytest.approx(REGISTER.number("context.neighbours_other"), abs=0.001)


@pytest.mark.parametrize("day", ["2024-10-01", "2025-07-01", "2026-01-01"])
def test_the_bound_lies_below_every_ratio_of_the_feed(
    measure: dict[str, Any], first: dict[Place, str], ordinary: set[Place], day: str
) -> None:
    """Whatever day it is frozen at, a neighbour tells more than it is allowed to weigh."""
    history = measure["history"](first, day)
    later = {place for place, listed in first.items() if listed > day}

    ratio = near(measure, later, history, day) / near(measure, ordinary, history, day)

    assert math.log(ratio) > REGISTER.number("context.neighbours_most")


def test_the_bound_is_what_another_list_gives(
    measure: dict[str, Any], first: dict[Place, str], ordinary: set[Place]
) -> None:
    """Servers that the unverified list alone names: three times as often beside a listed one."""
    rows = (line.split(",") for line in _unverified() if line[:1].isdigit())
    others = {_place(measure, row[0]) for row in rows}
    others -= first.keys()
    history = measure["history"](first, DAY)

    ratio = near(measure, others, history, DAY) / near(measure, ordinary, history, DAY)

    assert len(others) > 2_000
    assert math.log(ratio) == pytest.approx(REGISTER.number("context.neighbours_most"), abs=0.05)


def _unverified() -> list[str]:
    path = FEED / "feeds" / "unverified" / "IPPortC2s.csv.gz"
    with pa.input_stream(str(path), compression="gzip") as plain:
        text: str = plain.read().decode()
    return text.split("\n")


def test_few_dropped_entries_come_back(
    measure: dict[str, Any], days: dict[str, set[Entry]], ordinary: set[Place]
) -> None:
    """1.9 % of new listings were dropped before; of ordinary remotes none was."""
    past = set().union(*(rows for day, rows in days.items() if day <= DAY))
    standing = days[max(day for day in days if day <= DAY)]
    dropped = past - standing
    later = set().union(*(rows for day, rows in days.items() if day > DAY)) - standing
    soon = set().union(*(rows for day, rows in days.items() if DAY < day <= "2025-04-01"))
    addresses = {address for address, _ in dropped} - {address for address, _ in standing}

    share = len(later & dropped) / len(later)
    upper = 3 / len(ordinary)  # With 95 % confidence, where none of so many was seen.

    assert share == pytest.approx(REGISTER.number("context.formerly_cc"), abs=0.001)
    assert not ordinary & {_place(measure, address) for address in addresses}
    assert upper == pytest.approx(REGISTER.number("context.formerly_other"), abs=0.0001)
    assert 0.015 < len(dropped & soon) / len(dropped) < 0.025
