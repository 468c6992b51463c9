"""What sources say of a service holds it, as strongly as they are many and of several kinds."""

import pytest

from guarded import TODAY, around, held, on_address, said
from hinomi.model.case import ServiceClass
from hinomi.model.evidence import Claim, Method
from hinomi.verify.holds import Lift
from hinomi.verify.surroundings import AddressFacts

KINDS = [
    (Claim.SINKHOLE, "said-sinkhole", ServiceClass.SINKHOLE),
    (Claim.SHARED, "said-shared", ServiceClass.SHARED),
    (Claim.LOADER, "said-loader", ServiceClass.LOADER),
]


@pytest.mark.parametrize(("claim", "code", "service_class"), KINDS)
def test_one_source_holds_and_is_not_final(
    claim: Claim, code: str, service_class: ServiceClass
) -> None:
    """A poisoned entry of one list would else be a place to hide in."""
    hold = held(around(evidence=(said(claim),)))[code]

    assert (hold.lift, hold.suggests) == (Lift.EVIDENCE, service_class)
    assert "a list" in hold.text


@pytest.mark.parametrize(("claim", "code", "service_class"), KINDS)
def test_a_person_or_two_methods_are_final(
    claim: Claim, code: str, service_class: ServiceClass
) -> None:
    """Two sources of one method are still one method."""
    person = around(evidence=(said(claim, Method.ANALYST),))
    agreed = around(evidence=(said(claim), said(claim, Method.PASSIVE_DNS)))
    copied = around(evidence=(said(claim), said(claim, source="another list")))

    assert held(person)[code].lift is Lift.NOBODY
    assert held(agreed)[code].lift is Lift.NOBODY
    assert held(copied)[code].lift is Lift.EVIDENCE
    assert held(agreed)[code].suggests is service_class


def test_a_loader_at_another_port_is_not_final_here() -> None:
    """What was said of the address alone may mean another service on it."""
    evidence = (on_address(Claim.LOADER), on_address(Claim.LOADER, Method.HONEYPOT))

    assert held(around(evidence=evidence))["said-loader"].lift is Lift.EVIDENCE


def test_a_benign_word_asks_a_reviewer() -> None:
    """However many say it: they acquit nobody."""
    evidence = tuple(said(Claim.BENIGN, method) for method in Method)

    hold = held(around(evidence=evidence))["said-benign"]

    assert (hold.lift, hold.suggests) == (Lift.REVIEWER, None)
    assert hold.values["sources"] == len(Method)


@pytest.mark.parametrize("claim", [Claim.GONE, Claim.MOVED])
def test_what_is_gone_is_held_until_it_is_seen_again(claim: Claim) -> None:
    """Evidence of a later day ends the hold; of the same day it does not."""
    gone = said(claim, observed_day=TODAY - 3)
    same = said(Claim.CC, Method.FLOW, observed_day=TODAY - 3)
    later = said(Claim.CC, Method.FLOW, observed_day=TODAY - 2)

    hold = held(around(evidence=(gone, same)))["said-gone"]

    assert hold.values["age"] == 3
    assert hold.lift is Lift.EVIDENCE
    assert held(around(evidence=(gone, later))) == {}


def test_evidence_older_than_the_holder_of_the_address_is_held() -> None:
    """A block registered after the last thing seen may belong to somebody else."""
    address = AddressFacts(allocation_days=10.0)
    old = said(Claim.CC, observed_day=TODAY - 30)
    new = said(Claim.CC, Method.FLOW, observed_day=TODAY - 2)

    hold = held(around(address=address, evidence=(old,)))["reallocated"]

    assert (hold.values["days"], hold.values["age"]) == (10.0, 30)
    assert hold.lift is Lift.EVIDENCE
    assert held(around(address=address, evidence=(old, new))) == {}
    assert held(around(address=address)) == {}


@pytest.mark.parametrize("claim", [Claim.CC, Claim.SUPPORT, Claim.COMPROMISED])
def test_what_speaks_for_a_cc_holds_nothing(claim: Claim) -> None:
    """Evidence for the finding is no reason to hold it."""
    assert held(around(evidence=(said(claim),))) == {}
