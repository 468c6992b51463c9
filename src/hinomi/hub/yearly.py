"""The figures of a year as one document: sums over its lists, and how far each may be off."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hinomi.govern.coarsening import Count, coarsen
from hinomi.hub.disclosure import UNKNOWN, Tellable, beside_anybody, tellable
from hinomi.verify.intervals import Estimate, share

_LAST: Final = 2**31
"""In place of epochs, where these may not be told: later than any."""

_HALF: Final = 0.5
_MOST: Final = 0.9


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
    waited_known: int  # Of so many; those of which it would be somebody's count as the slowest.
    feedback: Mapping[str, Mapping[str, Count | None]]  # By what members said; what came of it.
    confirmed: Count | None  # On average of a list; None: so few confirm that it is not told.
    reached: Of  # Lists at whose coming fewer than *least* had yet to take the one before.
    least: int


def compose(rows: Sequence[tuple[str, Mapping[str, Any]]], *, least: int) -> Year:
    """
    Sum up the figures of a year.

    Args:
        rows: The first day of each list's epoch, and its figures (`hub.figures.measure`), in
            order, at least one.
        least: The smallest count that is told where members could be made out by it.

    Notes:
        Of what members say, a count takes in only those lists for which at least *least* of them
        stood behind that very count, beside any one of them (`hub.disclosure`): each list for
        itself, since a list of few would be somebody's in any sum. So does each list of how far
        behind members are, of which it is told only whether they are fewer than *least*.

    Raises:
        ValueError: If there are no rows (the caller's bug).
    """
    if not rows:
        raise ValueError("a year without a list has no figures")
    told = [each for _, each in rows]
    last = told[-1]
    new = sum(each["new"] for each in told)
    checked = last["checked"]
    found = [tellable(each, beside_anybody, least) for each in told]
    waited = _waited(told, found)
    reached = [_late(each) < least for each in told if sum(each["reached"].values()) >= least]
    stale = found[-1].stale
    return Year(
        lists=len(told),
        listed=last["listed"],
        months=_months(rows),
        precision=_of(checked["right"], checked["right"] + checked["wrong"]),
        unique=_of(sum(each["unique"] for each in told), new),
        stale=_NOTHING if stale is None else _of(stale, last["listed"]),
        compromised=_of(last["compromised"], last["listed"]),
        waited=_within(waited, _HALF),
        waited_most=_within(waited, _MOST),
        waited_known=sum(waited.values()),
        feedback=_feedback(found, least),
        confirmed=_confirmed(found, least),
        reached=_of(sum(reached), len(reached)),
        least=least,
    )


def _of(part: int, whole: int) -> Of:
    return Of(share(part, whole), whole)


def _waited(told: Sequence[Mapping[str, Any]], found: Sequence[Tellable]) -> dict[int, int]:
    """Sum up the new ones by how long they took; what may not be told took longest."""
    sums: Counter[int] = Counter()
    for each, may in zip(told, found, strict=True):
        timed = {int(name): count for name, count in may.waited.items() if name != UNKNOWN}
        if timed:
            sums.update(timed)
            sums[_LAST] += each["new"] - sum(may.waited.values())
    return dict(sums)


def _within(counts: Mapping[int, int], part: float) -> int | None:
    """Give the number within which such a part of all lies; None: there is none to be told."""
    left = part * sum(counts.values())
    for epochs in sorted(counts):
        left -= counts[epochs]
        if left <= 0:
            return None if epochs == _LAST else epochs
    return None


def _late(told: Mapping[str, Any]) -> int:
    return int(told["reached"]["behind"] + told["reached"]["never"])


def _feedback(found: Sequence[Tellable], least: int) -> dict[str, dict[str, Count | None]]:
    return {
        said: {
            became: _sum([each.feedback[said][became] for each in found], least)
            for became in ("ended", "stands")
        }
        for said in ("wrong", "gone")
    }


def _sum(counts: Sequence[int | None], least: int) -> Count | None:
    may = [each for each in counts if each is not None]
    return coarsen(sum(may), least) if may else None


def _confirmed(found: Sequence[Tellable], least: int) -> Count | None:
    may = [each for one in found if (each := one.sightings["confirmed"]) is not None]
    return coarsen(sum(may) // len(may), least) if may else None


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
