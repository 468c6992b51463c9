"""
Which counts may be told: those that enough members stand behind, and that give away no other.

A count over members is told only where so many of them said what is counted, beside whoever reads
it. Who reads knows its own part and takes it away, so that whoever says no more than the reader
does stands behind nothing. And who reads adds and subtracts: where a whole is known, its parts are
told only as far as what is left is not the part of few.

Notes:
    It counts how many stand behind a count, and not how much of it is of one of them: of 20 denied
    servers 16 may be one member's, which nobody is told, nor who those members are.

Source:
    Hundepool et al. (2012), Statistical Disclosure Control: the minimum frequency rule, and
    secondary cell suppression.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

ALL: Final = "all"
OTHERS: Final = "others"
UNKNOWN: Final = "unknown"
"""In place of how many epochs a new one waited, where nobody knows."""

SAYERS: Final = "sayers"
"""Under which the figures of a list have how many members stand behind each count."""

Sayers = Mapping[str, Any]
"""How many stand behind one count: of all, and beside each that is one of them."""


def sayers(said: Mapping[str, int]) -> dict[str, Any]:
    """
    Count who stands behind a count: by itself, and beside each one that reads it.

    Args:
        said: Of which servers each member says what is counted, as a set of bits.

    Returns:
        ``all``, how many say it of any server; ``others``, for each of these, how many others say
        it of a server of which it does not.
    """
    spoken = {name: bits for name, bits in said.items() if bits}
    return {
        ALL: len(spoken),
        OTHERS: {
            name: sum(bool(each & ~own) for each in spoken.values())
            for name, own in spoken.items()
        },
    }  # fmt: skip


def beside(member: str) -> Callable[[Sayers], int]:
    """Count who stands behind a count beside *member*, which reads it."""
    return lambda found: int(found[OTHERS].get(member, found[ALL]))


def beside_anybody(found: Sayers) -> int:
    """Count who stands behind a count that everybody reads, beside whoever knows most of it."""
    return int(min([found[ALL], *found[OTHERS].values()]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tellable:
    """What may be told of what members said; None, or lacking: it would be somebody's."""

    sightings: Mapping[str, int | None]
    feedback: Mapping[str, Mapping[str, int | None]]
    waited: Mapping[str, int]
    stale: int | None


def tellable(told: Mapping[str, Any], behind: Callable[[Sayers], int], least: int) -> Tellable:
    """
    Leave out of the figures of a list what too few stand behind.

    Args:
        told: What `hub.figures.measure` counted; of a list that was counted before it kept who
            stands behind what, nothing may be told.
        behind: Counts who stands behind a count, beside who reads it.
        least: So many there must be.

    Returns:
        Counts as they are. Servers that are denied are those that ended and those that stand:
        their sum is told only where both are. What stands is named or confirmed or stale: stale
        ones are told only where enough others name what nobody confirms, which is what is left.
        Of `waited` the sum is known, too: `as_parts` has to be asked before it is told.
    """
    kept = told.get(SAYERS)

    def is_enough(*path: str) -> bool:
        found: Any = kept
        for name in path:
            found = (found or {}).get(name)
        return found is not None and behind(found) >= least

    feedback = {
        said: {
            became: count if is_enough("feedback", said, became) else None
            for became, count in parts.items()
        }
        for said, parts in told["feedback"].items()
    }
    return Tellable(
        sightings={
            said: count
            if is_enough("sightings", said) and None not in feedback.get(said, {}).values()
            else None
            for said, count in told["sightings"].items()
        },
        feedback=feedback,
        waited={
            epochs: count for epochs, count in told["waited"].items() if is_enough("waited", epochs)
        },
        stale=told["stale"] if is_enough("stale") and is_enough("named") else None,
    )


def as_parts(waited: Mapping[str, int], whole: int) -> dict[str, int]:
    """
    Leave one more part out where the rest of a known whole would be the part of few.

    Args:
        waited: The parts that may be told, by name.
        whole: What all parts come to, which everybody knows.

    Returns:
        The parts of which all, or all but one, are told: the smallest one goes, and never that
        of which nobody knows. Where no other was there, nothing is told.
    """
    parts = dict(waited)
    if sum(parts.values()) == whole:
        return parts
    timed = [each for each in parts if each != UNKNOWN]
    if not timed:
        return {}
    del parts[min(timed, key=lambda each: (parts[each], -int(each)))]
    return parts
