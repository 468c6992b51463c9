"""
Benign guards: what keeps a service from being listed, and what kind of server it looks like.

A guard holds and says why. It deletes no finding and changes no probability, and neither
popularity nor a list acquits: an attacker may have put its C&C there on purpose. What nobody
may lift goes only when what it rests on goes, such as an entry that its list drops.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from hinomi.model.case import ServiceClass
from hinomi.model.evidence import Claim, Evidence
from hinomi.verify.claims import CLAIM_GUARDS
from hinomi.verify.guards import GUARDS
from hinomi.verify.holds import RANK, Hold, Lift, Limits
from hinomi.verify.surroundings import Surroundings

_FIRST: Final = (ServiceClass.SINKHOLE, ServiceClass.LOADER, ServiceClass.SHARED)
"""Of holds that are equally strong: the class that is known most surely."""


def holds_of(around: Surroundings, limits: Limits) -> tuple[Hold, ...]:
    """
    Give everything that keeps a service from being listed, the strongest first.

    Args:
        around: What is known of the service and its place.
        limits: The registered numbers.

    Returns:
        Empty where nothing does; a code stands there once.
    """
    found = [each for guard in (*GUARDS, *CLAIM_GUARDS) for each in guard(around, limits)]
    return tuple(sorted(found, key=lambda each: (-RANK[each.lift], each.code)))


def suggest_class(holds: Iterable[Hold], evidence: Iterable[Evidence] = ()) -> ServiceClass:
    """
    Suggest what kind of server it is; a person decides.

    Args:
        holds: What `holds_of` gave: the strongest that suggest anything speak.
        evidence: What sources say, for what no guard tells: a server that is abused.

    Returns:
        `ServiceClass.UNKNOWN` where nothing is suggested.
    """
    speaking = [each for each in holds if each.suggests is not None]
    if speaking:
        strongest = max(RANK[each.lift] for each in speaking)
        said = {each.suggests for each in speaking if RANK[each.lift] == strongest}
        return next((each for each in _FIRST if each in said), ServiceClass.UNKNOWN)
    if any(each.claim is Claim.COMPROMISED for each in evidence):
        return ServiceClass.COMPROMISED
    return ServiceClass.UNKNOWN


def may_lift(held: Hold, evidence: Sequence[Evidence], limits: Limits) -> bool:
    """
    Tell whether a reviewer may lift *held* with a reason of their own.

    Args:
        held: The hold.
        evidence: Everything that the case book holds on the service.
        limits: Says how many independent methods must speak of this very port.

    Notes:
        Traits (`Claim.SUPPORT`) are no statement, and an address alone is no port. A service
        of the own network passes the door of re-identification first.
    """
    if held.lift is Lift.EVIDENCE:
        return len(exact_methods(evidence)) >= limits.lift_methods
    return held.lift is Lift.REVIEWER


def exact_methods(evidence: Iterable[Evidence]) -> frozenset[str]:
    """Name the methods that say of this very protocol and port that it is a C&C server."""
    claims = {Claim.CC, Claim.COMPROMISED}
    return frozenset(
        each.method.value for each in evidence if each.claim in claims and each.is_exact
    )
