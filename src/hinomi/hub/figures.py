"""
What a list came to, in counts: how good it is, what feedback changed, and to whom it was of use.

Everything is a whole number, counted from the list and from what members said of whole epochs; no
count tells of a communication. What tells of one member goes to that member and to the hub's own
people; of the others a member is told nothing that counts so few that one could be made out
(`hub.disclosure`).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hinomi.govern.coarsening import Count, coarsen
from hinomi.hub.disclosure import SAYERS, UNKNOWN, as_parts, beside, sayers, tellable
from hinomi.model.case import ServiceClass
from hinomi.model.snapshot import Entry
from hinomi.model.statement import Endpoint, Sighting

NEVER: Final = -1
"""In place of how many lists a member is behind, where it never took one."""

_DENIALS: Final = (Sighting.WRONG, Sighting.GONE)


@dataclass(frozen=True, slots=True)
class First:
    """When members first named a server, and which of them did then."""

    epoch: int
    by: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What the figures of one snapshot are counted from."""

    number: int
    epoch: int
    standing: tuple[Entry, ...]
    new: frozenset[Endpoint]  # Listed with this snapshot, and not by the one before.
    ended: frozenset[Endpoint]
    first_named: Mapping[Endpoint, First]  # Of *new*.
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
        they are; ``speakers``, how many of them say anything; ``members``, of each by itself;
        ``sayers``, how many of them stand behind each count of what they say, beside each other.
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
        SAYERS: _sayers(material),
    }


def told_to(told: Mapping[str, Any], member: str, least: int) -> dict[str, Any]:
    """
    Give what one member may be told of `measure`: all of itself, and nothing of any other.

    Args:
        told: What `measure` counted.
        member: Its name; one that is no member is told nothing of itself.
        least: The smallest count of members, or of what members say, that is told.

    Notes:
        A count of what members say is left out where fewer than *least* others stand behind that
        very count: the member knows its own part, and the rest would be somebody's. How many
        members lag behind is told from *least* others on, and below it as fewer than that, none
        included.
    """
    shown = {name: value for name, value in told.items() if name not in _OVER_MEMBERS}
    found = tellable(told, beside(member), least)
    own = told["members"].get(member)
    return shown | {
        "sightings": _coarsened(found.sightings, least),
        "feedback": _coarsened(found.feedback, least),
        "reached": _reached(told["reached"], own, least),
        "waited": _coarsened(as_parts(found.waited, told["new"]), least),
        "stale": _coarsened(found.stale, least),
        "you": own,
    }


_OVER_MEMBERS: Final = frozenset(
    {"sightings", "feedback", "reached", "waited", "stale", "speakers", "members", SAYERS}
)


def _coarsened(value: Any, least: int) -> Any:
    """Coarsen counts as they are nested; None: there is none in it."""
    if isinstance(value, Mapping):
        parts = {name: _coarsened(each, least) for name, each in value.items()}
        return parts if any(each is not None for each in parts.values()) else None
    return None if value is None else coarsen(value, least)


def _reached(
    reached: Mapping[str, int], own: Mapping[str, int] | None, least: int
) -> dict[str, Count] | None:
    """Tell how many lag behind: how many take part is no secret, so that the rest counts, too."""
    late = reached["behind"] + reached["never"]
    is_late = own is not None and own["behind"] != 0
    others_late = late - is_late
    others_now = reached["now"] - (own is not None and not is_late)
    if others_late + others_now < least:
        return None
    if others_late < least:
        return {"late": {"fewer_than": least}}
    return {"late": coarsen(late, least)} if others_now >= least else None


def _sayers(material: Material) -> dict[str, Any]:
    """Count who stands behind each count of what members say."""
    stands, ended = {each.endpoint for each in material.standing}, material.ended
    index = {each: place for place, each in enumerate({*stands, *ended, *material.new})}
    here, gone = _bits(stands, index), _bits(ended, index)
    named = {name: _bits(found, index) & here for name, found in material.named.items()}
    said = {
        sighting: {
            name: _bits((each for each, how in seen.items() if how is sighting), index)
            & (here | gone)
            for name, seen in material.seen.items()
        }
        for sighting in Sighting
    }
    confirmed = said[Sighting.CONFIRMED]
    anybody = _bits(_said(material, Sighting.CONFIRMED), index)
    return {
        "sightings": {each.value: sayers(said[each]) for each in Sighting},
        "feedback": {
            each.value: {
                became: sayers({name: bits & part for name, bits in said[each].items()})
                for became, part in (("ended", gone), ("stands", here))
            }
            for each in _DENIALS
        },
        "stale": sayers(
            {
                name: named.get(name, 0) | confirmed.get(name, 0) & here
                for name in {*named, *confirmed}
            }
        ),
        "named": sayers({name: bits & ~anybody for name, bits in named.items()}),
        "waited": {
            epochs: sayers(_first_by(material, found, index))
            for epochs, found in _by_wait(material).items()
        },
    }


def _bits(endpoints: Iterable[Endpoint], index: Mapping[Endpoint, int]) -> int:
    """Give a set of servers as bits, so that two of them are compared at once."""
    found = bytearray(len(index) // 8 + 1)
    for each in endpoints:
        if (place := index.get(each)) is not None:
            found[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(found, "little")


def _first_by(
    material: Material, endpoints: Iterable[Endpoint], index: Mapping[Endpoint, int]
) -> dict[str, int]:
    """Tell which of *endpoints* each member was the first to name, maybe with others."""
    found: dict[str, set[Endpoint]] = {}
    for endpoint in endpoints:
        first = material.first_named.get(endpoint)
        for name in () if first is None else first.by:
            found.setdefault(name, set()).add(endpoint)
    return {name: _bits(each, index) for name, each in found.items()}


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
    found = {epochs: len(each) for epochs, each in _by_wait(material).items()}
    return dict(sorted(found.items(), key=lambda each: (len(each[0]), each[0])))


def _by_wait(material: Material) -> dict[str, list[Endpoint]]:
    """Give the new ones by how many epochs they took."""
    found: dict[str, list[Endpoint]] = {}
    for endpoint in material.new:
        first = material.first_named.get(endpoint)
        # In the oldest epoch that is kept, it may have been named long before.
        is_known = first is not None and first.epoch > material.oldest
        epochs = str(material.epoch - first.epoch) if first is not None and is_known else UNKNOWN
        found.setdefault(epochs, []).append(endpoint)
    return found


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
