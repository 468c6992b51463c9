"""Drift of a window against the deciles on a model's card."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.detect.drift import WORST, deciles_of, drift, spread_of, stability
from hinomi.detect.model import Card

CARD = Card(
    name="a", made="2026-01-01", trained_on=[], intervals=[1_000, 10_000], services=1, positives=1,
    base_rate=0.01, columns_first=["span"], columns_second=["span"],
)  # fmt: skip


def _normal(size: int, shift: float = 0.0, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, 1.0, size)


def test_deciles_are_the_minimum_nine_and_the_maximum() -> None:
    """Eleven numbers, ascending, rounded as the card keeps them."""
    assert deciles_of(np.arange(11.0)) == [float(value) for value in range(11)]
    assert deciles_of(np.array([1 / 3])) == [0.333333] * 11


def test_the_index_of_a_known_shift() -> None:
    """Half of the values in one tenth: (0.5-0.1) ln 5 + 9 (0.0556-0.1) ln 0.556, by hand."""
    deciles = [float(value) for value in range(11)]
    values = np.concatenate([np.full(9_000, 0.5), np.repeat(np.arange(1.5, 10), 1_000)])

    by_hand = 0.4 * np.log(5) + 9 * (0.5 / 9 - 0.1) * np.log(0.5 / 9 / 0.1)
    assert stability(values, deciles) == pytest.approx(by_hand, abs=9 / values.size + 1e-9)


@given(size=st.integers(20, 3_000), seed=st.integers(0, 2**32 - 1))
def test_the_same_kind_of_window_has_not_drifted(size: int, seed: int) -> None:
    """Whatever is drawn from what was learned on, chance alone does not raise an alarm."""
    deciles = deciles_of(_normal(50_000))

    assert stability(_normal(size, seed=seed), deciles) < 60 / size + 0.02


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_the_index_is_a_number_of_at_least_zero(values: list[float]) -> None:
    """Ties, single values and values that nobody saw before included."""
    for deciles in ([0.0] * 11, deciles_of(np.array(values)), [float(i) for i in range(11)]):
        index = stability(np.array(values), deciles)
        assert np.isfinite(index)
        assert index >= 0


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=200))
def test_training_data_itself_never_drifts(values: list[float]) -> None:
    """Shares that are mostly 0 or 1 fill whole deciles: no drift against themselves."""
    same = np.repeat(np.array(values), 50)

    assert stability(same, deciles_of(same)) < 0.02


def test_a_shifted_window_drifts() -> None:
    """A standard deviation to the side is far beyond a large change, 0.25."""
    assert stability(_normal(2_000, shift=1.0), deciles_of(_normal(50_000))) > 0.5


@pytest.mark.parametrize(("then", "now"), [(0.03, 0.5), (0.97, 0.5)])
def test_a_flag_that_flips_drifts(then: float, now: float) -> None:
    """A share that is nearly always 0, or nearly always 1, and is not any more."""
    rng = np.random.default_rng(2)
    deciles = deciles_of((rng.random(5_000) < then).astype(float))

    assert stability((rng.random(5_000) < now).astype(float), deciles) > 0.25


def test_an_empty_window_has_no_drift() -> None:
    """Nothing to compare."""
    assert stability(np.empty(0), [0.0] * 11) == 0.0


def test_the_worst_columns_come_first() -> None:
    """Each column of the card by its index; what it does not know is left out."""
    columns = {f"c{n}": _normal(5_000, shift=n / 4) for n in range(7)} | {"new": _normal(5_000)}
    measures = {f"c{n}": deciles_of(_normal(50_000)) for n in range(7)} | {"gone": [0.0] * 11}
    card = msgspec.structs.replace(CARD, measures=measures)
    looked = np.arange(5_000) < 4_000

    found = drift(columns, looked, card, 10_000, threshold=0.25)

    assert list(found.index) == ["c6", "c5", "c4", "c3", "c2", "c1", "c0"]
    assert found.services == 4_000
    assert found.drifted[0] == "c6"
    assert "c0" not in found.drifted
    document = found.render()
    assert [each["column"] for each in document["worst"]] == list(found.index)[:WORST]  # type: ignore[attr-defined]
    assert document["drifted"] == found.drifted


def test_what_a_window_of_training_did_is_no_drift() -> None:
    """Two networks far apart: a third between them is like neither and farther out than none."""
    windows = [_normal(5_000, shift=-1.0), _normal(5_000, shift=1.0)]
    deciles = deciles_of(np.concatenate(windows))
    apart = spread_of(windows, deciles)
    card = msgspec.structs.replace(CARD, measures={"c": deciles}, spread={"c": apart})

    def drifted(shift: float) -> list[str]:
        looked = np.ones(5_000, dtype=bool)
        columns = {"c": _normal(5_000, shift=shift)}
        return drift(columns, looked, card, 10_000, threshold=0.25).drifted

    assert apart > 0.25
    assert drifted(0.9) == drifted(-0.9) == []
    assert drifted(3.0) == ["c"]
    assert spread_of([], deciles) == 0.0


@pytest.mark.parametrize(
    ("interval", "known"),
    [(10_000, True), (4_096, True), (1_000, True), (999, False), (16_384, False), (0, False)],
)
def test_sampling_outside_what_was_learned_is_told(interval: int, known: bool) -> None:  # noqa: FBT001 - a fact.
    """Inside the intervals of training, or not; unknown sampling is not."""
    found = drift({}, np.zeros(0, dtype=bool), CARD, interval, threshold=0.25)

    assert found.knows_interval is known
    assert found.render()["knows_sampling_interval"] is known
