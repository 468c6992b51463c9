"""What hub and members agree on."""

from dataclasses import replace

import pytest

from corroborations import a_round
from hinomi.errors import ConfigError
from hinomi.govern.parameters import default_register
from hinomi.share.private.rounds import (
    CAPACITIES,
    LAST_NUMBER,
    TABLES,
    THRESHOLDS,
    Round,
    check_number,
)


def test_tables_have_room_for_what_t_members_hold() -> None:
    """Bins are t times the capacity, in each of the tables."""
    agreed = a_round(3, capacity=10_000)

    assert agreed.bins == 30_000
    assert agreed.positions == TABLES * 30_000


def test_a_member_fills_three_bins_a_table_for_each_element_at_most() -> None:
    """One in each insertion; where a table has fewer bins, these."""
    assert [a_round(threshold).filled for threshold in range(2, 7)] == [
        TABLES * 100 * bins for bins in (2, 3, 3, 3, 3)
    ]


@pytest.mark.parametrize(
    "other",
    [
        replace(a_round(), hub="hub.test"),
        replace(a_round(), epoch=8),
        replace(a_round(), threshold=2),
        replace(a_round(), capacity=101),
    ],
    ids=str,
)
def test_rounds_that_differ_have_different_digests(other: Round) -> None:
    """Whatever was agreed on enters the digest, and so every key."""
    assert other.digest != a_round().digest
    assert replace(other).digest == other.digest


def test_no_member_brings_more_than_the_capacity() -> None:
    """Nothing is left out in silence."""
    a_round(capacity=100).check_capacity(100)
    with pytest.raises(ConfigError, match="100 services of a member and here are 101"):
        a_round(capacity=100).check_capacity(101)


@pytest.mark.parametrize(
    ("epoch", "threshold", "capacity", "says"),
    [
        (-1, 3, 100, "epochs"),
        (0, 1, 100, "threshold of 1"),
        (0, 7, 100, "threshold of 7"),
        (0, 3, 99, "capacity of 99"),
        (0, 3, 100_001, "capacity of 100001"),
    ],
)
def test_what_was_never_measured_is_refused(
    epoch: int, threshold: int, capacity: int, says: str
) -> None:
    """In one line that names the number."""
    with pytest.raises(ConfigError, match=says) as raised:
        Round(hub="hub.example", epoch=epoch, threshold=threshold, capacity=capacity)
    assert "\n" not in str(raised.value)


def test_too_much_work_is_refused() -> None:
    """20 members of 10,000 are taken on for each threshold, 63 of 100,000 at t = 6 are not."""
    for threshold in range(2, 7):
        a_round(threshold, capacity=10_000).check_work(20)
    with pytest.raises(ConfigError, match="lower threshold or capacity"):
        a_round(6, capacity=100_000).check_work(LAST_NUMBER)


def test_numbers_of_members_fit_a_word() -> None:
    """1 to 63: zero is where the secret lies."""
    check_number(1)
    check_number(LAST_NUMBER)
    for number in (0, -1, LAST_NUMBER + 1):
        with pytest.raises(ValueError, match="number"):
            check_number(number)


def test_the_register_takes_what_a_round_takes() -> None:
    """A number that no round could be dealt with is refused before anybody decides on it."""
    shipped = default_register().parameters

    spans = (
        ("hub.private_threshold", THRESHOLDS),
        ("hub.private_capacity", CAPACITIES),
        ("share.corroborated_capacity_least", CAPACITIES),
        ("share.corroborated_capacity_most", CAPACITIES),
    )
    for name, taken in spans:
        assert f"{taken.start}..{taken.stop - 1}" in shipped[name].unit
