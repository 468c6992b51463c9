"""Methods with scores alone are lent probabilities by the truth of other worlds."""

from dataclasses import replace

import numpy as np
import pytest

from hinomi.bench.lending import lend
from hinomi.bench.result import UNKNOWN, Result, ScoredRows
from hinomi.bench.score import SHOWN, Fact
from results import result

FOUND = int(Fact.RIGHT | Fact.WANTED)


def _scored(world: str, scores: list[float], facts: list[int]) -> Result:
    bare = result("odd-ports", world, **dict.fromkeys(SHOWN))
    rows = ScoredRows(scores=scores, facts=facts, alive=0, missed=(1, 1))
    return replace(bare, rows=rows, sought=2)


def test_a_score_means_what_it_meant_elsewhere() -> None:
    """Above 10 always right on the other world, below 5 never: so it is said here."""
    head = [20.0 - 0.1 * place for place in range(40)]
    teacher = _scored("w1", [*head, *np.linspace(4, 1, 60)], [FOUND] * 40 + [0] * 60)
    pupil = _scored("w2", [30.0, 17.0, 3.0], [FOUND, 0, FOUND])

    lent = lend([teacher, pupil])[1]

    assert lent.score.figures["present_90"] == 0.5
    assert lent.score.figures["right_90"] == 0.5
    assert lent.score.figures["false_a_month_90"] == pytest.approx(30 / 7)
    assert sum(lent.calibration[UNKNOWN].ccs) == 3
    assert sum(lent.calibration[UNKNOWN].others) == 5_000 - 3


def test_no_world_teaches_itself() -> None:
    """One world alone has no probabilities; neither has one whose only teacher is another's."""
    alone = _scored("w1", [3.0, 2.0], [FOUND, 0])
    other = replace(_scored("w2", [3.0, 2.0], [FOUND, 0]), method="beacons")

    assert lend([alone, other]) == [alone, other]


def test_another_sample_of_a_world_teaches_nothing() -> None:
    """Its truth is the same truth."""
    samples = [_scored(f"w1/2#{seed}", [3.0, 2.0], [FOUND, 0]) for seed in (1, 2)]

    assert lend(samples) == samples


def test_a_method_with_probabilities_keeps_its_own() -> None:
    """Hinomi is measured by what it states."""
    own = [result(), result(world="w2")]

    assert lend(own) == own


def test_what_is_lent_never_falls_as_the_score_rises() -> None:
    """Whatever the teacher looks like, the order of the list stays."""
    rng = np.random.default_rng(4)
    facts = [FOUND if draw < 0.3 else 0 for draw in rng.random(200)]
    teacher = _scored("w1", np.sort(rng.random(200))[::-1].tolist(), facts)
    scores = np.sort(rng.random(300))[::-1]
    cut = [_likely_below(teacher, float(score)) for score in scores[::30]]

    assert cut == sorted(cut, reverse=True)


def _likely_below(teacher: Result, score: float) -> float:
    """Give the probability that is lent to a single row of this *score*."""
    lent = lend([teacher, _scored("w2", [score], [0])])[1].calibration[UNKNOWN]
    unjudged = 4_998 * (1 + 0.5) / (4_800 + 1)
    return round(sum(lent.probability_others) - unjudged, 6)
