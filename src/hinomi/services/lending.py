"""
Evidence that one service lends another, so that a seed looks like any case that detection opened.

What tells of the day, the run or the address is made anew; what would put words into somebody's
mouth, or tells of who holds the address, is not lent. Numbers are changed a little, or whoever
remembers the lender would know them again.
"""

import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from hinomi.model.case import Finding, ServiceClass, Step
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.service import Service
from hinomi.services.accuracy import outcome_of
from hinomi.services.population import Facts, latest_flow, population_in, render_population
from hinomi.services.weighing import any_port
from hinomi.store.casebook import CaseBook
from hinomi.store.episodes import Episode
from hinomi.verify.surroundings import Population, PortUse

_NEVER: Final = frozenset({Claim.MOVED, Claim.GONE})
_OF_THE_RUN: Final = ("lines", "prior", "shift", "slope")
_PROBABILITIES: Final = ("probability", "unaided")
_PLACES: Final = ("asn", "as_kind", "names", "allocation_days", "certificates")
_DAY: Final = "_day"
"""Facts whose name ends so are days since 1970-01-01."""

_SPREAD: Final = 0.15
"""Log-odds by which a probability is moved, standard deviation; and so many parts of a count."""

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGEST: Final = re.compile(r"[0-9a-f]{12,}")


@dataclass(frozen=True, slots=True)
class Loan:
    """Evidence of an answered case, and how old each statement was when it mattered."""

    evidence: tuple[Evidence, ...]
    ages_days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Present:
    """What is alike in all cases that the newest run opened, and where it all happens."""

    day: int
    run: Mapping[str, float | int | str]  # Facts of the newest run; empty: there was none.
    least: float  # Probability from which detection opens a case.
    place: Mapping[str, float | int | str]  # Facts about the borrower's own address.


def loans(casebook: CaseBook) -> dict[Finding, list[Loan]]:
    """Give what answered cases lend, by what they came to; seeds lend nothing."""
    seeds = {each.case_id for each in casebook.runs.seeds()}
    found: dict[Finding, list[Loan]] = {Finding.CC: [], Finding.NOT_CC: []}
    for each in casebook.episodes(0):
        is_seed = each.case.id in seeds and each.number == 1
        outcome = outcome_of(each)
        # A shared host is a C&C server and must not be listed: no plain answer fits it.
        if is_seed or each.service_class is ServiceClass.SHARED or each.case.service.own:
            continue
        if outcome not in found:
            continue
        loan = _loan(each, casebook.evidence.of(each.case.service))
        if loan.evidence:
            found[outcome].append(loan)
    return found


def facts_of_newest_run(casebook: CaseBook) -> dict[str, float | int | str]:
    """Give the facts that the newest run stated alike of all services."""
    for each in sorted(casebook.episodes(0), key=_began_ms, reverse=True):
        flow = latest_flow(_found(casebook.evidence.of(each.case.service)))
        if flow is not None:
            return {name: flow.facts[name] for name in _OF_THE_RUN if name in flow.facts}
    return {}


def borrowed(
    loan: Loan, service: Service, present: Present, chance: random.Random
) -> tuple[Evidence, ...]:
    """
    Make out a loan as evidence of *service* today.

    Args:
        loan: Of another service.
        service: Which borrows it.
        present: What is to be true of all cases that begin today.
        chance: Of everything that is changed.
    """
    move = chance.gauss(0.0, _SPREAD)
    share = math.exp(chance.gauss(0.0, _SPREAD))
    made = []
    for each, age in zip(loan.evidence, loan.ages_days, strict=True):
        day = present.day - age
        changed = replace(
            each,
            service=service if each.is_exact else any_port(service),
            observed_day=day,
            reference=fresh(each.reference, chance),
            facts=_of_day(each.facts, day - each.observed_day),
        )
        if each.method is Method.FLOW:
            changed = _flow(changed, present, move, share)
        made.append(changed)
    return tuple(made)


def fresh(reference: str, chance: random.Random) -> str:
    """Make another reference of the same kind: digests and ids are drawn anew, words stay."""

    def drawn(found: re.Match[str]) -> str:
        return f"{chance.getrandbits(4 * len(found[0])):0{len(found[0])}x}"

    if _UUID.search(reference):
        return _UUID.sub(lambda _: str(UUID(int=chance.getrandbits(128), version=4)), reference)
    return _DIGEST.sub(drawn, reference)


