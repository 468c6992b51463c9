"""
How many C&C servers nobody found, from how often independent methods found the same ones.

If a honeypot finds a hundred and flow found thirty of them, flow finds three in ten: if, that
is, being found by the one has nothing to do with being found by the other. It mostly has.
Large botnets are found by everybody. So there are more than is estimated here, and flow finds
fewer: the estimate bounds the total from below and recall from above.
"""

import math
from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hinomi.verify import loglinear
from hinomi.verify.intervals import WIDTH, Estimate

ODDS_RATIOS: Final = (1 / 3, 1 / 2, 1.0, 2.0, 3.0)
"""Dependence for which the estimate is told as well."""

NEAR: Final = 2.0
"""Models whose AIC is no further from the least are as good: Burnham and Anderson (2002)."""

ASSUMPTION_EN: Final = (
    "The estimate takes it that the methods find a server independently of one another, but for "
    "the pairs that the chosen model names; that every server was there for all of them in this "
    "time; and that the same server was recognised as the same. Large botnets are easier to find "
    "for every method. Then the methods overlap more than chance would have it, the true total is "
    "larger than the estimate, and the true recall is smaller: read the total as a lower bound "
    "and recall as an upper bound."
)
ASSUMPTION_JA: Final = (
    "この推定は、選んだモデルが示す組を除いて各手法が互いに独立にサーバを見つけること、"
    "この期間にどの手法からもそのサーバを見つけ得たこと、同じサーバを同じものと照合できたことを前提とする。"
    "大きなボットネットはどの手法でも見つけやすい。そのため手法どうしの重なりは偶然より大きくなり、"
    "実際の総数は推定より多く、実際の再現率は推定より低い。"
    "総数は下限、再現率は上限として読むこと。"
)

TWO: Final = 2
THREE: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """How many servers there are, by one way of reckoning."""

    name: str
    total: Estimate  # Seen and unseen.
    aic: float | None = None  # Of log-linear models only.


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependence:
    """The estimate if the methods depended on each other otherwise than the model has it."""

    odds_ratio: float  # So many times that of the model, among what all others missed.
    total: float
    recall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """Estimated recall of one method, and everything that it rests on."""

    method: str
    methods: tuple[str, ...]
    found: Mapping[str, int]  # By each method.
    overlaps: Mapping[str, int]  # By exactly these methods, joined by +.
    seen: int  # By any.
    total: Total  # What was chosen.
    recall: Estimate
    others: tuple[Total, ...]  # What was not chosen; Chao's lower bound among them.
    sensitivity: tuple[Dependence, ...]
    assumption: str = ASSUMPTION_EN
    assumption_ja: str = ASSUMPTION_JA


def estimate(found: Mapping[str, Collection[Hashable]], method: str) -> Recall | None:
    """
    Estimate how many of all C&C servers one method found.

    Args:
        found: What each of two or three methods found: checked C&C servers only, which lines
            of the own network spoke with in this time, each method without the help of the
            others. A server that flow found because a list names it was not found by flow.
        method: Whose recall is estimated; one of *found*.

    Returns:
        None where the overlap is too small to tell anything: no two methods share a server.

    Raises:
        ValueError: If there are fewer than two or more than three methods, or *method* is none
            of them (the caller's bug).

    Notes:
        Of three methods, the model of least AIC gives the estimate; the interval reaches over
        all models that are as good (`NEAR`), since a choice among eight is itself a guess.

    Source:
        International Working Group for Disease Monitoring and Forecasting (1995), American
        Journal of Epidemiology 142:1047, for the assumptions; `loglinear` for the models.
    """
    if method not in found or not TWO <= len(found) <= THREE:
        raise ValueError(f"{method!r} is estimated from two or three methods, itself one of them")
    names = tuple(found)
    table = histories(tuple(found.values()))
    totals = _two(table, names) if len(names) == TWO else _three(table, names)
    if not totals:
        return None
    chosen, *others = totals
    seen, own = sum(table.values()), len(set(found[method]))
    return Recall(
        method=method,
        methods=names,
        found={name: len(set(each)) for name, each in found.items()},
        overlaps={"+".join(_names(cell, names)): number for cell, number in sorted(table.items())},
        seen=seen,
        total=chosen,
        recall=_recall(own, chosen.total),
        others=(*others, Total(name="Chao's lower bound", total=chao(table))),
        sensitivity=tuple(_depending(each, own, seen, chosen.total) for each in ODDS_RATIOS),
    )


def histories(found: Sequence[Collection[Hashable]]) -> dict[tuple[bool, ...], int]:
    """Count servers by whether each method found them; who has none in common gives no cell."""
    kinds = [set(each) for each in found]
    return dict(Counter(tuple(each in kind for kind in kinds) for each in set().union(*kinds)))


