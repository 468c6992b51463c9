"""What nobody found is estimated, with its assumption and what it hangs on."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from hinomi.verify.recapture import ASSUMPTION_EN, ASSUMPTION_JA, chao, chapman, estimate, histories

SERVERS = st.frozensets(st.integers(0, 40), max_size=40)


def found(
    servers: int, chances: tuple[float, ...], seed: int, unequal: float = 0.0
) -> dict[str, list[int]]:
    """Let methods find servers, independently but for how easily each server is found."""
    rng = np.random.default_rng(seed)
    ease = rng.normal(0.0, unequal, servers) if unequal else np.zeros(servers)
    return {
        name: np.flatnonzero(rng.random(servers) < special.expit(special.logit(p) + ease)).tolist()
        for name, p in zip(("flow", "honeypot", "lists"), chances, strict=False)
    }


def test_chapman_is_that_of_the_textbook() -> None:
    """50 and 30 marked, 10 of them both: 51 x 31 / 11 - 1 = 142.7; never below what is seen."""
    told = chapman(50, 30, 10)

    assert told.value == pytest.approx(142.7, abs=0.05)
    assert 70 < told.low < told.value < told.high
    assert chapman(30, 30, 30).value == chapman(30, 30, 30).low == 30.0


def test_chaos_bound_is_that_of_the_published_counts() -> None:
    """Hepatitis A: 187 found once, 56 twice; two thirds of 187 x 186 / (2 x 57) are unseen."""
    told = chao(
        {(True, False, False): 187, (True, True, False): 56, (True, True, True): 28}
    )  # fmt: skip

    assert told.value == pytest.approx(271 + 2 / 3 * 187 * 186 / 114)
    assert 271 < told.low < told.value < told.high


def test_two_methods_say_how_many_flow_missed() -> None:
    """Flow found 30 of the honeypot's 60: about a half of all."""
    told = estimate({"flow": range(50), "honeypot": range(20, 80)}, "flow")

    assert told is not None
    assert told.found == {"flow": 50, "honeypot": 60}
    assert told.overlaps == {"flow": 20, "honeypot": 30, "flow+honeypot": 30}
    assert told.seen == 80
    assert told.total.total == chapman(50, 60, 30)
    assert told.recall.value == pytest.approx(50 / chapman(50, 60, 30).value)
    assert told.recall.low < told.recall.value < told.recall.high
    assert [each.name for each in told.others] == ["the same by likelihood", "Chao's lower bound"]


def test_dependence_moves_the_estimate_as_the_odds_ratio_says() -> None:
    """What is unseen is multiplied; a recall of a half may be a quarter."""
    told = estimate({"flow": range(50), "honeypot": range(20, 80)}, "flow")

    assert told is not None
    unseen = told.total.total.value - told.seen
    for each in told.sensitivity:
        assert each.total == pytest.approx(80 + each.odds_ratio * unseen)
        assert each.recall == pytest.approx(50 / each.total)
    ratios = [each.odds_ratio for each in told.sensitivity]
    assert ratios == pytest.approx([1 / 3, 1 / 2, 1, 2, 3])


def test_of_three_methods_the_best_model_is_chosen_and_all_are_told() -> None:
    """Honeypot and lists feed each other; a model that knows it comes near the truth of 400."""
    rng = np.random.default_rng(3)
    flow, honeypot = (rng.random(400) < p for p in (0.4, 0.3))
    lists = np.where(honeypot, rng.random(400) < 0.8, rng.random(400) < 0.1)
    kinds = {"flow": flow, "honeypot": honeypot, "lists": lists}

    told = estimate({name: np.flatnonzero(each).tolist() for name, each in kinds.items()}, "flow")

    assert told is not None
    assert "honeypot with lists" in told.total.name
    assert told.total.total.low < 400 < told.total.total.high
    assert told.recall.low < flow.mean() < told.recall.high
    names = {each.name for each in (told.total, *told.others)}
    assert "all independent" in names
    assert len(names) == 9
    plain = next(each for each in told.others if each.name == "all independent")
    assert plain.total.high < 400


@pytest.mark.parametrize(("chances", "repetitions"), [((0.4, 0.3), 200), ((0.4, 0.3, 0.3), 60)])
def test_intervals_hold_the_truth_where_methods_are_independent(
    chances: tuple[float, ...], repetitions: int
) -> None:
    """Of 200 servers, drawn anew each time."""
    inside = 0
    for seed in range(repetitions):
        kinds = found(200, chances, seed)
        told = estimate(kinds, "flow")
        assert told is not None
        inside += told.recall.low <= len(kinds["flow"]) / 200 <= told.recall.high

    assert inside / repetitions >= 0.92


@pytest.mark.parametrize(("chances", "least"), [((0.4, 0.3), 0.1), ((0.4, 0.3, 0.3), 0.02)])
def test_unequal_servers_make_recall_look_too_high(
    chances: tuple[float, ...], least: float
) -> None:
    """What the assumption warns of is so: by a tenth and more with two methods, less with three."""
    errors, misses = [], 0
    for seed in range(20):
        kinds = found(500, chances, seed, unequal=1.5)
        told = estimate(kinds, "flow")
        assert told is not None
        errors.append(told.recall.value - len(kinds["flow"]) / 500)
        misses += told.total.total.value < 500

    assert np.mean(errors) > least
    assert misses > 10


def test_the_assumption_stands_with_the_result_in_both_languages() -> None:
    """Which side the estimate errs on is said wherever it is shown."""
    told = estimate({"flow": range(50), "honeypot": range(20, 80)}, "flow")

    assert told is not None
    assert (told.assumption, told.assumption_ja) == (ASSUMPTION_EN, ASSUMPTION_JA)
    assert "recall as an upper bound" in told.assumption
    assert re.search("再現率は上限", told.assumption_ja)


@given(st.lists(SERVERS, min_size=2, max_size=3))
def test_whatever_was_found_the_report_is_sound(kinds: list[frozenset[int]]) -> None:
    """No estimate where nothing is common to all sides, else one above what is seen."""
    names = ("flow", "honeypot", "lists")[: len(kinds)]

    told = estimate(dict(zip(names, kinds, strict=True)), "flow")

    if told is None:
        return
    assert told.seen == len(frozenset().union(*kinds)) == sum(told.overlaps.values())
    for each in (told.total, *told.others):
        assert told.seen - 1e-6 <= each.total.low <= each.total.value + 1e-6
        assert each.total.value <= each.total.high + 1e-6
        assert math.isfinite(each.total.value)
    assert 0.0 <= told.recall.low <= told.recall.value <= told.recall.high <= 1.0 + 1e-9


def test_methods_without_a_server_in_common_tell_nothing() -> None:
    """Nor do methods that found nothing."""
    assert estimate({"flow": [1, 2], "honeypot": [3]}, "flow") is None
    assert estimate({"flow": [], "honeypot": [], "lists": []}, "flow") is None
    assert histories(([1, 2], [2])) == {(True, False): 1, (True, True): 1}


@pytest.mark.parametrize(
    ("kinds", "method"),
    [
        ({"flow": [1]}, "flow"),
        ({"a": [1], "b": [1]}, "flow"),
        ({name: [1] for name in "abcd"}, "a"),
    ],
)
def test_only_two_or_three_methods_are_weighed(kinds: dict[str, list[int]], method: str) -> None:
    """Anything else is the caller's bug."""
    with pytest.raises(ValueError, match="two or three"):
        estimate(kinds, method)
