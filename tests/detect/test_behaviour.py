"""Likeness to the C&Cs known in a window is judged by trees that never saw the service."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from hinomi.detect import features
from hinomi.detect.behaviour import BASIS, LOOKED_AT, likeness
from hinomi.detect.catalogue import REASONS
from hinomi.detect.features import Columns

ROWS = 400


def noise(seed: int, rows: int = ROWS) -> Columns:
    """Give columns that tell nothing of anything."""
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=rows) for name in LOOKED_AT}


def marked(columns: Columns, is_cc: NDArray[np.bool_]) -> Columns:
    """Let C&Cs differ in how much comes back."""
    return columns | {"in_share": columns["in_share"] + 4.0 * is_cc}


def auc(rank: NDArray[np.float64], is_cc: NDArray[np.bool_]) -> float:
    """Give the chance that a C&C ranks above another service."""
    wins = stats.mannwhitneyu(rank[is_cc], rank[~is_cc]).statistic
    return float(wins / (is_cc.sum() * (~is_cc).sum()))


def everyone(rows: int = ROWS) -> NDArray[np.bool_]:
    """Look at all services."""
    return np.ones(rows, dtype=bool)


def numbers(rows: int = ROWS) -> NDArray[np.uint64]:
    """Give services identities."""
    return np.random.default_rng(99).integers(0, 2**63, rows).astype(np.uint64)


def some(seed: int, count: int, rows: int = ROWS) -> NDArray[np.bool_]:
    """Choose services by chance."""
    chosen = np.zeros(rows, dtype=bool)
    chosen[np.random.default_rng(seed).choice(rows, count, replace=False)] = True
    return chosen


def test_nothing_that_tells_of_suspects_is_looked_at() -> None:
    """Columns of how services talk; their reasons stand in the catalogue."""
    told = {features.BASIS[name] for name in LOOKED_AT}

    assert not told & {"enriched", "company", "onset"}
    assert not [name for name in LOOKED_AT if name.startswith(("scan_", "known_", "any_"))]
    assert {*BASIS.values()} <= REASONS.keys()


def test_services_that_talk_like_known_ones_rank_first() -> None:
    """Twelve C&Cs, eight of them listed: the other four are alike."""
    is_cc = some(1, 12)
    listed = is_cc.copy()
    listed[np.flatnonzero(is_cc)[8:]] = False

    found = likeness(marked(noise(2), is_cc), listed, np.zeros(ROWS), everyone(), numbers())

    assert auc(found["alike"], is_cc) > 0.95
    unlisted = is_cc & ~listed
    assert found["alike"][unlisted].min() > np.median(found["alike"])


def test_a_label_alone_says_nothing_of_its_service() -> None:
    """On noise, the listed rank like all others: their own labels never helped them."""
    chances = [
        auc(
            likeness(noise(seed), some(seed, 60), np.zeros(ROWS), everyone(), numbers())["alike"],
            some(seed, 60),
        )
        for seed in range(6)
    ]

    assert np.mean(chances) < 0.58


def test_neither_order_nor_newcomers_deal_services_anew() -> None:
    """Rows in any order say the same; a few services more move hardly anybody."""
    is_cc = some(3, 30)
    columns, listed = marked(noise(4), is_cc), is_cc & some(5, 200)
    order = np.random.default_rng(6).permutation(ROWS)
    kept = np.ones(ROWS, dtype=bool)
    kept[np.flatnonzero(~is_cc)[:3]] = False

    before = likeness(columns, listed, np.zeros(ROWS), everyone(), numbers())["alike"]
    turned, without = (
        likeness(
            {name: column[rows] for name, column in columns.items()},
            listed[rows],
            np.zeros(rows.size),
            everyone(rows.size),
            numbers()[rows],
        )["alike"]
        for rows in (order, np.flatnonzero(kept))
    )

    assert turned.tolist() == pytest.approx(before[order].tolist(), abs=1e-9)
    moved = np.abs(without - before[kept])
    assert np.median(moved) < 0.1 * before.std()


def test_confident_finds_teach_as_lists_do() -> None:
    """A first view that is sure of some services stands in for a list; one that is not does not."""
    is_cc = some(5, 20)
    columns = marked(noise(6), is_cc)
    nobody = np.zeros(ROWS, dtype=bool)

    sure = likeness(columns, nobody, np.where(is_cc, 0.8, 0.01), everyone(), numbers())
    unsure = likeness(columns, nobody, np.where(is_cc, 0.2, 0.01), everyone(), numbers())

    assert auc(sure["alike"], is_cc) > 0.95
    assert not unsure["alike"].any()


@pytest.mark.parametrize("known", [0, 3])
def test_few_known_teach_nothing(known: int) -> None:
    """Below four positives, or without services, nothing is alike."""
    found = likeness(noise(7), some(8, known), np.zeros(ROWS), everyone(), numbers())
    empty = likeness(noise(7, 0), some(8, 0, 0), np.zeros(0), everyone(0), numbers(0))

    assert not found["alike"].any()
    assert not found["alike_rank"].any()
    assert empty["alike"].shape == empty["alike_rank"].shape == (0,)


def test_services_of_one_line_are_not_looked_at() -> None:
    """They rank last, and move nobody."""
    is_cc, several = some(9, 30), ~some(10, 100)
    columns = marked(noise(11), is_cc)
    other = {name: np.where(several, column, 9.0) for name, column in columns.items()}

    one, two = (
        likeness(each, is_cc, np.zeros(ROWS), several, numbers()) for each in (columns, other)
    )

    for name in BASIS:
        assert one[name].tolist() == two[name].tolist()
    assert one["alike"][~several].max() <= one["alike"][several].min()
    assert not one["alike_rank"][~several].any()


def test_ties_rank_alike_whatever_their_order() -> None:
    """Services that look the same have one rank; the last of all have none."""
    is_cc = some(12, 40)
    columns = {name: np.zeros(ROWS) for name in LOOKED_AT}

    found = likeness(columns, is_cc, np.zeros(ROWS), everyone(), numbers())

    folds = len({*found["alike"].tolist()})
    assert len({*found["alike_rank"].tolist()}) <= folds
    order = np.argsort(found["alike"], kind="stable")
    assert (np.diff(found["alike_rank"][order]) >= 0).all()


def test_the_same_window_is_judged_the_same() -> None:
    """No chance is left in it."""
    columns, listed = noise(13), some(14, 20)

    one, two = (likeness(columns, listed, np.zeros(ROWS), everyone(), numbers()) for _ in range(2))

    assert one["alike"].tolist() == two["alike"].tolist()


def test_degenerate_columns_stay_finite() -> None:
    """All services listed, or all alike: numbers all the same."""
    for listed in (everyone(), some(15, 10)):
        found = likeness(
            {name: np.zeros(ROWS) for name in LOOKED_AT},
            listed,
            np.zeros(ROWS),
            everyone(),
            numbers(),
        )
        assert all(np.isfinite(column).all() for column in found.values())
