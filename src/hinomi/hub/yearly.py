"""The figures of a year as one document: sums over its lists, and how far each may be off."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hinomi.govern.coarsening import Count, coarsen
from hinomi.verify.intervals import Estimate, share

_UNKNOWN: Final = "unknown"
_HALF: Final = 0.5
_MOST: Final = 0.9
_REACHED: Final = ("now", "behind", "never")


@dataclass(frozen=True, slots=True)
class Of:
    """A share, and of how many."""

    share: Estimate | None  # None: nothing was looked at.
    count: int


_NOTHING: Final = Of(None, 0)
"""What is told of a measure that would be somebody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What one month came to."""

    name: str  # Such as 2026-11.
    lists: int
    new: int
    ended: int
    listed: int  # On its last list.


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """What the lists of a year came to."""

    lists: int
    listed: int
    months: tuple[Month, ...]
    precision: Of  # Of the servers that people checked by the last list.
    unique: Of
    stale: Of
    compromised: Of
    waited: int | None  # Epochs within which half of the new ones were listed.
    waited_most: int | None  # Nine in ten.
    waited_known: int
    feedback: Mapping[str, Mapping[str, Count | None]]  # By what members said; what came of it.
    confirmed: Count | None  # On average of a list; None: so few speak that it is not told.
    reached: Of  # Members that were up to date, over all lists.


def compose(rows: Sequence[tuple[str, Mapping[str, Any]]], *, least: int) -> Year:
    """
    Sum up the figures of a year.

    Args:
        rows: The first day of each list's epoch, and its figures (`hub.figures.measure`), in
            order, at least one.
        least: The smallest count that is told where members could be made out by it.

    Notes:
        Of what members say, only those lists are counted in for which at least *least* of them
        spoke, and of how far behind they are, only those of as many members: each list for
        itself, since a list of few would be somebody's in any sum.

    Raises:
        ValueError: If there are no rows (the caller's bug).
    """
    if not rows:
        raise ValueError("a year without a list has no figures")
    told = [each for _, each in rows]
    last = told[-1]
    new = sum(each["new"] for each in told)
    checked = last["checked"]
    spoken = [each for each in told if each["speakers"] >= least]
    waited: Counter[str] = Counter()
    for each in spoken:
        waited.update(each["waited"])
    known = {int(name): count for name, count in waited.items() if name != _UNKNOWN}
    lags = Counter[str]()
    for each in told:
        if len(each["members"]) >= least:
            lags.update(each["reached"])
    return Year(
        lists=len(told),
        listed=last["listed"],
        months=_months(rows),
        precision=_of(checked["right"], checked["right"] + checked["wrong"]),
        unique=_of(sum(each["unique"] for each in told), new),
        stale=_of(last["stale"], last["listed"]) if last["speakers"] >= least else _NOTHING,
        compromised=_of(last["compromised"], last["listed"]),
        waited=_within(known, _HALF),
        waited_most=_within(known, _MOST),
        waited_known=sum(known.values()),
        feedback=_feedback(spoken, least),
        confirmed=_confirmed(spoken, least),
        reached=_of(lags["now"], sum(lags[each] for each in _REACHED)),
    )


def _of(part: int, whole: int) -> Of:
    return Of(share(part, whole), whole)


def _within(counts: Mapping[int, int], part: float) -> int | None:
    """Give the number within which such a part of all lies; None: there are none."""
    left = part * sum(counts.values())
    for epochs in sorted(counts):
        left -= counts[epochs]
        if left <= 0:
            return epochs
    return None


def _feedback(
    spoken: Sequence[Mapping[str, Any]], least: int
) -> dict[str, dict[str, Count | None]]:
    return {
        said: {
            became: coarsen(sum(each["feedback"][said][became] for each in spoken), least)
            if spoken
            else None
            for became in ("ended", "stands")
        }
        for said in ("wrong", "gone")
    }


def _confirmed(spoken: Sequence[Mapping[str, Any]], least: int) -> Count | None:
    if not spoken:
        return None
    found = sum(each["sightings"]["confirmed"] for each in spoken)
    return coarsen(found // len(spoken), least)


def _months(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> tuple[Month, ...]:
    names = dict.fromkeys(day[:7] for day, _ in rows)
    return tuple(_month(name, [told for day, told in rows if day[:7] == name]) for name in names)


def _month(name: str, told: Sequence[Mapping[str, Any]]) -> Month:
    return Month(
        name=name,
        lists=len(told),
        new=sum(each["new"] for each in told),
        ended=sum(each["ended"] for each in told),
        listed=told[-1]["listed"],
    )
