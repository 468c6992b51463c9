"""
Dishonest members at a made-up hub: what they list, what they remove, and what a vote would do.

Small worlds; the figures of large ones are in docs/reference/poisoning.md.
"""

from dataclasses import replace

import pytest

from poisonedhub import play_hub
from poisonings import RULE, Attack, Setting, play_votes

SEEDS = (1, 2)


def setting(attack: Attack, dishonest: int, seed: int) -> Setting:
    """Make a small world."""
    return Setting(seed=seed, attack=attack, dishonest=dishonest, epochs=30, wakes=15, targets=20)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dishonest", [1, 2])
@pytest.mark.parametrize("attack", [each for each in Attack if each is not Attack.NOTHING])
def test_up_to_two_who_collude_list_and_remove_nothing(
    attack: Attack, dishonest: int, seed: int
) -> None:
    """And what three honest members name is listed all the same, within days."""
    found = play_hub(setting(attack, dishonest, seed)).facts()

    assert found["of these by attack"] == 0
    assert found["false removals"] == 0
    assert found["share listed"] > 0.9
    assert found["delay"] < 1.0


@pytest.mark.parametrize("seed", SEEDS)
def test_saying_the_list_back_keeps_nothing_for_long(seed: int) -> None:
    """Not even where nobody looks, as long as the hub knows who named a server first."""
    played = replace(setting(Attack.ECHO, 2, seed), looks=0, epochs=40)
    known, unknown = (
        play_hub(each).facts() for each in (played, replace(played, knows_first=False))
    )

    assert unknown["longest"] >= 35  # From its first days on.
    assert known["longest"] <= 20 + RULE.lease_epochs  # So far the world's list is behind.
    assert unknown["stale share"] > known["stale share"]


@pytest.mark.parametrize("seed", SEEDS)
def test_two_of_twelve_list_whom_they_want_where_two_votes_do(seed: int) -> None:
    """And they remove nearly whatever they want."""
    listed = play_votes(setting(Attack.LIST, 2, seed), 2).facts()
    removed = play_votes(setting(Attack.REMOVE, 2, seed), 2).facts()

    assert listed["of these by attack"] >= 60  # Twenty each ten epochs.
    assert removed["false removals"] > 50


@pytest.mark.parametrize("seed", SEEDS)
def test_a_majority_lists_hardly_anything(seed: int) -> None:
    """Most servers are met by fewer than seven of twelve."""
    found = play_votes(setting(Attack.NOTHING, 0, seed), 7).facts()

    assert found["share listed"] < 0.6


@pytest.mark.parametrize("seed", SEEDS)
def test_three_are_more_than_the_rule_is_made_for(seed: int) -> None:
    """The figures end where `hub.coalition_most` does: this is no proof against any number."""
    found = play_hub(setting(Attack.LIST, 3, seed)).facts()

    assert found["of these by attack"] > 0