def chapman(one: int, other: int, both: int) -> Estimate:
    """
    Estimate a total from two independent methods.

    Args:
        one: Found by the one, 0 or more, as the others.
        other: Found by the other.
        both: Found by both.

    Returns:
        Chapman's estimate, nearly unbiased; its interval has the seen ones as its floor.

    Source:
        Chapman (1951), University of California Publications in Statistics 1:131; Seber
        (1970), Biometrics 26:13, for the variance; Chao (1987), Biometrics 43:783, for an
        interval in the logarithm of what is unseen.
    """
    seen = one + other - both
    total = (one + 1) * (other + 1) / (both + 1) - 1
    spread = (one + 1) * (other + 1) * (one - both) * (other - both)
    return _around(seen, total, spread / ((both + 1) ** 2 * (both + 2)))


def chao(table: loglinear.Table) -> Estimate:
    """
    Give the least total that what was found once and twice allows, however unequal servers are.

    Source:
        Chao (1987), Biometrics 43:783, corrected for bias as in Chao (2005), *Encyclopedia of
        Statistical Sciences*, "Species estimation and applications", for few occasions.
    """
    methods, seen = len(next(iter(table))), sum(table.values())
    once = sum(number for cell, number in table.items() if sum(cell) == 1)
    twice = sum(number for cell, number in table.items() if sum(cell) == TWO)
    part = (methods - 1) / methods
    unseen = part * once * (once - 1) / (2 * (twice + 1))
    spread = (
        unseen
        + part**2 * once * (2 * once - 1) ** 2 / (4 * (twice + 1) ** 2)
        + part**2 * once**2 * twice * (once - 1) ** 2 / (4 * (twice + 1) ** 4)
    )
    return _around(seen, seen + unseen, spread)


def _two(table: loglinear.Table, names: tuple[str, ...]) -> list[Total]:
    """Give Chapman's estimate; nothing where the two have nothing in common."""
    both = table.get((True, True), 0)
    if both == 0:
        return []
    one, other = (table.get(cell, 0) + both for cell in ((True, False), (False, True)))
    seen = sum(table.values())
    found = loglinear.fit(table, ())
    totals = [Total(name=f"{names[0]} and {names[1]} independent (Chapman)",
                    total=chapman(one, other, both))]  # fmt: skip
    if found is not None:
        low, high = loglinear.profile(table, found)
        likelihood = Estimate(seen + found.unseen, seen + low, seen + high)
        totals.append(Total(name="the same by likelihood", total=likelihood))
    return totals


def _three(table: loglinear.Table, names: tuple[str, ...]) -> list[Total]:
    """Give the estimates of all models that can be fitted, the best one first."""
    full = {cell: table.get(cell, 0) for cell in _cells()}
    seen = sum(full.values())
    fits = [fit for pairs in loglinear.models(THREE) if (fit := loglinear.fit(full, pairs))]
    ranked = sorted(fits, key=lambda each: each.aic)
    totals = []
    for each in ranked:
        low, high = loglinear.profile(full, each)
        likelihood = Estimate(seen + each.unseen, seen + low, seen + high)
        totals.append(Total(name=_model(each.pairs, names), total=likelihood, aic=each.aic))
    if not totals:
        return []
    near = [each.total for each, fit in zip(totals, ranked, strict=True)
            if fit.aic <= ranked[0].aic + NEAR]  # fmt: skip
    best = totals[0]
    wide = Estimate(
        best.total.value, min(each.low for each in near), max(each.high for each in near)
    )
    return [Total(name=best.name, total=wide, aic=best.aic), *totals[1:]]


def _cells() -> list[tuple[bool, ...]]:
    return [
        (one, two, three)
        for one in (False, True)
        for two in (False, True)
        for three in (False, True)
        if one or two or three
    ]


def _model(pairs: tuple[loglinear.Pair, ...], names: tuple[str, ...]) -> str:
    if not pairs:
        return "all independent"
    told = [f"{names[one]} with {names[other]}" for one, other in pairs]
    return "dependent: " + ", ".join(told)


def _names(cell: tuple[bool, ...], names: tuple[str, ...]) -> list[str]:
    return [name for name, is_in in zip(names, cell, strict=True) if is_in]


def _around(seen: int, total: float, variance: float) -> Estimate:
    """Give an interval of a total that lies above what is seen."""
    unseen = total - seen
    if unseen <= 0:
        return Estimate(total, float(seen), total)
    factor = math.exp(WIDTH * math.sqrt(math.log1p(variance / unseen**2)))
    return Estimate(total, seen + unseen / factor, seen + unseen * factor)


def _recall(own: int, total: Estimate) -> Estimate:
    return Estimate(own / total.value, own / total.high, min(own / total.low, 1.0))


def _depending(odds_ratio: float, own: int, seen: int, total: Estimate) -> Dependence:
    """
    Tell what the estimate would be under another dependence.

    Of two methods, the odds ratio between them is a factor of what neither found. Of three, the
    model knows it among the servers that the third found; nothing knows it among the others,
    and there it is a factor just so.
    """
    after = seen + odds_ratio * (total.value - seen)
    return Dependence(odds_ratio=odds_ratio, total=after, recall=own / after)
