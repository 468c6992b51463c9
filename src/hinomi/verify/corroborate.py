"""
What all evidence about one service comes to: a probability, and how many methods agree.

Each statement is worth what its source has proved to be worth, and less as it ages. Sources that
copy from each other count once. What the statements come to is a judgement on a service that
somebody already suspects, not on one drawn from all: their errors are not independent enough to
multiply from one in a million.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from hinomi.govern.parameters import Register
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.verify.independence import independent_methods

_NEVER_SURE: Final = 0.999
"""No statement alone is surer than this, or less sure than its complement."""

_THERE: Final = 0.5
"""A finding counts while it is as likely as not of the server that was found last."""

_AGAINST: Final = frozenset({Claim.BENIGN, Claim.SINKHOLE, Claim.LOADER, Claim.SHARED})
_FOUND: Final = frozenset({Claim.CC, Claim.COMPROMISED})
_DOUBT_LEAST: Final = -2.0
_OVER: Final = frozenset({Claim.GONE, Claim.MOVED})

_NO_METHOD: Final = frozenset({Method.PASSIVE_DNS, Method.CERTIFICATE})
"""They tell traits of an address. No trait is a finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """When evidence agrees; the values that ship stand in the register."""

    base_share: float  # Of services that somebody suspects, so many are C&C servers.
    least_reliability: float  # A statement below it is no finding, whoever makes it.
    listable_probability: float
    least_methods: int
    address_share: float  # Of a statement on an address, so much holds for one port of it.
    same_method_share: float  # Of a further source by a method that spoke already.
    support_most: float  # Log-odds that traits may add, all together.
    present_limit: float  # Whatever it was, it must be there now with this probability.
    most_days: int  # A finding so much older than the newest is as likely of another holder.

    @classmethod
    def from_register(cls, register: Register) -> Self:
        """Read the values from ``verify.*``."""
        return cls(
            base_share=register.number("verify.base_share"),
            least_reliability=register.number("verify.least_reliability"),
            listable_probability=register.number("verify.listable_probability"),
            least_methods=register.integer("verify.least_methods"),
            address_share=register.number("verify.address_share"),
            same_method_share=register.number("verify.same_method_share"),
            support_most=register.number("verify.support_most"),
            present_limit=register.number("expiry.limit"),
            most_days=register.integer("expiry.most_days"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What sources are worth, and which of them are one."""

    reliability: Mapping[str, float]  # By name, 0..1; one that is missing is worth a half.
    groups: Mapping[str, str] = field(default_factory=dict)

    def of(self, evidence: Evidence) -> float:
        """Give the probability that a statement is right, 0..1."""
        if evidence.method is Method.FLOW and evidence.strength is not None:
            return evidence.strength  # Calibrated already.
        worth = self.reliability.get(evidence.source, 0.5)
        if evidence.strength is None:
            return worth
        # A source that is half sure of itself says half as much.
        return 0.5 + (worth - 0.5) * max(0.0, 2.0 * evidence.strength - 1.0)

    def group(self, source: str) -> str:
        """Name what a source is one with."""
        return self.groups.get(source, source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One statement, and what it was worth."""

    evidence: Evidence
    age_days: int
    reliability: float  # That it is right, 0..1.
    same: float  # That it speaks of the server that was found last, 0..1.
    weight: float  # Contribution to the log-odds, natural logarithm.
    is_finding: bool  # It counts towards independent methods.


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """What all evidence about one service comes to."""

    posterior: float  # That it is a C&C server now, 0..1.
    agreed: float  # That it was one when it was found last, 0..1.
    methods: int  # Independent methods that found it and still hold.
    methods_against: int
    parts: tuple[Part, ...]  # What counted, heaviest first; what was left out is not here.
    newest_day: int | None  # On which somebody last found it; None: nobody ever did.


def weigh(
    evidence: Iterable[Evidence],
    trust: Trust,
    rules: Rules,
    *,
    as_of_day: int,
    present: Callable[[int], float],
) -> Weighing:
    """
    Weigh what is known about one service.

    Args:
        evidence: All statements about it, and about its address as a whole.
        trust: What their sources are worth.
        rules: When they agree.
        as_of_day: The present, days since 1970-01-01, UTC. Later statements do not count.
        present: The chance, 0..1, that what was so many days ago still is.

    Returns:
        What it comes to. Without evidence the posterior is 0.

    Notes:
        In each group the heaviest statement on each side counts, whatever it repeats. A second
        group of one method counts in part, since sources of one method err alike. What speaks
        for it is worth the less the older it is than the newest finding, since addresses change
        hands; and of what it comes to, the chance that the server is still there is taken.
        What speaks against it does not age. What was found before the address is known to have
        changed hands counts for nothing. Where a list finds it as well, flow counts as if no
        list had made suspects of lines: else one list that names two servers of the same clients
        would pass for two methods.
    """
    known = _latest(each for each in evidence if each.observed_day <= as_of_day)
    known = list(of_this_holder(known, trust, rules))
    if any(_is_list(each) and present(as_of_day - each.observed_day) > 0.0 for each in known):
        known = [_unaided(each) for each in known]
    worth = [_worth(each, trust, rules) for each in known]
    found = [
        each.observed_day
        for each, right in zip(known, worth, strict=True)
        if _finds(each) and right >= rules.least_reliability
    ]
    newest = max(found, default=None)
    fresh = 1.0 if newest is None else present(as_of_day - newest)
    parts = [
        _part(each, right, rules, as_of_day=as_of_day, newest=newest)
        for each, right in zip(known, worth, strict=True)
    ]
    chosen = _strongest(parts, trust, rules)
    standing = (part.evidence for part in parts if part.is_finding and part.same >= _THERE)
    agreed = _agreed(chosen, rules)
    return Weighing(
        posterior=fresh * _not_over(parts, newest) * agreed,
        agreed=agreed,
        methods=independent_methods(standing, trust.groups),
        methods_against=independent_methods(
            (part.evidence for part in chosen if part.weight < 0), trust.groups
        ),
        parts=tuple(sorted(chosen, key=lambda part: -abs(part.weight))),
        newest_day=newest,
    )


def _agreed(parts: Collection[Part], rules: Rules) -> float:
    """Give the probability that statements come to, 0..1; 0 where none speaks for it."""
    if not any(part.weight > 0 for part in parts):
        return 0.0
    total = math.log(rules.base_share / (1.0 - rules.base_share))
    return 1.0 / (1.0 + math.exp(-total - sum(part.weight for part in parts)))


def _latest(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Keep the newest statement of each source, method and reference: it replaces the older."""
    newest: dict[tuple[str, Method, str, bool, bool], Evidence] = {}
    for each in evidence:
        # A run of detection speaks anew of the same thing: its reference is not a subject.
        subject = "" if each.method is Method.FLOW else each.reference
        trait = each.claim is Claim.SUPPORT
        key = (each.source, each.method, subject, each.is_exact, trait)
        before = newest.get(key)
        if before is None or each.observed_day >= before.observed_day:
            newest[key] = each
    return list(newest.values())


def of_this_holder(known: Collection[Evidence], trust: Trust, rules: Rules) -> tuple[Evidence, ...]:
    """Leave out what was found before the address changed hands: it speaks of somebody else."""
    since_day = max(
        (
            each.observed_day
            for each in known
            if each.claim is Claim.MOVED and _worth(each, trust, rules) >= rules.least_reliability
        ),
        default=0,
    )
    return tuple(each for each in known if not each.claim.is_for or _rests_from(each) >= since_day)


def _rests_from(evidence: Evidence) -> int:
    """
    Give the first day on which a statement rests, days since 1970-01-01, UTC.

    Bots call an address long after its holder has changed, and lists keep it: flow rests on all
    days of its window, an entry on the day on which its list saw the server.
    """
    facts = evidence.facts
    return int(facts.get("from_day", facts.get("first_day", evidence.observed_day)))


def _is_list(evidence: Evidence) -> bool:
    return evidence.method is Method.LIST and _finds(evidence)


def _unaided(evidence: Evidence) -> Evidence:
    """Take what flow shows without any list's help: a list must not bear itself out."""
    alone = evidence.facts.get("unaided")
    if evidence.method is not Method.FLOW or not isinstance(alone, float):
        return evidence
    said = alone if evidence.strength is None else min(evidence.strength, alone)
    return replace(evidence, strength=said)


def _worth(evidence: Evidence, trust: Trust, rules: Rules) -> float:
    """Give the probability that a statement is right, of this port, 0..1 without the ends."""
    worth = min(max(trust.of(evidence), 1.0 - _NEVER_SURE), _NEVER_SURE)
    if not evidence.is_exact and evidence.claim.is_for:
        worth = 0.5 + (worth - 0.5) * rules.address_share
    return worth


def _part(
    evidence: Evidence, worth: float, rules: Rules, *, as_of_day: int, newest: int | None
) -> Part:
    odds = math.log(worth / (1.0 - worth))
    gap_days = max(0, (newest or 0) - evidence.observed_day)
    same = 0.0 if gap_days > rules.most_days else 1.0 - gap_days / (2.0 * max(rules.most_days, 1))
    if evidence.claim in _AGAINST:
        weight = -max(odds, 0.0)
    elif not evidence.claim.is_for:
        weight = 0.0  # That it is over is told by `_not_over`.
    elif evidence.method is Method.FLOW and odds < 0.0:
        weight = _doubt(evidence, odds)
    else:
        # No source, by being unreliable, may make its word speak for the contrary.
        weight = max(odds, 0.0) * same
    return Part(
        evidence=evidence,
        age_days=as_of_day - evidence.observed_day,
        reliability=worth,
        same=same,
        weight=weight,
        is_finding=_finds(evidence) and worth >= rules.least_reliability,
    )


def _finds(evidence: Evidence) -> bool:
    """Tell whether it says that a C&C server was there."""
    return evidence.claim in _FOUND and evidence.method not in _NO_METHOD


def _doubt(evidence: Evidence, odds: float) -> float:
    """Give what detection's own doubt weighs: only below what it expects of any service."""
    prior = evidence.facts.get("prior")
    if not isinstance(prior, float) or not 0.0 < prior < 1.0:
        return 0.0
    return max(min(odds - math.log(prior / (1.0 - prior)), 0.0), _DOUBT_LEAST)


def _strongest(parts: Collection[Part], trust: Trust, rules: Rules) -> list[Part]:
    """Choose what counts: one statement of a group and side, less for a method heard before."""
    chosen: list[Part] = []
    heard: set[tuple[Method, bool]] = set()
    seen: set[tuple[str, bool]] = set()
    support = 0.0
    for part in sorted(parts, key=_rank):
        side = part.weight > 0
        group = (trust.group(part.evidence.source), side)
        if part.weight == 0.0 or group in seen:
            continue
        seen.add(group)
        weight = part.weight
        if part.evidence.claim is Claim.SUPPORT:
            weight = min(weight, rules.support_most - support)
            support += weight
        elif (part.evidence.method, side) in heard:
            weight *= rules.same_method_share
        heard.add((part.evidence.method, side))
        chosen.append(replace(part, weight=weight))
    return chosen


def _rank(part: Part) -> tuple[bool, float, bool, str, Method, str, int]:
    """Order statements: no trait takes the place of a finding, the heaviest of each come first."""
    said = part.evidence
    named = (said.source, said.method, said.reference, said.observed_day)
    return said.claim is Claim.SUPPORT, -abs(part.weight), not said.is_exact, *named


def _not_over(parts: Collection[Part], newest: int | None) -> float:
    """Give the chance, 0..1, that those are wrong who say since the last finding: it is over."""
    chances = (
        1.0 - max(0.0, 2.0 * part.reliability - 1.0)
        for part in parts
        if part.evidence.claim in _OVER and (newest is None or part.evidence.observed_day >= newest)
    )
    return math.prod(sorted(chances))  # In one order: rounding must not tell another.