def _loan(episode: Episode, evidence: Sequence[Evidence]) -> Loan:
    """
    Choose what was known when the case was answered; of flow, what it was opened with.

    A case that ran for weeks has a finding of each day; one that begins has one.
    """
    opened_day = _began_ms(episode) // DAY_MS
    ended = episode.event(Step.LIST, Step.REJECT)
    ended_day = opened_day if ended is None else ended.at_ms // DAY_MS
    others = [
        each
        for each in evidence
        if each.method not in {Method.FLOW, Method.ANALYST}
        and each.claim not in _NEVER
        and each.observed_day <= ended_day
    ]
    flow = latest_flow(tuple(each for each in _found(evidence) if each.observed_day <= opened_day))
    lent = [*others, *([] if flow is None else [flow])]
    ages = [
        (opened_day if each.method is Method.FLOW else ended_day) - each.observed_day
        for each in lent
    ]
    return Loan(tuple(lent), tuple(ages))


def _found(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Choose what detection found, of what it said."""
    return tuple(each for each in evidence if each.method is Method.FLOW and each.claim is Claim.CC)


def _began_ms(episode: Episode) -> int:
    began = episode.event(Step.OPEN, Step.RETURN)
    return 0 if began is None else began.at_ms


def _of_day(facts: Mapping[str, float | int | str], by_days: int) -> Facts:
    return {
        name: int(fact) + by_days if name.endswith(_DAY) else fact for name, fact in facts.items()
    }


def _flow(evidence: Evidence, present: Present, move: float, share: float) -> Evidence:
    """Put what detection said of the lender into the words that it would have for another."""
    facts = dict(evidence.facts)
    facts |= {name: present.run[name] for name in _OF_THE_RUN if name in {*facts} & {*present.run}}

    def moved(probability: float) -> float:
        return _moved(probability, evidence.facts, facts, move)

    for name in _PROBABILITIES:
        if name in facts:
            facts[name] = moved(float(facts[name]))
    strength = None if evidence.strength is None else moved(evidence.strength)
    if "probability" in facts:
        # What opened the lender's case has to open this one.
        facts["probability"] = max(float(facts["probability"]), present.least)
    population = population_in(replace(evidence, facts=facts))
    if population is not None:
        facts |= render_population(_scaled(population, share))
    if "terms" in facts:
        facts["terms"] = _terms(str(facts["terms"]), share)
    facts = {name: fact for name, fact in facts.items() if name not in _PLACES}
    return replace(evidence, strength=strength, facts={**facts, **present.place})


def _moved(
    probability: float,
    then: Mapping[str, float | int | str],
    now: Mapping[str, float | int | str],
    move: float,
) -> float:
    """Move a probability, and put what answers taught since in place of what they had taught."""
    if not 0.0 < probability < 1.0:
        return probability
    shift, slope = (float(then.get(name, plain)) for name, plain in (("shift", 0), ("slope", 1)))
    raw = (math.log(probability / (1.0 - probability)) - shift) / slope + move
    odds = float(now.get("shift", 0)) + float(now.get("slope", 1)) * raw
    return float(f"{1.0 / (1.0 + math.exp(-odds)):.4g}")


def _scaled(population: Population, share: float) -> Population:
    """Change counts of lines by a share, and keep what they must be to each other."""
    clients = max(1, round(population.clients * share)) if population.clients else 0
    clients = min(clients, population.lines)
    return Population(
        lines=population.lines,
        tried=min(max(clients, round(population.tried * share)), population.lines),
        clients=clients,
        suspects=min(round(population.suspects * share), clients),
        networks=min(round(population.networks * share), clients),
        beside=tuple(
            PortUse(each.proto, each.port, max(1, round(each.clients * share)))
            for each in population.beside
        ),
    )


def _terms(text: str, share: float) -> str:
    """Change the weights of the strongest terms, such as ``learned:6.2 crowd:-1.1``, alike."""
    told = (each.partition(":") for each in text.split())
    return " ".join(f"{code}:{float(weight) * share:.1f}" for code, _, weight in told)
