"""The registered numbers, and the class of a server."""

from dataclasses import replace

import numpy as np
import pytest

from hinomi.govern.parameters import default_register
from hinomi.hub.rule import Before, Rule, Ruled, settled_class
from poisonings import RULE

CAUTIOUS, DEDICATED = 0, 1


def test_the_rule_that_ships_is_the_one_that_was_simulated() -> None:
    """Else the figures of docs/reference/poisoning.md would be of another hub."""
    assert Rule.from_register(default_register()) == RULE


def test_more_may_not_be_dishonest_than_it_takes() -> None:
    """As many members as may collude never reach the least count."""
    assert RULE.least_members > RULE.coalition_most


@pytest.mark.parametrize(
    ("compromised", "dedicated", "was", "found"),
    [
        (0, 0, None, CAUTIOUS),  # Nobody says anything.
        (0, 2, None, CAUTIOUS),  # Two may be dishonest.
        (0, 3, None, DEDICATED),
        (1, 3, None, CAUTIOUS),
        (2, 0, DEDICATED, DEDICATED),  # Two cannot change what it was.
        (3, 0, DEDICATED, CAUTIOUS),
        (0, 0, DEDICATED, DEDICATED),
    ],
)
def test_no_two_members_change_the_class(
    compromised: int, dedicated: int, was: int | None, found: int
) -> None:
    """The cautious one stands until more say otherwise than may be dishonest."""
    before = Before.unknown(1)
    if was is not None:
        before = replace(before, is_listed=np.array([True]), service_class=np.array([was]))
    counts = np.array([compromised]), np.array([dedicated])

    assert settled_class(before, counts, leave_out=2).tolist() == [found]


def test_people_go_before() -> None:
    """What two people said it is, it is."""
    before = replace(
        Before.unknown(1), ruled=np.array([Ruled.LIST]), ruled_class=np.array([DEDICATED])
    )

    assert settled_class(before, (np.array([9]), np.array([0])), leave_out=2).tolist() == [1]
