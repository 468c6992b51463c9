"""Evidence: one dated, attributable statement about a service."""

import dataclasses

import pytest

from guarded import TODAY, WEB
from hinomi.model.evidence import ANY_PORT, Claim, Evidence, Method
from hinomi.model.service import Service


def stated(**changed: object) -> Evidence:
    """Give a statement that a service is a C&C server, but for what is changed."""
    usual: dict[str, object] = {
        "service": WEB,
        "method": Method.HONEYPOT,
        "source": "traps",
        "claim": Claim.CC,
        "observed_day": TODAY,
    }
    return Evidence(**(usual | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize("source", ["", " ", "\t\n"])
def test_evidence_of_nobody_is_refused(source: str) -> None:
    """Whoever says nothing of themselves cannot be weighed."""
    with pytest.raises(ValueError, match="without a source"):
        stated(source=source)


@pytest.mark.parametrize("strength", [-0.01, 1.01, float("nan")])
def test_a_strength_that_is_no_probability_is_refused(strength: float) -> None:
    """It is 0 to 1, or not stated."""
    with pytest.raises(ValueError, match="is outside"):
        stated(strength=strength)


@pytest.mark.parametrize("strength", [None, 0, 0.5, 1])
def test_a_strength_may_lack(strength: float | None) -> None:
    """Most sources state none; the ends are probabilities as well."""
    assert stated(strength=strength).strength == strength


def test_evidence_on_an_address_alone_is_not_exact() -> None:
    """Port 0 is a port, as of protocols that have none; `ANY_PORT` is not."""
    assert stated().is_exact
    assert stated(service=Service(WEB.address, 1, 0)).is_exact
    assert not stated(service=Service(WEB.address, ANY_PORT, ANY_PORT)).is_exact


def test_three_claims_speak_for_a_server_that_is_there_now() -> None:
    """A loader, a sinkhole and what is gone are none; every claim is on one side."""
    assert {each for each in Claim if each.is_for} == {
        Claim.CC,
        Claim.COMPROMISED,
        Claim.SUPPORT,
    }


def test_evidence_has_no_place_for_who_spoke_with_the_service() -> None:
    """Neither a client nor a time below the day: a field more is a decision (R4)."""
    assert {each.name for each in dataclasses.fields(Evidence)} == {
        "service", "method", "source", "claim", "observed_day", "reference", "strength", "facts",
    }  # fmt: skip


def test_methods_and_claims_are_words_that_are_stored() -> None:
    """The case book and the register hold them as text: they may be added to, never changed."""
    assert {str(each) for each in Method} >= {
        "flow", "honeypot", "malware-analysis", "darknet", "list", "passive-dns", "certificate",
        "sighting", "analyst",
    }  # fmt: skip
    assert {str(each) for each in Claim} >= {
        "cc", "loader", "sinkhole", "shared-host", "compromised-host", "benign", "gone", "moved",
        "support",
    }  # fmt: skip
