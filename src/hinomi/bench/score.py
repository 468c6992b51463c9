"""
How good a ranking is, measured against the truth.

The rules, the same for every method:

* Known C&Cs are taken out first: what is measured is what nobody knew.
* Right is a live C&C server (label ``cc``), of whichever tier. Loaders, sinkholes and dead
  C&Cs are wrong.
* Wanted are the detectable unknown C&Cs (R of them): recall and average precision ask for
  those alone. A C&C that was hardly sampled and is found all the same is right, and asked
  for by nobody.
* A list that ends early has nothing right in the places it leaves empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hinomi.bench.ranking import Ranking, has_probability, require_ranking
from hinomi.detect.columns import floats

DEPTHS: Final = (20, 50, 100)
"""Places of the list at which precision is told."""

DEPTH: Final = 100
"""Places that an analyst goes through: recall is told for these."""

MONTH_DAYS: Final = 30.0
LIKELY: Final = 0.5
SURE: Final = 0.9
CC: Final = "cc"
UNNAMED: Final = "unnamed"
"""What is called a service of which the truth says nothing: ordinary background."""

SIZES: Final = ((5, "5-9"), (10, "10-19"), (20, "20-49"), (50, "50-199"), (200, "200+"))
"""
Bands of members sampled with a C&C, or clients where members are not stated: from so many
on, and what the band is called.
"""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    found: int
    of: int

    def __add__(self, other: "Share") -> "Share":
        return Share(self.found + other.found, self.of + other.of)

    @property
    def value(self) -> float | None:
        """The share, 0..1; None of nothing."""
        return self.found / self.of if self.of else None


class Fact(IntFlag):
    """What may be true of a row of a ranking."""

    RIGHT = 1  # A live C&C server.
    KNOWN = 2
    WANTED = 4  # A detectable unknown C&C.
    ALIVE = 8  # A detectable known C&C, live.


@dataclass(frozen=True, slots=True)
class Matched:
    """A ranking beside the truth; arrays have one value a row of the ranking."""

    probability: NDArray[np.float64] | None  # None: the method gives none.
    row: NDArray[np.int64]  # Of the truth, -1 where it has none.
    right: NDArray[np.bool_]
    known: NDArray[np.bool_]
    wanted: NDArray[np.bool_]
    truth: pa.Table
    sought: NDArray[np.bool_]  # One value a row of the truth: detectable unknown C&Cs.


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How good one method is on one world."""

    figures: dict[str, float | None]  # By the names of FIGURES; None: nothing to measure.
    groups: dict[str, dict[str, Share]]  # Recall in the first 100 by family, size, tier, design.
    traps: dict[str, int]  # Wrong ones in the first 100, by label.
    likely_traps: dict[str, int]  # Wrong unknown ones at p >= 0.5, by label.
    curve: list[tuple[float, float]]  # Recall and precision at each wanted one that was found.
    found: list[int]  # Unknown C&Cs in the first 100, detectable or not: rows of the truth.


FIGURES: Final[Mapping[str, str]] = {
    "precision_20": "precision in the first 20",
    "precision_50": "precision in the first 50",
    "precision_100": "precision in the first 100",
    "r_precision": "precision in the first R",
    "average_precision": "average precision",
    "recall_100": "recall in the first 100",
    "upper_tier_recall_100": "upper-tier recall in the first 100",
    "false_a_month_50": "false servers an ISP-month at p >= 0.5",
    "false_a_month_90": "false servers an ISP-month at p >= 0.9",
    "right_90": "right of what is shown at p >= 0.9",
    "right_90_unknown": "right of the unknown shown at p >= 0.9",
    "present_90": "detectable unknown shown at p >= 0.9",
    "known_confirmed": "live detectable known C&Cs confirmed at p >= 0.5",
}
"""What is measured, in words."""

SHOWN: Final = (
    "false_a_month_50", "false_a_month_90", "right_90", "right_90_unknown", "present_90",
    "known_confirmed",
)  # fmt: skip
"""Those that only a method with probabilities has."""


