"""Kinds of worlds by name, and what may be asked otherwise of one."""

import pytest

from hinomi.bench.kinds import KINDS, SPLITS, draw_spec


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_same_words_draw_the_same_spec(kind: str) -> None:
    """Kind, split and seed fix all that a world is made of."""
    assert draw_spec(kind, SPLITS[0], 5) == draw_spec(kind, SPLITS[0], 5)


def test_size_can_be_asked_for() -> None:
    """Lines, days and interval take the place of the kind's own."""
    spec = draw_spec("dense", SPLITS[0], 1, lines=30_000, days=2, interval=500)

    assert (spec.lines, spec.days, spec.interval) == (30_000, 2, 500)


def test_a_split_that_is_none_is_refused() -> None:
    """Development or held-out: nothing else."""
    with pytest.raises(ValueError, match="no split"):
        draw_spec("tiny", "training", 1)
