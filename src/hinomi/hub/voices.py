"""
What sources say of servers, added up: each source counts for what it has proved to be worth.

The sum is that of `verify.corroborate`, for all servers at once: in each group of sources that
are one the heaviest word on a side counts; a method's first group counts in full, each further
one by `verify.same_method_share`, since sources of one method err alike. All members look at
flow, so that all of them together are one method.

Whoever is left out of such a sum takes most from it by being the heaviest: without one group,
the weights that are left, in order, are never above those that are left without a lighter one,
and each place of that order counts by a factor that is the same for all who stand there. So the
least that leaving out *any* f members leaves is what leaving out the f heaviest leaves, and no
coalition has to be tried (docs/explanation/how-the-hub-weighs.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.hub.servers import Ints
from hinomi.model.evidence import Method

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NEVER_SURE: Final = 0.999
"""No source is surer than this, or less sure than its complement (`verify.corroborate`)."""

METHODS: Final = tuple(Method)
MEMBERS_METHOD: Final = Method.SIGHTING
"""What members' statements are to the hub, whatever stands behind them."""

_PERSONS: Final = METHODS.index(Method.ANALYST)
"""What one person at the hub found adds to the sum and is no method: listing takes two of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Somebody who speaks of servers: a member, a list, a honeypot, a person."""

    name: str
    method: Method
    worth: float  # Probability that a statement of it is right, 0..1.
    group: str  # Sources of one group are one.
    is_member: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """Statements as columns, all of shape (n,), in any order."""

    server: Ints  # Row of the server.
    source: Ints  # Place in the tuple of sources.
    is_for: Bools  # Whether it says that a C&C server is there.
    share: Floats  # So much of what the source is worth counts here, 0..1.
    method: Ints  # Place in `METHODS`.

    def among(self, rows: Bools) -> "Voices":
        """Give some of the rows."""
        return Voices(
            server=self.server[rows],
            source=self.source[rows],
            is_for=self.is_for[rows],
            share=self.share[rows],
            method=self.method[rows],
        )


def joined(parts: Sequence[Voices]) -> Voices:
    """Lay statements end to end."""
    return Voices(
        server=np.concatenate([each.server for each in parts]),
        source=np.concatenate([each.source for each in parts]),
        is_for=np.concatenate([each.is_for for each in parts]),
        share=np.concatenate([each.share for each in parts]),
        method=np.concatenate([each.method for each in parts]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Of each server, group and side the one statement that counts; shape (n,)."""

    server: Ints
    group: Ints
    method: Ints
    is_for: Bools
    is_member: Bools
    weight: Floats  # Log-odds, natural logarithm, 0 or more.
    finds: Bools  # Whether it is reliable enough to count as one who says so.
    rank: Ints  # Among members of its server and side, the heaviest 0; others -1.


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What the statements on each server come to; shape (servers,)."""

    log_odds: Floats  # Of all.
    left: Floats  # The least that leaving any so many members out of those for it leaves.
    relieved: Floats  # The most that leaving any so many members out of those against it leaves.
    members: Ints  # Independent members who say so.
    named: Ints  # The same, also those who are not believed.
    methods: Ints  # Independent methods by which somebody says so.
    other_methods: Ints  # Of these, those that are no member's.
    against: Ints  # Independent members who say otherwise.
    others_against: Ints  # Other groups who say otherwise.
    named_by: NDArray[np.uint64]  # Tells one set of members who say so from another.
    denied_by: NDArray[np.uint64]  # The same of those who say otherwise.


def add_up(
    voices: Voices,
    sources: Sequence[Source],
    *,
    servers: int,
    base_share: float,
    same_method_share: float,
    least_reliability: float,
    leave_out: int,
) -> Sums:
    """
    Add up what is said of each server.

    Args:
        voices: Who says what of which.
        sources: All who speak.
        servers: How many servers there are.
        base_share: Of servers that somebody names, so many are C&C servers, within 0..1.
        same_method_share: Of a further group by a method that spoke already, 0..1.
        least_reliability: A statement of less is no finding.
        leave_out: So many members may be dishonest together, 0 or more.
    """
    chosen = _chosen(voices, sources, least_reliability)
    for_it, counted = chosen.is_for, chosen.is_for & chosen.finds
    member, other = counted & chosen.is_member, counted & ~chosen.is_member
    dropped = (chosen.rank >= 0) & (chosen.rank < leave_out)
    prior = float(np.log(base_share / (1.0 - base_share)))

    def total(rows: Bools) -> Floats:
        return prior + _total(chosen, rows, servers, same_method_share)

    everything = np.ones(chosen.server.size, dtype=np.bool_)
    against = ~for_it & (chosen.weight > 0.0)
    return Sums(
        log_odds=total(everything),
        left=total(~(dropped & for_it)),
        relieved=total(~(dropped & ~for_it)),
        members=_count(chosen.server[member], servers),
        named=_count(chosen.server[for_it & chosen.is_member], servers),
        methods=_methods(chosen, counted, servers),
        other_methods=_methods(chosen, other, servers),
        against=_count(chosen.server[against & chosen.is_member], servers),
        others_against=_count(chosen.server[against & ~chosen.is_member], servers),
        named_by=_signature(chosen, for_it, servers),
        denied_by=_signature(chosen, ~for_it, servers),
    )


def probability(log_odds: Floats) -> Floats:
    """Turn log-odds into probabilities, 0..1."""
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)), dtype=np.float64)