def match(ranking: Ranking, truth: pa.Table) -> Matched:
    """
    Lay a ranking beside the truth.

    Args:
        ranking: Rows of `ranking.SCHEMA`.
        truth: Rows of `worldfiles.TRUTH`, addresses as the ranking names them.

    Raises:
        ValueError: If the ranking breaks its form, or names a service twice.
    """
    require_ranking(ranking)
    is_cc = _is(truth, CC)
    ends = _ends(truth)
    # One that is named twice (an attacked C&C, two hosts of a line) is what is asked for.
    places = {ends[place]: place for place in np.argsort(is_cc, kind="stable").tolist()}
    row = np.full(ranking.num_rows, -1, dtype=np.int64)
    near = pc.is_in(ranking.column("address"), truth.column("address").combine_chunks())
    candidates = np.flatnonzero(near.to_numpy())
    for place, end in zip(
        candidates.tolist(), _ends(ranking.take(pa.array(candidates))), strict=True
    ):
        row[place] = places.get(end, -1)
    named = row[row >= 0]
    if np.unique(named).size != named.size:
        raise ValueError("a ranking names each service once")
    is_known = _flags(truth, "known")
    sought = is_cc & ~is_known & _flags(truth, "detectable")
    return Matched(
        probability=floats(ranking, "probability") if has_probability(ranking) else None,
        row=row,
        right=_of(is_cc, row),
        # Where the truth has a row it decides: a list may name the address of another port.
        known=np.where(row >= 0, _of(is_known, row), _flags(ranking, "known")),
        wanted=_of(sought, row),
        truth=truth,
        sought=sought,
    )


def score(matched: Matched, *, days: float) -> Score:
    """
    Measure a ranking.

    Args:
        matched: What `match` laid side by side.
        days: Length of the window.

    Raises:
        ValueError: If *days* is not positive (the caller's bug).
    """
    if days <= 0:
        raise ValueError("a window has a length")
    unknown = np.flatnonzero(~matched.known)
    right, wanted = matched.right[unknown], matched.wanted[unknown]
    sought = int(matched.sought.sum())
    found = np.zeros(matched.sought.size, dtype=np.bool_)
    found[matched.row[unknown[:DEPTH][wanted[:DEPTH]]]] = True
    groups = {
        "family": _by(matched, found, [str(each) for each in _texts(matched.truth, "family")]),
        "size": _by(matched, found, _sizes(matched.truth)),
        "tier": _by(matched, found, [str(each) for each in _texts(matched.truth, "tier")]),
    }
    if matched.truth.column("design").null_count < matched.truth.num_rows:
        groups["design"] = _by(
            matched, found, [str(each or "-") for each in _texts(matched.truth, "design")]
        )
    figures: dict[str, float | None] = {
        f"precision_{depth}": float(right[:depth].sum()) / depth for depth in DEPTHS
    }
    figures["r_precision"] = float(right[:sought].sum()) / sought if sought else None
    figures["average_precision"] = average_precision(right, wanted, sought)
    figures["recall_100"] = Share(int(found.sum()), sought).value
    figures["upper_tier_recall_100"] = groups["tier"].get("2", Share(0, 0)).value
    figures |= (
        dict.fromkeys(SHOWN)
        if matched.probability is None
        else shown(
            matched.probability,
            facts_of(matched),
            sought=sought,
            alive=count_alive(matched),
            days=days,
        )
    )
    return Score(
        figures=figures,
        groups=groups,
        traps=_traps(matched, unknown[:DEPTH]),
        likely_traps=_traps(matched, unknown[_likely(matched)[unknown]]),
        curve=precision_recall(right, wanted, sought),
        found=sorted(matched.row[unknown[:DEPTH][right[:DEPTH]]].tolist()),
    )


def average_precision(
    right: NDArray[np.bool_], wanted: NDArray[np.bool_], sought: int
) -> float | None:
    """
    Average, over all wanted ones, the precision at the place where each is found.

    Args:
        right: Per place of the list, shape (n,).
        wanted: The same; what is wanted is right.
        sought: How many are wanted in all, found or not.

    Returns:
        0..1, where one that is not found adds 0; None if nothing is wanted.

    Source:
        Buckley and Voorhees (2000), SIGIR, section 2; precision here counts all that is right.
    """
    if sought == 0:
        return None
    precision = np.cumsum(right) / np.arange(1, right.size + 1)
    return float(precision[wanted].sum()) / sought


def precision_recall(
    right: NDArray[np.bool_], wanted: NDArray[np.bool_], sought: int
) -> list[tuple[float, float]]:
    """Give recall and precision at each place where a wanted one is found."""
    if sought == 0:
        return []
    places = np.flatnonzero(wanted)
    precision = np.cumsum(right)[places] / (places + 1)
    recall = np.arange(1, places.size + 1) / sought
    return list(zip(recall.round(6).tolist(), precision.round(6).tolist(), strict=True))


