"""Laws are drawn anew by seed, over the whole of their ranges."""

from dataclasses import asdict

import numpy as np
import pytest

from hinomi.bench.motley.laws import draw_laws

SEEDS = range(60)
DRAWN = [
    name for name in asdict(draw_laws("dense", 1, 0.1)) if name not in {"kind", "scale", "lines"}
]


@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_no_two_worlds_have_a_law_in_common(kind: str) -> None:
    """Every law differs from seed to seed; only days and interval come again."""
    laws = [asdict(draw_laws(kind, seed, 0.1)) for seed in SEEDS]
    for name in DRAWN:
        values = {each[name] for each in laws}
        assert len(values) >= (4 if name in {"days", "interval"} else len(SEEDS)), name


def test_laws_fill_their_ranges() -> None:
    """Overlap of manners goes from nearly none to nearly all, infection over its range."""
    overlap = [draw_laws("dense", seed, 0.1).overlap for seed in SEEDS]
    infected = [draw_laws("sparse", seed, 0.1).infected for seed in SEEDS]

    assert min(overlap) < 0.1
    assert max(overlap) > 0.9
    assert min(infected) < 0.004
    assert max(infected) > 0.015
    assert {draw_laws("dense", seed, 0.1).days for seed in SEEDS} >= {2, 7, 10}


def test_laws_are_drawn_apart() -> None:
    """No law follows another: correlations over seeds are those of chance."""
    laws = [asdict(draw_laws("dense", seed, 0.1)) for seed in range(200)]
    values = np.array([
        [float(each[name]) for name in DRAWN if name != "seed"] for each in laws
    ])  # fmt: skip
    tied = np.abs(np.corrcoef(values.T) - np.eye(values.shape[1]))

    assert tied.max() < 0.35


def test_who_samples_more_sees_more() -> None:
    """Longer windows and denser sampling give more, in proportion and by the root."""
    for laws in (draw_laws("dense", seed, 0.1) for seed in SEEDS):
        expected = laws.days / 7 * (10_000 / laws.interval) ** 0.5
        assert np.isclose(laws.gain, expected)


@pytest.mark.parametrize(("kind", "scale"), [("tiny", 0.1), ("dense", 0.001), ("dense", 1.1)])
def test_what_cannot_be_is_refused(kind: str, scale: float) -> None:
    """Another kind, and too few or too many lines, are the caller's mistakes."""
    with pytest.raises(ValueError, match=r"kind|scale"):
        draw_laws(kind, 1, scale)
