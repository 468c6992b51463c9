"""Every port has one habit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.detect.catalogue import HABITS
from hinomi.detect.ports import INFRASTRUCTURE, MAIL, STANDING, WEB, habit

NAMED = {*INFRASTRUCTURE, *MAIL, *WEB, *STANDING}


@pytest.mark.parametrize(
    ("port", "kind"),
    [(53, 0), (123, 0), (25, 1), (443, 2), (22, 3), (5223, 3), (7, 4), (6667, 4), (50_000, 5)],
)
def test_a_port_has_the_habit_of_its_list(port: int, kind: int) -> None:
    """Infrastructure, mail, web, standing connections, other, ephemeral: in that order."""
    assert habit(np.array([port])).tolist() == [kind]


@given(port=st.integers(0, 65_535).filter(lambda port: port not in NAMED))
def test_a_port_on_no_list_goes_by_its_range(port: int) -> None:
    """Below 32768 it is another service's, above one that hosts choose."""
    assert habit(np.array([port])).tolist() == [5 if port >= 32_768 else 4]


def test_every_habit_has_words() -> None:
    """The words for habits cover every number that comes out."""
    kinds = set(habit(np.arange(65_536)).tolist())

    assert kinds == set(range(len(HABITS)))


def test_no_port_stands_on_two_lists() -> None:
    """What is usual on a port has one answer."""
    lists = [*INFRASTRUCTURE, *MAIL, *WEB, *STANDING]

    assert sorted(set(lists)) == sorted(lists)
