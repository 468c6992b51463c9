"""What is drawn lies in its documented range, and differs from seed to seed."""

import numpy as np
import pytest

from hinomi.bench.spec import WorldSpec
from hinomi.bench.variety import (
    ACCESS,
    GAMES,
    INTERNET,
    MODEL_443,
    MODEL_PERIOD_S,
    MODELS,
    PEOPLE,
    RELEASES,
    SMALL_PER_1000,
    vary,
)


@pytest.fixture(scope="module")
def drawn() -> list[WorldSpec]:
    """Thirty worlds of 50,000 lines."""
    plain = WorldSpec(lines=50_000, botnets=())
    return [vary(plain, np.random.default_rng(seed)) for seed in range(30)]


def test_every_parameter_keeps_to_its_range(drawn: list[WorldSpec]) -> None:
    """And uses most of it."""
    for where, ranges in ((None, PEOPLE), ("access", ACCESS), ("internet", INTERNET)):
        for name, (low, high) in ranges.items():
            values = [getattr(getattr(spec, where) if where else spec, name) for spec in drawn]
            assert low <= min(values) <= max(values) <= high, name
            assert max(values) - min(values) > 0.7 * (high - low), name
    assert all(RELEASES[0] <= spec.access.releases_per_day <= RELEASES[1] for spec in drawn)
    for spec in drawn:
        assert SMALL_PER_1000[0] * 50 - 1 <= spec.telemetry <= SMALL_PER_1000[1] * 50 + 1
        assert MODELS[0] <= len(spec.models) <= MODELS[1]


def test_lines_have_one_access_each(drawn: list[WorldSpec]) -> None:
    """Shares never exceed the whole."""
    assert all(min(spec.access.shares) >= 0 for spec in drawn)


def test_models_use_ports_and_periods_of_all_kinds(drawn: list[WorldSpec]) -> None:
    """About a third on 443; the shares of a world's models are whole."""
    models = [model for spec in drawn for model in spec.models]

    assert np.mean([model.port == 443 for model in models]) == pytest.approx(MODEL_443, abs=0.05)
    assert len({model.port for model in models}) > 100
    low, high = MODEL_PERIOD_S
    assert all(low <= model.period_s <= high for model in models)
    assert all(sum(model.share for model in spec.models) == pytest.approx(1) for spec in drawn)


def test_the_core_of_the_net_is_never_left_out(drawn: list[WorldSpec]) -> None:
    """Web, DNS and push are everywhere; each world has games and lesser uses of its own."""
    for spec in drawn:
        names = {app.name for app in spec.apps}
        assert {"web", "dns", "quic"} <= names
        assert GAMES[0] <= sum(name.startswith("game-") for name in names) <= GAMES[1]
        assert "push-a" in {use.name for use in spec.standing}
    assert len({tuple(app.name for app in spec.apps) for spec in drawn}) > 20


def test_the_same_chance_draws_the_same(drawn: list[WorldSpec]) -> None:
    """Nothing else decides."""
    plain = WorldSpec(lines=50_000, botnets=())

    assert vary(plain, np.random.default_rng(3)) == drawn[3]
