"""Kinds of worlds by name, and what may be asked otherwise of one."""

import pytest

from hinomi.bench.kinds import DRAWN, KINDS, SPLITS, draw_spec


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


def test_drawn_kinds_have_families_of_their_split() -> None:
    """Designs differ between the splits, families between the seeds."""
    drawn = {split: draw_spec("dense", split, 1).botnets for split in SPLITS}
    designs = [{family.design for family in families} for families in drawn.values()]

    assert not designs[0] & designs[1]
    assert draw_spec("dense", SPLITS[0], 2).botnets != drawn[SPLITS[0]]


def test_splits_lie_apart_in_time_and_share_no_parameter() -> None:
    """Held-out windows begin after all of development; people and devices differ."""
    first, second = ([draw_spec("dense", split, seed) for seed in range(6)] for split in SPLITS)

    assert max(spec.starts_ms for spec in first) < min(spec.starts_ms for spec in second)
    assert {spec.models for spec in first}.isdisjoint(spec.models for spec in second)
    assert {spec.access for spec in first}.isdisjoint(spec.access for spec in second)


@pytest.mark.parametrize("kind", list(DRAWN))
def test_kinds_have_the_infected_share_they_state(kind: str) -> None:
    """The families' members, less those that several have, are about so many lines."""
    spec = draw_spec(kind, SPLITS[0], 3)
    members = sum(family.bots for family in spec.botnets)

    assert members * (1 - spec.coinfected) / spec.lines == pytest.approx(
        DRAWN[kind].infected, rel=0.15
    )


def test_a_kind_that_is_none_is_refused() -> None:
    """The message names those that are."""
    with pytest.raises(ValueError, match="dense"):
        draw_spec("huge", SPLITS[0], 1)
