"""Guards that read what sources say of a service: sinkhole, shared, loader, benign, gone."""

from collections.abc import Iterator
from typing import Final

from hinomi.model.case import ServiceClass
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.verify.holds import Hold, Lift, Limits, Values, hold
from hinomi.verify.holdwords import WORDS
from hinomi.verify.surroundings import Surroundings

_KINDS: Final = (
    (Claim.SINKHOLE, "said-sinkhole", ServiceClass.SINKHOLE),
    (Claim.SHARED, "said-shared", ServiceClass.SHARED),
    (Claim.LOADER, "said-loader", ServiceClass.LOADER),
)


def said_otherwise(around: Surroundings, limits: Limits) -> Iterator[Hold]:
    """
    Hold what a source says to be a sinkhole, a shared host or a loader.

    A person's own finding, or independent methods that agree, are final; a single source is
    not: a poisoned entry would else be a place to hide in.
    """
    for claim, code, service_class in _KINDS:
        said = [each for each in around.evidence if each.claim is claim]
        if not said:
            continue
        methods = {each.method for each in said}
        final = Method.ANALYST in methods or len(methods) >= limits.lift_methods
        # A loader at another port of the address says nothing final of this one.
        if claim is Claim.LOADER and not any(each.is_exact for each in said):
            final = False
        lift = Lift.NOBODY if final else Lift.EVIDENCE
        yield hold(WORDS[code], code, lift, _sources(said), service_class)


def said_benign(around: Surroundings, _limits: Limits) -> Iterator[Hold]:
    """Hold what a source says to be no C&C server: a reviewer weighs who is right."""
    said = [each for each in around.evidence if each.claim is Claim.BENIGN]
    if said:
        yield hold(WORDS["said-benign"], "said-benign", Lift.REVIEWER, _sources(said))


def said_gone(around: Surroundings, _limits: Limits) -> Iterator[Hold]:
    """Hold what is said to be gone or moved, until something newer says that it is there."""
    said = [each for each in around.evidence if each.claim in {Claim.GONE, Claim.MOVED}]
    if not said:
        return
    newest = max(each.observed_day for each in said)
    later = [each for each in _speaking_for(around) if each.observed_day > newest]
    if not later:
        values: Values = {**_sources(said), "age": max(around.day - newest, 0)}
        yield hold(WORDS["said-gone"], "said-gone", Lift.EVIDENCE, values)


def reallocated(around: Surroundings, _limits: Limits) -> Iterator[Hold]:
    """Hold where all that speaks for a C&C is older than the registration of its addresses."""
    days, evidence = around.address.allocation_days, _speaking_for(around)
    if days is None or not evidence:
        return
    age = around.day - max(each.observed_day for each in evidence)
    if age > days:
        values: Values = {"days": days, "age": age, "pieces": len(evidence)}
        yield hold(WORDS["reallocated"], "reallocated", Lift.EVIDENCE, values)


CLAIM_GUARDS: Final = (said_otherwise, said_benign, said_gone, reallocated)


def _speaking_for(around: Surroundings) -> list[Evidence]:
    return [each for each in around.evidence if each.claim.is_for]


def _sources(said: list[Evidence]) -> dict[str, float | int | str]:
    names = sorted({each.source for each in said})
    return {"sources": len(names), "named": "; ".join(names), "pieces": len(said)}