def facts_of(matched: Matched) -> NDArray[np.int64]:
    """Give what is true of each row of a ranking, as a sum of the values of `Fact`."""
    facts = np.zeros(matched.row.size, dtype=np.int64)
    for fact, holds in (
        (Fact.RIGHT, matched.right),
        (Fact.KNOWN, matched.known),
        (Fact.WANTED, matched.wanted),
        (Fact.ALIVE, _of(_alive(matched.truth), matched.row)),
    ):
        facts[holds] |= int(fact)
    return facts


def count_alive(matched: Matched) -> int:
    """Count the live detectable known C&Cs, ranked or not."""
    return int(_alive(matched.truth).sum())


def shown(
    probability: NDArray[np.float64],
    facts: NDArray[np.int64],
    *,
    sought: int,
    alive: int,
    days: float,
) -> dict[str, float | None]:
    """
    Tell how right probabilities of a half and of nine tenths are, and what they hold.

    Args:
        probability: Of each service that is shown, shape (n,).
        facts: Of the same, as `facts_of` gives them.
        sought: R.
        alive: Known C&Cs that are to be confirmed.
        days: Length of the window.

    Returns:
        The figures of SHOWN.
    """
    likely, sure = probability >= LIKELY, probability >= SURE
    right, is_known = (facts & Fact.RIGHT) != 0, (facts & Fact.KNOWN) != 0
    false, fresh = ~right & ~is_known, sure & ~is_known
    wanted, confirmed = (facts & Fact.WANTED) != 0, likely & ((facts & Fact.ALIVE) != 0)
    return {
        "false_a_month_50": float((likely & false).sum()) * MONTH_DAYS / days,
        "false_a_month_90": float((sure & false).sum()) * MONTH_DAYS / days,
        "right_90": Share(int((sure & right).sum()), int(sure.sum())).value,
        "right_90_unknown": Share(int((fresh & right).sum()), int(fresh.sum())).value,
        "present_90": Share(int((sure & wanted).sum()), sought).value,
        "known_confirmed": Share(int(confirmed.sum()), alive).value,
    }


def _alive(truth: pa.Table) -> NDArray[np.bool_]:
    known = _is(truth, CC) & _flags(truth, "known")
    return np.asarray(known & _flags(truth, "detectable"), dtype=np.bool_)


def _by(matched: Matched, found: NDArray[np.bool_], groups: list[str]) -> dict[str, Share]:
    """Count the wanted ones of each group, and those found."""
    shares: dict[str, Share] = {}
    for place in np.flatnonzero(matched.sought).tolist():
        group = groups[place]
        shares[group] = shares.get(group, Share(0, 0)) + Share(int(found[place]), 1)
    return dict(sorted(shares.items()))


def _sizes(truth: pa.Table) -> list[str]:
    sampled = zip(*(truth.column(name).to_pylist() for name in ("bots", "clients")), strict=True)
    return [_size(clients if bots is None else bots) for bots, clients in sampled]


def _size(sampled: int | None) -> str:
    if sampled is None:
        return "not stated"
    return next((name for least, name in reversed(SIZES) if sampled >= least), "below 5")


def _likely(matched: Matched) -> NDArray[np.bool_]:
    if matched.probability is None:
        return np.zeros(matched.row.size, dtype=np.bool_)
    return matched.probability >= LIKELY


def _traps(matched: Matched, places: NDArray[np.int64]) -> dict[str, int]:
    labels = _texts(matched.truth, "label")
    wrong = matched.row[places[~matched.right[places]]].tolist()
    counts: dict[str, int] = {}
    for row in wrong:
        label = str(labels[row]) if row >= 0 else UNNAMED
        counts[label] = counts.get(label, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _ends(table: pa.Table) -> list[tuple[str, str, int]]:
    columns = [table.column(name).to_pylist() for name in ("address", "protocol", "port")]
    return list(zip(*columns, strict=True))


def _texts(table: pa.Table, name: str) -> list[object]:
    return list(table.column(name).to_pylist())


def _is(truth: pa.Table, label: str) -> NDArray[np.bool_]:
    return np.array([each == label for each in _texts(truth, "label")], dtype=np.bool_)


def _flags(table: pa.Table, name: str) -> NDArray[np.bool_]:
    return np.asarray(table.column(name).to_numpy(), dtype=np.bool_)


def _of(facts: NDArray[np.bool_], row: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Look up a fact of each row; -1 has none."""
    return np.append(facts, False)[row]
