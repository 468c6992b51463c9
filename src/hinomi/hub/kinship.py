"""
Which members are one, and which only pass on a public list: asked of when each named what.

A member that copies another adds no word of its own, and one that passes on a list says what the
list says. Members put their names to what they found themselves, so that two of them are two
until their histories show otherwise; lists are one until they show that they are not.

Of each history a sample is kept, so that the cost is bounded: of an address the same number is
made at every member, and the addresses with the lowest numbers are kept. What one member's sample
holds of those numbers another's holds too, if that member ever named it.

Source:
    Coordinated sampling by the least hashes: Broder (1997), SEQUENCES 1997:21 (bottom-k sketches).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from hinomi.hub.servers import Columns, Ints
from hinomi.hub.voices import mixed
from hinomi.model.evidence import Method
from hinomi.verify.copying import Copying, Kinship
from hinomi.verify.independence import Pair, grouped, independence

SAMPLE_MOST: Final = 1_000
"""Addresses kept of a history: an interval of a copied share is then 0.05 wide."""

_ALL: Final = 2**64 - 1
_LEAST_SHARED: Final = 5
"""Sources that share fewer addresses show nothing, by any clue (`evidence.least_mistakes`)."""

_TWO: Final = -1.0
"""In place of closeness: they are two."""

_OTHERS: Final = 3
"""Fewer members that could have named a server as well tell nothing of who did."""

_Numbers = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """When a source first and last named addresses; shape (n,), by number, each once."""

    number: _Numbers  # Made of the address.
    first: Ints  # Epoch.
    last: Ints
    bound: int = _ALL  # Addresses with a number up to here are all in it.

    @classmethod
    def nothing(cls) -> Self:
        """Give that of a source that has said nothing yet."""
        none = np.zeros(0, dtype=np.int64)
        return cls(number=none.astype(np.uint64), first=none, last=none)

    def then(self, numbers: _Numbers, epoch: int, *, forget_before: int) -> "Past":
        """
        Add what was named in *epoch*; the same again changes nothing.

        Args:
            numbers: Of the addresses, in any order.
            epoch: In which they were named.
            forget_before: What was last named before that epoch goes.
        """
        named = np.unique(numbers)
        return self.joined(named, np.full(named.size, epoch, np.int64), forget_before)

    def joined(self, numbers: _Numbers, epochs: Ints, forget_before: int) -> "Past":
        """Add addresses, each named in an epoch of its own; each stands in *numbers* once."""
        kept = numbers <= np.uint64(self.bound)
        number = np.concatenate([self.number, numbers[kept]])
        first = np.concatenate([self.first, epochs[kept]])
        last = np.concatenate([self.last, epochs[kept]])
        number, place = np.unique(number, return_inverse=True)
        begins = np.full(number.size, np.iinfo(np.int64).max, dtype=np.int64)
        ends = np.full(number.size, np.iinfo(np.int64).min, dtype=np.int64)
        np.minimum.at(begins, place, first)
        np.maximum.at(ends, place, last)
        there = ends >= forget_before
        number, begins, ends = number[there], begins[there], ends[there]
        if number.size <= SAMPLE_MOST:
            return Past(number=number, first=begins, last=ends, bound=self.bound)
        return Past(
            number=number[:SAMPLE_MOST],
            first=begins[:SAMPLE_MOST],
            last=ends[:SAMPLE_MOST],
            bound=int(number[SAMPLE_MOST - 1]),
        )

    def history(self, bound: int, epoch_days: int) -> dict[int, int]:
        """Give the day on which each address up to number *bound* was first named."""
        rows = self.number <= np.uint64(bound)
        days = self.first[rows] * epoch_days
        return dict(zip(self.number[rows].tolist(), days.tolist(), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kin:
    """Which sources are one."""

    groups: Mapping[str, str]  # Of each source, called by the one that leads it.
    forwards: Mapping[str, tuple[str, ...]]  # Lists that a member passes on.


def numbers_of(columns: Columns) -> _Numbers:
    """Give the number of the address of each row, shape (n,)."""
    high = mixed(columns.hi.view(np.uint64))
    return mixed(high ^ columns.lo.view(np.uint64))


def kin_of(
    members: Mapping[str, Past],
    lists: Mapping[str, Past],
    *,
    wrong: Collection[int],
    families: Mapping[str, str],
    copying: Copying,
    epoch_days: int,
    rare: int,
) -> Kin:
    """
    Compare every source with every other.

    Args:
        members: What each member said before.
        lists: The same of public lists of C&C servers.
        wrong: Numbers of addresses that people refused.
        families: What people say: sources of one family are one, those of two are two.
        copying: What copying is reckoned with.
        epoch_days: Length of an epoch.
        rare: Two members are compared by what so many name at most, and only where there are
            `_OTHERS` more.

    Notes:
        A botnet that begins is found on its first day by all who are quick, and looks as if all
        had copied. What only a few of many name tells copies from that. Of 12 made-up members
        that find four in five of what they meet on its first day, 8 are held for independent
        after 90 days if all that they name is compared, and 12 of 12 as it is done here. For the
        same reason it shows nothing that two name the very same servers now, however many: where
        a few large botnets are all that there is, honest members agree to the last one.
    """
    compared = _Compared(
        members, lists, _rare(members, rare), frozenset(wrong), copying, epoch_days
    )
    names = sorted({*members, *lists})
    links: dict[str, dict[str, float]] = {name: {} for name in names}
    forwards: dict[str, list[str]] = {}
    for one, other in combinations(names, 2):
        told = _told(families.get(one), families.get(other))
        close = compared.closeness(one, other) if told is None else told
        if close < 0.0:
            continue
        if (one in members) == (other in members):
            links[one][other] = links[other][one] = close
        else:
            member, its = (one, other) if one in members else (other, one)
            forwards.setdefault(member, []).append(its)
    return Kin(
        groups=grouped(links),
        forwards={name: tuple(its) for name, its in sorted(forwards.items())},
    )


@dataclass(frozen=True, slots=True)
class _Compared:
    """Histories, and how they are compared."""

    members: Mapping[str, Past]
    lists: Mapping[str, Past]
    rare: Mapping[str, Past]  # Those of members, without what many of them name.
    wrong: Collection[int]
    copying: Copying
    epoch_days: int

    def closeness(self, one: str, other: str) -> float:
        """Tell how close two sources are, 0..1; below 0: they are two."""
        known = self.rare if one in self.members and other in self.members else self._all
        pair = self._pair({one: known[one], other: known[other]})
        kinship = Kinship.UNDECIDED if pair is None else pair.kinship
        both_lists = one in self.lists and other in self.lists
        if kinship is Kinship.COPY or (both_lists and kinship is Kinship.UNDECIDED):
            return 0.0 if pair is None else max(pair.copied(one), pair.copied(other))
        return _TWO

    @property
    def _all(self) -> Mapping[str, Past]:
        return {**self.members, **self.lists}

    def _pair(self, two: Mapping[str, Past]) -> Pair | None:
        """Compare two histories; None: they share too little to show anything."""
        one, other = two.values()
        shared = np.intersect1d(one.number, other.number, assume_unique=True)
        if shared.size < _LEAST_SHARED:
            return None
        bound = min(one.bound, other.bound)
        histories = {name: past.history(bound, self.epoch_days) for name, past in two.items()}
        methods = dict.fromkeys(two, Method.SIGHTING)
        found = independence(methods, histories, wrong=self.wrong, copying=self.copying)
        return found.pairs[0]


def _rare(members: Mapping[str, Past], rare: int) -> dict[str, Past]:
    """Leave out of members' histories what more than *rare* of them name."""
    if len(members) < rare + _OTHERS:
        return {name: Past.nothing() for name in members}
    named = [past.number for past in members.values()]
    number, count = np.unique(np.concatenate(named), return_counts=True)
    common = number[count > rare]
    found = {}
    for name, past in members.items():
        kept = ~np.isin(past.number, common, assume_unique=True)
        found[name] = replace(
            past, number=past.number[kept], first=past.first[kept], last=past.last[kept]
        )
    return found


def _told(one: str | None, other: str | None) -> float | None:
    """Tell what people say of two sources: one, two, or (None) nothing."""
    if not (one and other):
        return None
    return 1.0 if one == other else _TWO
