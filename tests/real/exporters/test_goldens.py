"""Captures of real exporters, held against what other programs read in them."""

import runpy
from collections.abc import Mapping
from typing import Final

import pytest

from golden_reasons import GENERAL, REASONS, reason_for
from golden_sets import EXPORTERS, goldens
from goldens import SUMS, Golden, Outcome, hold_against
from tree import DOCS, ROOT

PAGE: Final = DOCS / "reference" / "exporters.md"

Outcomes = Mapping[str, tuple[Golden, Outcome]]


@pytest.fixture(name="outcomes", scope="module")
def what_came_of_each_capture() -> Outcomes:
    """Decode every capture once."""
    if not EXPORTERS.is_dir():
        pytest.skip("../shared/data is absent")
    found = {}
    for golden in goldens():
        key = f"{golden.collection} {golden.name}"
        assert key not in found, key
        found[key] = golden, hold_against(golden)
    return found


def test_every_difference_has_its_reason(outcomes: Outcomes) -> None:
    """A column differs from the other program's only where the table says why."""
    unexplained = [
        f"{name}: {difference}"
        for name, (golden, outcome) in outcomes.items()
        for difference in outcome.differences
        if reason_for(golden, difference) is None
    ]

    assert unexplained == []


def test_every_reason_is_still_needed(outcomes: Outcomes) -> None:
    """No reason outlives its difference."""
    seen = [
        (golden, difference)
        for golden, outcome in outcomes.values()
        for difference in outcome.differences
    ]
    own = {(golden.name, difference) for golden, difference in seen}
    general = {
        (golden.collection, difference)
        for golden, difference in seen
        if (golden.name, difference) not in REASONS
    }

    assert set(REASONS) - own == set()
    assert set(GENERAL) - general == set()


def test_nothing_excuses_wrong_sums() -> None:
    """Packets and bytes added up differ nowhere: no reason could be given for it."""
    assert not any(difference == SUMS for _, difference in (*REASONS, *GENERAL))


def test_all_expected_flows_are_compared(outcomes: Outcomes) -> None:
    """Nothing of the collections is passed over: so many captures, flows and other rows."""
    totals: dict[str, tuple[int, int, int]] = {}
    for golden, _ in outcomes.values():
        captures, expected, others = totals.get(golden.collection, (0, 0, 0))
        totals[golden.collection] = (
            captures + 1,
            expected + len(golden.expected),
            others + golden.others,
        )

    assert totals == TOTALS


TOTALS: Final = {
    "logstash": (51, 54, 10),
    "pmacct": (16, 1443, 0),
    "telegraf": (12, 57, 140),
    "tcpdump-sflow": (4, 14, 192),
}
"""Captures, flows and other rows of each collection."""


def test_the_page_shows_what_comes_out_now(outcomes: Outcomes) -> None:
    """docs/reference/exporters.md is what benchmarks/exporters.py would write today."""
    page = runpy.run_path(str(ROOT / "benchmarks" / "exporters.py"))["page"]

    assert PAGE.read_text("utf-8") == page(outcomes.values())
