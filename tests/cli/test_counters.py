"""The reference of what the collector counts is what the code says of it."""

import pytest

from hinomi.cli.counters import reasons, render_counters
from hinomi.collect.accounting import DROPPED
from tree import DOCS


def test_the_page_is_up_to_date() -> None:
    """docs/reference/collector-counters.md equals what `python -m hinomi.cli.counters` prints."""
    page = DOCS / "reference" / "collector-counters.md"

    assert page.read_text("utf-8") == render_counters()


def test_every_reason_stands_on_the_page_once() -> None:
    """Each reason has one row, in one group."""
    rows = [line.split("`")[1] for line in render_counters().splitlines() if line[:3] == "| `"]
    shown = [name for name in rows if name in reasons()]

    assert sorted(shown) == sorted(reasons())


@pytest.mark.parametrize(
    "name",
    ["datagrams", "lost-records", "transit", "malformed-set", "forwarded", "kernel-drops"],
)
def test_reasons_of_every_room_are_found(name: str) -> None:
    """The decoders, the rules, the forwarder and the worker have their reasons on the page."""
    assert name in reasons()


def test_what_drops_records_stands_under_refused() -> None:
    """The section that the sum of records refers to holds exactly the reasons of the sum."""
    section = render_counters().split("\n## Refused\n")[1].split("\n## ")[0]
    rows = {line.split("`")[1] for line in section.splitlines() if line[:3] == "| `"}

    assert rows == DROPPED


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("late-flows", "`lost-flows`"),
        ("time-implausible", "2000-01-01"),
        ("time-future", "300 s"),
        ("samplers-over-limit", "4,096"),
    ],
)
def test_values_stand_in_the_place_of_names(name: str, words: str) -> None:
    """An operator reads numbers, not the names of constants."""
    text = " ".join(reasons()[name].meanings.values())

    assert words in text
    assert "_" not in text


def test_what_two_decoders_count_is_told_apart() -> None:
    """A reason that means different things in two protocols says which means what."""
    (row,) = [line for line in render_counters().splitlines() if line.startswith("| `not-ip`")]

    assert "sFlow: " in row
    assert "IPFIX: " in row
