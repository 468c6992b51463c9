"""Windows of time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.model.window import Window

_times = st.integers(-100, 100)
_Ends = tuple[int | None, int | None]
_open_sides: st.SearchStrategy[_Ends] = st.sampled_from([(None, None), (None, 0), (0, None)])
_both_sides: st.SearchStrategy[_Ends] = st.tuples(_times, st.integers(0, 100)).map(
    lambda drawn: (drawn[0], drawn[0] + drawn[1])
)
_windows = _open_sides | _both_sides


def test_a_window_has_its_start_and_not_its_end() -> None:
    """Two windows that meet share no moment."""
    window = Window(10, 20)

    assert [window.covers(time) for time in (9, 10, 19, 20)] == [False, True, True, False]


@given(_windows, st.lists(_times, min_size=1))
def test_a_span_overlaps_if_any_of_its_moments_is_covered(ends: _Ends, moments: list[int]) -> None:
    """What is covered is never missed by looking at the span's ends alone."""
    window = Window(*ends)
    covered = any(window.covers(time) for time in range(min(moments), max(moments) + 1))

    assert window.overlaps(min(moments), max(moments)) or not covered
    if ends[0] is None or ends[1] is None or ends[0] < ends[1]:
        assert window.overlaps(min(moments), max(moments)) == covered


def test_a_window_cannot_end_before_it_begins() -> None:
    """It may be empty, though."""
    assert not Window(5, 5).covers(5)
    with pytest.raises(ValueError, match="before it begins"):
        Window(6, 5)


def test_a_window_is_shown_as_utc() -> None:
    """Open sides stay open."""
    assert Window(0, None).render() == {"since": "1970-01-01T00:00:00Z", "until": None}