def _chosen(voices: Voices, sources: Sequence[Source], least_reliability: float) -> Chosen:
    """Choose, of each server, group and side, the heaviest statement: it is heard once."""
    names = {each: number for number, each in enumerate(sorted({s.group for s in sources}))}
    groups = np.array([names[each.group] for each in sources], dtype=np.int64)
    worths = np.array([each.worth for each in sources], dtype=np.float64)
    members = np.array([each.is_member for each in sources], dtype=np.bool_)
    worth = np.clip(worths[voices.source], 1.0 - NEVER_SURE, NEVER_SURE)
    worth = 0.5 + (worth - 0.5) * voices.share
    # No source, by being unreliable, may make its word speak for the contrary.
    weight = np.maximum(np.log(worth / (1.0 - worth)), 0.0)
    group = groups[voices.source]
    is_member = members[voices.source]
    # By what they are and not by where they stand: the order of members tells nothing.
    order = np.lexsort((voices.method, ~is_member, -weight, group, voices.is_for, voices.server))
    same = np.zeros(order.size, dtype=np.bool_)
    columns = [each[order] for each in (voices.server, voices.is_for, group)]
    same[1:] = np.logical_and.reduce([each[1:] == each[:-1] for each in columns])
    kept = order[~same]
    server, is_for = voices.server[kept], voices.is_for[kept]
    return Chosen(
        server=server,
        group=group[kept],
        method=voices.method[kept],
        is_for=is_for,
        is_member=is_member[kept],
        weight=weight[kept],
        finds=(worth[kept] >= least_reliability) & (voices.method[kept] != _PERSONS),
        rank=_ranks(server, is_for, is_member[kept], weight[kept], group[kept]),
    )


def _ranks(server: Ints, is_for: Bools, is_member: Bools, weight: Floats, group: Ints) -> Ints:
    """Number the members of each server and side, the heaviest first."""
    ranks = np.full(server.size, -1, dtype=np.int64)
    rows = np.flatnonzero(is_member)
    order = rows[np.lexsort((group[rows], -weight[rows], is_for[rows], server[rows]))]
    ranks[order] = _within(server[order] * 2 + is_for[order])
    return ranks


def _total(chosen: Chosen, rows: Bools, servers: int, same_method_share: float) -> Floats:
    """Sum the weights of some rows: a method's heaviest in full, its others in part."""
    kept = np.flatnonzero(rows)
    server, side = chosen.server[kept], chosen.is_for[kept]
    weight, method = chosen.weight[kept], chosen.method[kept]
    order = np.lexsort((-weight, method, side, server))
    heard = _within((server[order] * 2 + side[order]) * len(METHODS) + method[order])
    factor = np.where(heard == 0, 1.0, same_method_share)
    signed = np.where(side[order], 1.0, -1.0) * weight[order] * factor
    return np.bincount(server[order], weights=signed, minlength=servers).astype(np.float64)


def _within(ordered: Ints) -> Ints:
    """Number the places within each run of equal values, from 0."""
    if not ordered.size:
        return np.zeros(0, dtype=np.int64)
    begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    lengths = np.diff(np.r_[begins, ordered.size])
    return np.arange(ordered.size) - np.repeat(begins, lengths)


def _count(server: Ints, servers: int) -> Ints:
    return np.bincount(server, minlength=servers).astype(np.int64)


def _methods(chosen: Chosen, rows: Bools, servers: int) -> Ints:
    pairs = np.unique(chosen.server[rows] * len(METHODS) + chosen.method[rows])
    return _count(pairs // len(METHODS), servers)


def _signature(chosen: Chosen, side: Bools, servers: int) -> NDArray[np.uint64]:
    """Give a number that two servers share if the same members are on that side."""
    found = np.zeros(servers, dtype=np.uint64)
    rows = chosen.is_member & side
    marks = mixed((chosen.group[rows] * 2 + chosen.is_for[rows]).astype(np.uint64))
    np.add.at(found, chosen.server[rows], marks)  # It wraps, as it may.
    return found


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """
    Mix the bits of *numbers*, shape (n,): the same number always gives the same.

    Source:
        SplitMix64: Steele, Lea and Flood (2014), OOPSLA, doi 10.1145/2660193.2660195.
    """
    with np.errstate(over="ignore"):
        value = numbers + np.uint64(0x9E3779B97F4A7C15)
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return value ^ (value >> np.uint64(31))
