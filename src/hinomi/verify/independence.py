"""
Which sources are independent: copies count once, and so do lists that nobody can tell apart.

Two sources of one method that were watched too little to tell are held for one until they are
shown to be independent. Two of different methods are two until one is shown to copy the other.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from hinomi.model.evidence import Evidence, Method
from hinomi.verify.copying import TOGETHER, Clue, Copying, History, Key, Kinship, clues

_ALONE: Final[History] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What two sources are to each other, and the clues for it."""

    one: str
    other: str
    kinship: Kinship
    is_declared: bool  # A person said that they are one; no clue was asked.
    one_from_other: tuple[Clue, ...]
    other_from_one: tuple[Clue, ...]

    def copied(self, source: str) -> float:
        """Give the share of *source*, one of the two, that seems copied from the other; 0..1."""
        if self.is_declared:
            return 1.0
        own = self.one_from_other if source == self.one else self.other_from_one
        # No more can be copied than is found, however little the clue knows beside that.
        shares = (
            min(each.share, each.found / each.entries)
            for each in own
            if each.is_enough and each.code != TOGETHER
        )
        return max(shares, default=0.0)

    def explain(self) -> tuple[tuple[str, str], ...]:
        """Give sentences with the numbers, in English and Japanese, those with enough first."""
        if self.is_declared:
            return ((f"{self.one} and {self.other} were declared one source",
                     f"{self.one}と{self.other}は同一の情報源として登録されている"),)  # fmt: skip
        directed = [(each, self.one, self.other) for each in self.one_from_other]
        # What is found together or at once is so from both sides.
        directed += [
            (each, self.other, self.one)
            for each in self.other_from_one
            if each.code in {"following", "mistakes"}
        ]
        told = [each for each in directed if each[0].is_enough]
        if told:
            return tuple(_sentence(*each) for each in told)
        most = max(each.entries for each in self.one_from_other)
        return ((f"{self.one} and {self.other} have too little history in common: {most} entries",
                 f"{self.one}と{self.other}は共通の履歴が少なすぎる({most}件)"),)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Independence:
    """What all sources are to each other."""

    methods: Mapping[str, Method]
    pairs: tuple[Pair, ...]
    discounts: dict[str, float]  # What of a source is its own, 0..1; 1 minus what it copies.

    def groups(self, among: Iterable[str] | None = None) -> dict[str, str]:
        """
        Put sources that are not independent into one group.

        Ask for the sources that speak of one service: a new list, of which nothing is known
        yet, may be a copy of either of two others, so it adds nothing to one of them and takes
        nothing from both. As many groups stand as there are sources shown independent of each
        other, chosen greedily; every other source joins the one it seems closest to.

        Args:
            among: The sources that matter; all if not given.

        Returns:
            The group of each, called by the source that leads it.

        Raises:
            ValueError: If a source is unknown (the caller's bug).
        """
        names = set(self.methods) if among is None else set(among)
        if unknown := names - set(self.methods):
            raise ValueError(f"unknown sources: {', '.join(sorted(unknown))}")
        links: dict[str, dict[str, float]] = {name: {} for name in names}
        for pair in self.pairs:
            if {pair.one, pair.other} <= names and self._is_linked(pair):
                closeness = max(pair.copied(pair.one), pair.copied(pair.other))
                links[pair.one][pair.other] = links[pair.other][pair.one] = closeness
        return grouped(links)

    def _is_linked(self, pair: Pair) -> bool:
        if pair.kinship is Kinship.UNDECIDED:
            return self.methods[pair.one] is self.methods[pair.other]
        return pair.kinship is Kinship.COPY


def independence(
    methods: Mapping[str, Method],
    histories: Mapping[str, History],
    *,
    wrong: Collection[Key] = (),
    declared: Iterable[tuple[str, str]] = (),
    copying: Copying,
) -> Independence:
    """
    Compare every source with every other.

    Args:
        methods: Every source and its method.
        histories: On which day each list first named what. Keys are compared as they are: give
            addresses alone where one of the lists has no ports.
        wrong: Keys that turned out wrong.
        declared: Pairs that a person knows to be one source.
        copying: What it is reckoned with.

    Returns:
        Pairs and discounts, and the groups of any sources among them. The discount of a source
        is for what it copies from those that are not of its group: in it, it adds nothing.
    """
    one_source = {frozenset(each) for each in declared}
    known_wrong = frozenset(wrong)
    pairs = tuple(
        _pair(one, other, histories, known_wrong, copying)
        if frozenset((one, other)) not in one_source
        else _declared(one, other)
        for one, other in combinations(sorted(methods), 2)
    )
    discounts = dict.fromkeys(methods, 1.0)
    for pair in pairs:
        if pair.kinship is not Kinship.COPY:
            for name in (pair.one, pair.other):
                discounts[name] = min(discounts[name], 1.0 - pair.copied(name))
    return Independence(methods=dict(methods), pairs=pairs, discounts=discounts)


