"""Who met a service, and where it stands, as numbers that go with the evidence of one run."""

from collections.abc import Mapping
from typing import Final

from hinomi.model.context import NetworkKind
from hinomi.model.evidence import Evidence, Method
from hinomi.verify.surroundings import AddressFacts, Population, PortUse

Facts = dict[str, float | int | str]

_COUNTS: Final = ("lines", "tried", "clients", "suspects", "networks")
MOST_BESIDE: Final = 32
"""So many other services of an address are kept, those with most clients first."""


def render_population(population: Population) -> Facts:
    """Write a population as facts of evidence: counts, and which other ports are in use."""
    facts: Facts = {name: getattr(population, name) for name in _COUNTS}
    beside = sorted(population.beside, key=lambda use: (-use.clients, use.proto, use.port))
    facts["beside"] = " ".join(
        f"{use.proto}/{use.port}:{use.clients}" for use in beside[:MOST_BESIDE]
    )
    return facts


def render_address_facts(address: AddressFacts) -> Facts:
    """Write what local tables say of an address as facts; what none says is left out."""
    facts: Facts = {"as_kind": int(address.as_kind)}
    if address.origin_as is not None:
        facts["asn"] = address.origin_as
    if address.names is not None:
        facts["names"] = address.names
    if address.allocation_days is not None:
        facts["allocation_days"] = address.allocation_days
    if address.certificates:
        facts["certificates"] = " ".join(map(str, address.certificates))
    return facts


def latest_flow(evidence: tuple[Evidence, ...]) -> Evidence | None:
    """Give what detection said last, of evidence oldest first; None: it never said anything."""
    said = [each for each in reversed(evidence) if each.method is Method.FLOW]
    return max(said, key=lambda each: each.observed_day, default=None)  # The first of equals.


def population_in(evidence: Evidence | None) -> Population | None:
    """Read the population in the facts of *evidence*; None where there is none."""
    facts: Mapping[str, float | int | str] = {} if evidence is None else evidence.facts
    if not all(isinstance(facts.get(name), int) for name in _COUNTS):
        return None
    beside = [
        PortUse(*map(int, each.replace("/", ":").split(":")))
        for each in str(facts.get("beside", "")).split()
    ]
    counts = {name: int(facts[name]) for name in _COUNTS}
    return Population(**counts, beside=tuple(beside))


def address_facts_in(evidence: Evidence | None) -> AddressFacts:
    """Read what local tables said of the address when *evidence* was made."""
    facts: Mapping[str, float | int | str] = {} if evidence is None else evidence.facts
    names, days, asn = (facts.get(name) for name in ("names", "allocation_days", "asn"))
    return AddressFacts(
        origin_as=None if asn is None else int(asn),
        as_kind=NetworkKind(int(facts.get("as_kind", NetworkKind.UNKNOWN))),
        names=None if names is None else int(names),
        certificates=tuple(map(int, str(facts.get("certificates", "")).split())),
        allocation_days=None if days is None else float(days),
    )
