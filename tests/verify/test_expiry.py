"""Expiry: one at the last sighting, falling with silence, explained by few numbers."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.model.case import ServiceClass
from hinomi.verify.expiry import ExpiryPolicy, SeenHistory, days_valid, still_there

POLICY = ExpiryPolicy(
    half_life_first_tier_days=5.0,
    half_life_dedicated_days=10.0,
    half_life_compromised_days=7.0,
    visibility=0.2,
    visibility_weight_days=5.0,
    most_days=180,
    limit=0.5,
)
DEDICATED = ServiceClass.DEDICATED


@st.composite
def histories(draw: st.DrawFn) -> SeenHistory:
    """Spans and days seen that fit together."""
    span = draw(st.integers(0, 200))
    return SeenHistory(span_days=span, seen_days=1 if span == 0 else draw(st.integers(2, span + 1)))


policies = st.builds(
    ExpiryPolicy,
    half_life_first_tier_days=st.floats(0.1, 300.0),
    half_life_dedicated_days=st.floats(0.1, 300.0),
    half_life_compromised_days=st.floats(0.1, 300.0),
    visibility=st.floats(0.001, 0.999),
    visibility_weight_days=st.floats(0.1, 100.0),
    most_days=st.integers(0, 200),
    limit=st.floats(0.0, 1.0),
)


@given(histories(), policies, st.sampled_from(ServiceClass), st.sampled_from([1, 2, None]))
def test_it_is_there_when_seen_and_never_more_likely_later(
    history: SeenHistory, policy: ExpiryPolicy, kind: ServiceClass, tier: int | None
) -> None:
    """1 at age 0, within 0..1, never rising, and 0 beyond the most days."""
    chances = [still_there(age, history, kind, tier, policy) for age in range(0, 203, 7)]

    assert chances[0] == 1.0
    assert all(0.0 <= each <= 1.0 for each in chances)
    assert all(late <= early + 1e-12 for early, late in pairwise(chances))
    assert still_there(policy.most_days + 1, history, kind, tier, policy) == 0.0


@given(histories(), policies, st.floats(0.0, 1.0))
def test_an_entry_holds_exactly_until_its_probability_falls_below_the_limit(
    history: SeenHistory, policy: ExpiryPolicy, posterior: float
) -> None:
    """The days valid are the last age that is not below the limit."""
    days = days_valid(history, DEDICATED, 2, policy, posterior=posterior)

    if days >= 0:
        assert posterior * still_there(days, history, DEDICATED, 2, policy) >= policy.limit
    if days < policy.most_days:
        assert posterior * still_there(days + 1, history, DEDICATED, 2, policy) < policy.limit


@given(histories(), policies, st.floats(0.1, 300.0))
def test_a_longer_half_life_never_shortens(
    history: SeenHistory, policy: ExpiryPolicy, more: float
) -> None:
    """Whoever registers a longer half-life gets no shorter validity."""
    longer = replace(policy, half_life_dedicated_days=policy.half_life_dedicated_days + more)

    assert days_valid(history, DEDICATED, None, longer) >= days_valid(
        history, DEDICATED, None, policy
    )


@given(policies, st.integers(0, 200))
def test_a_life_alone_halves_after_half_life_and_span(policy: ExpiryPolicy, span: int) -> None:
    """Where silence says nothing, half are gone after half-life plus span: the auditor's rule."""
    blind = replace(
        policy,
        half_life_dedicated_days=10.0,
        visibility=1e-9,
        visibility_weight_days=1e6,
        most_days=10 + span,
    )
    history = SeenHistory(span_days=span, seen_days=min(span + 1, 2))

    assert still_there(10 + span, history, DEDICATED, None, blind) == pytest.approx(0.5, abs=0.001)


@given(st.integers(2, 100))
def test_silence_speaks_louder_after_a_regular_habit(span: int) -> None:
    """Seen every day and then not: less likely there than one that was seen now and then."""
    daily = SeenHistory(span_days=span, seen_days=span + 1)
    rarely = SeenHistory(span_days=span, seen_days=2)

    for age in range(1, 30):
        assert still_there(age, daily, DEDICATED, None, POLICY) < still_there(
            age, rarely, DEDICATED, None, POLICY
        )


def test_the_sum_can_be_done_on_paper() -> None:
    """
    One day of silence after three days of which all were seen.

    It lives on with 12/13; seen so far on 2 of the 2 days after the first, beside a first guess
    worth 1 hit and 4 misses: missed with 4/7. Gone: 1/13.
    """
    alive, gone = 12 / 13 * 4 / 7, 1 / 13
    history = SeenHistory(span_days=2, seen_days=3)

    assert still_there(1, history, DEDICATED, None, POLICY) == pytest.approx(alive / (alive + gone))


def test_the_chances_are_those_of_the_world_it_describes() -> None:
    """
    In a made-up world of such servers the stated chance is the share that is still there.

    Every server has a life and a visibility of its own; all that were seen first on day 0 and
    are silent for 12 days are counted.
    """
    rng = np.random.default_rng(20)
    servers, age = 400_000, 12
    share = rng.beta(1.0, 4.0, servers)
    lasts = np.floor(10.0 * (1.0 / rng.random(servers) - 1.0))  # P(lasts >= k) = 10 / (10 + k).
    seen = rng.random((servers, age)) < share[:, None]
    seen &= np.arange(1, age + 1) <= lasts[:, None]
    silent = ~seen.any(axis=1)

    expected = still_there(age, SeenHistory(span_days=0), DEDICATED, None, POLICY)

    assert np.mean(lasts[silent] >= age) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("kind", "tier", "half_life_days"),
    [
        (ServiceClass.DEDICATED, 1, 5.0),
        (ServiceClass.DEDICATED, 2, 10.0),
        (ServiceClass.DEDICATED, None, 10.0),
        (ServiceClass.UNKNOWN, 1, 5.0),
        (ServiceClass.COMPROMISED, 1, 7.0),
        (ServiceClass.COMPROMISED, None, 7.0),
    ],
)
def test_the_kind_decides_the_half_life(
    kind: ServiceClass, tier: int | None, half_life_days: float
) -> None:
    """The class goes before the tier; an unknown tier is none of the first."""
    assert POLICY.half_life_days(kind, tier) == half_life_days


def test_what_cannot_be_is_refused() -> None:
    """Spans without ends, ages in the future and policies without a choice are bugs."""
    for span, seen in ((-1, 1), (0, 2), (3, 1), (3, 5)):
        with pytest.raises(ValueError, match="do not fit"):
            SeenHistory(span_days=span, seen_days=seen)
    with pytest.raises(ValueError, match="future"):
        still_there(-1, SeenHistory(span_days=0), DEDICATED, None, POLICY)
    changes: dict[str, dict[str, Any]] = {
        "half-life": {"half_life_dedicated_days": 0.0},
        "a weight": {"visibility_weight_days": 0.0},
        "most days": {"most_days": -1},
        "a visibility": {"visibility": 1.0},
        "or limit": {"limit": 1.5},
    }
    for named, change in changes.items():
        with pytest.raises(ValueError, match=named):
            replace(POLICY, **change)