def grouped(links: Mapping[str, Mapping[str, float]]) -> dict[str, str]:
    """
    Put sources that are linked into groups, as `Independence.groups` says.

    Args:
        links: Of each source, those that it is not independent of, and how close they are.

    Returns:
        The group of each, called by the source that leads it.
    """
    leaders: list[str] = []
    for name in sorted(links, key=lambda name: (len(links[name]), name)):
        if links[name].keys().isdisjoint(leaders):
            leaders.append(name)
    return {
        name: name if name in leaders else _closest(links[name], leaders) for name in sorted(links)
    }


def _closest(links: Mapping[str, float], leaders: Iterable[str]) -> str:
    """Give the leader that a source is linked with most closely; it is linked with one."""
    return max((each for each in leaders if each in links), key=lambda each: links[each])


def _pair(
    one: str,
    other: str,
    histories: Mapping[str, History],
    wrong: Collection[Key],
    copying: Copying,
) -> Pair:
    first, second = histories.get(one, _ALONE), histories.get(other, _ALONE)
    there = clues(first, second, wrong, copying)
    back = clues(second, first, wrong, copying)
    return Pair(
        one=one,
        other=other,
        kinship=_kinship(there, back, copying.copy_share),
        is_declared=False,
        one_from_other=there,
        other_from_one=back,
    )


def _declared(one: str, other: str) -> Pair:
    return Pair(
        one=one,
        other=other,
        kinship=Kinship.COPY,
        is_declared=True,
        one_from_other=(),
        other_from_one=(),
    )


def _kinship(there: Iterable[Clue], back: Iterable[Clue], copy_share: float) -> Kinship:
    """Weigh the clues of both directions against each other."""
    said = {
        code: {each.says(copy_share) for each in (*there, *back) if each.code == code}
        for code in ("following", "at-once", TOGETHER, "mistakes")
    }
    cleared = {Kinship.INDEPENDENT}
    is_cleared = said["mistakes"] == cleared
    if any(Kinship.COPY in each for each in said.values()):
        # Days that look copied and mistakes that do not: somebody has to look.
        return Kinship.UNDECIDED if is_cleared else Kinship.COPY
    # Copies that come days later are not found at once, so that clue clears nobody.
    is_cleared |= said["following"] == said[TOGETHER] == cleared
    return Kinship.INDEPENDENT if is_cleared else Kinship.UNDECIDED


def _sentence(clue: Clue, one: str, other: str) -> tuple[str, str]:
    share = f"{clue.share:.2f} ({clue.low:.2f}-{clue.high:.2f})"
    numbers = f"{clue.found} of {clue.entries}, by chance {clue.by_chance:.0f}"
    numbers_ja = f"{clue.entries}件中{clue.found}件、偶然なら{clue.by_chance:.0f}件"
    what, what_ja = {
        "following": (
            f"{one} follows {other} within days",
            f"{one}は{other}の数日以内に後から掲載している",
        ),
        "at-once": (
            f"{one} and {other} name it within a day",
            f"{one}と{other}は一日以内に掲載している",
        ),
        TOGETHER: (
            f"{one} and {other} name it within days",
            f"{one}と{other}は数日以内に掲載している",
        ),
        "mistakes": (
            f"{other} has mistakes of {one} as well",
            f"{one}の誤りを{other}も掲載している",
        ),
    }[clue.code]
    return (
        f"{what}: {numbers}; copied share {share}",
        f"{what_ja}: {numbers_ja}。複製の割合 {share}",
    )


def independent_methods(evidence: Iterable[Evidence], groups: Mapping[str, str]) -> int:
    """
    Count the methods that stand on sources of their own.

    Two sources of one method are one method; one method reached by way of another's source is
    none beside it. So this is the largest number of statements of which no two share a method
    or an independence group.

    Args:
        evidence: Statements of one side.
        groups: The independence group of each source; one that is missing stands alone.

    Returns:
        How many, from 0.
    """
    reached: dict[Method, set[str]] = {}
    for each in evidence:
        reached.setdefault(each.method, set()).add(groups.get(each.source, each.source))
    taken: dict[str, Method] = {}
    return sum(_finds_group(method, reached, taken, set()) for method in reached)


def _finds_group(
    method: Method,
    reached: Mapping[Method, set[str]],
    taken: dict[str, Method],
    tried: set[str],
) -> bool:
    """Give *method* a group of its own, moving others where they have another (Kuhn 1955)."""
    for group in sorted(reached[method] - tried):
        tried.add(group)
        if group not in taken or _finds_group(taken[group], reached, taken, tried):
            taken[group] = method
            return True
    return False
