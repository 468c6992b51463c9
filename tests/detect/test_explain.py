"""Numbers become sentences, strongest first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.detect.explain import order, reason
from hinomi.model.service import Reason


def said(code: str, weight: float) -> Reason:
    """Give a reason that reads like nothing."""
    return Reason(code=code, text="-", text_ja="-", weight=weight)


def test_a_reason_names_its_numbers_in_both_languages() -> None:
    """The sentence has them, and so have the values, rounded to six digits."""
    found = reason("one-way", -3.00049, {"packets_in": 1, "packets_out": 70_001, "x": 1 / 3})

    assert "1 packets from it, 70001 to it" in found.text
    assert "70001" in found.text_ja
    assert found.weight == -3.0
    assert found.values == {"packets_in": 1, "packets_out": 70_001, "x": 0.333333}


@pytest.mark.parametrize(("code", "missing"), [("guess", "guess"), ("one-way", "packets_in")])
def test_unknown_codes_and_missing_numbers_are_the_callers_bug(code: str, missing: str) -> None:
    """No sentence comes out with a gap."""
    with pytest.raises(KeyError, match=missing):
        reason(code, 1.0, {})


@given(
    weights=st.lists(st.floats(-20, 20), max_size=20),
    prior=st.floats(-20, 20),
)
def test_the_strongest_comes_first_and_the_base_rate_last(
    weights: list[float], prior: float
) -> None:
    """Whichever side a reason is on; none is lost."""
    reasons = [said("base-rate", prior), *(said("enriched", weight) for weight in weights)]

    found = order(reasons)

    assert found[-1].code == "base-rate"
    sizes = [abs(each.weight) for each in found[:-1]]
    assert sizes == sorted(map(abs, weights), reverse=True)
