"""
What a list came to, in counts: how good it is, what feedback changed, and to whom it was of use.

Everything is a whole number, counted from the list and from what members said of whole epochs; no
count tells of a communication. What tells of one member goes to that member and to the hub's own
people; of the others a member is told nothing that counts so few that one could be made out.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hinomi.govern.coarsening import coarsen
from hinomi.model.case import ServiceClass
from hinomi.model.snapshot import Entry
from hinomi.model.statement import Endpoint, Sighting

NEVER: Final = -1
"""In place of how many lists a member is behind, where it never took one."""

_DENIALS: Final = (Sighting.WRONG, Sighting.GONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What the figures of one snapshot are counted from."""

    number: int
    epoch: int
    standing: tuple[Entry, ...]
    new: frozenset[Endpoint]  # Listed with this snapshot, and not by the one before.
    ended: frozenset[Endpoint]
    first_named: Mapping[Endpoint, int]  # Of *new*: epoch in which a member first named it.
    oldest: int  # Epoch; of earlier ones nothing is kept.
    named: Mapping[str, Collection[Endpoint]]  # What each member's newest batch names.
    seen: Mapping[str, Mapping[Endpoint, Sighting]]  # What each says that it saw.
    known: Collection[Endpoint]  # Of *new*: lists of others have it, too.
    held: Collection[Endpoint]  # Of those that stand: a list of what is benign covers it.
    checked: Mapping[Endpoint, bool]  # What people found of servers that were ever listed.
    taken: Mapping[str, int]  # Newest snapshot that each admitted member uses; 0: none.


def measure(material: Material) -> dict[str, Any]:
    """
    Count what a list came to.

    Returns:
        ``listed``, ``new``, ``ended``; ``waited``, the new ones by the epochs from the first
        statement to the list, "unknown" where nothing is kept of so long ago; ``unique``, of
        the new ones on no list of others; ``stale``, standing and neither named nor confirmed
        by anybody now; ``compromised`` and ``held``, standing where others may be hurt;
        ``checked``, right and wrong; ``sightings`` and ``feedback``, servers by what members
        say, and what became of those that they deny; ``reached``, members by how far behind
        they are; ``speakers``, how many of them say anything; ``members``, of each by itself.
    """
    endpoints = {each.endpoint for each in material.standing}
    classes = Counter(each.service_class for each in material.standing)
    confirmed = _said(material, Sighting.CONFIRMED)
    named = {each for found in material.named.values() for each in found}
    lags = [_lag(material, name) for name in material.taken]
    return {
        "listed": len(endpoints),
        "new": len(material.new),
        "ended": len(material.ended),
        "waited": _waited(material),
        "unique": len(material.new) - len(material.new & {*material.known}),
        "stale": len(endpoints - named - confirmed),
        "compromised": classes[ServiceClass.COMPROMISED],
        "held": len(endpoints & {*material.held}),
        "checked": {
            "right": sum(material.checked.values()),
            "wrong": sum(not each for each in material.checked.values()),
        },
        "sightings": {
            each.value: len(_said(material, each) & (endpoints | material.ended))
            for each in Sighting
        },
        "feedback": {each.value: _changed(material, each) for each in _DENIALS},
        "reached": {
            "now": lags.count(0),
            "behind": sum(each > 0 for each in lags),
            "never": lags.count(NEVER),
        },
        "speakers": len({*material.named, *material.seen}),
        "members": {name: _of_member(material, name, endpoints) for name in material.taken},
    }


def told_to(told: Mapping[str, Any], member: str, least: int) -> dict[str, Any]:
    """
    Give what one member may be told of `measure`: all of itself, and nothing of any other.

    Args:
        told: What `measure` counted.
        member: Its name; one that is no member is told nothing of itself.
        least: The smallest count of members, or of what members say, that is told.

    Notes:
        What is counted over members is left out where fewer than *least* others speak: the
        member knows its own part, and the rest would be somebody's.
    """
    shown = {name: value for name, value in told.items() if name not in _OVER_MEMBERS}
    own = told["members"].get(member)
    others = told["speakers"] - (own is not None)
    for name in _COARSENED:
        shown[name] = None if others < least else _coarsened(told[name], least)
    shown["you"] = own
    return shown


_COARSENED: Final = ("sightings", "feedback", "reached", "waited", "stale")
_OVER_MEMBERS: Final = frozenset({*_COARSENED, "speakers", "members"})


def _coarsened(value: Any, least: int) -> Any:
    if isinstance(value, Mapping):
        return {name: _coarsened(each, least) for name, each in value.items()}
    return coarsen(value, least)


def _said(material: Material, sighting: Sighting) -> set[Endpoint]:
    """Give the servers of which some member says so."""
    return {
        endpoint
        for seen in material.seen.values()
        for endpoint, each in seen.items()
        if each is sighting
    }


def _changed(material: Material, sighting: Sighting) -> dict[str, int]:
    """Tell what became of the servers that some member denies."""
    said = _said(material, sighting)
    stands = {each.endpoint for each in material.standing}
    return {"ended": len(said & material.ended), "stands": len(said & stands)}


def _waited(material: Material) -> dict[str, int]:
    """Count the new ones by how many epochs they took."""
    found: Counter[str] = Counter()
    for endpoint in material.new:
        first = material.first_named.get(endpoint)
        # In the oldest epoch that is kept, it may have been named long before.
        is_known = first is not None and first > material.oldest
        found[str(material.epoch - (first or 0)) if is_known else "unknown"] += 1
    return dict(sorted(found.items(), key=lambda each: (len(each[0]), each[0])))


def _lag(material: Material, member: str) -> int:
    """Tell how many lists a member is behind the one before this: this one is just made."""
    taken = material.taken[member]
    return NEVER if not taken else max(material.number - 1 - taken, 0)


def _of_member(material: Material, member: str, endpoints: Collection[Endpoint]) -> dict[str, int]:
    """Count what the list is to one member, and what it is to the list."""
    seen = Counter(
        sighting
        for endpoint, sighting in material.seen.get(member, {}).items()
        if endpoint in endpoints or endpoint in material.ended
    )
    return {
        "named": len({*material.named.get(member, ())} & {*endpoints}),
        **{each.value: seen[each] for each in Sighting},
        "behind": _lag(material, member),
    }
