"""Mandates: what they permit, until when, and what they cannot be."""

import pytest

from builders import mandate
from hinomi.errors import NotPermitted
from hinomi.govern.mandate import LegalBasis, Mandate, Power, Purpose


def test_a_mandate_permits_its_powers_alone() -> None:
    """Whoever may analyse may not, by that, turn pseudonyms back."""
    held = mandate(Power.ANALYSE)

    held.require(Power.ANALYSE, 0)
    for power in set(Power) - {Power.ANALYSE}:
        with pytest.raises(NotPermitted, match=f"does not permit to {power}"):
            held.require(power, 0)


def test_a_mandate_ends() -> None:
    """The end is exclusive: at that millisecond it is over."""
    held = mandate(Power.STORE, until_ms=1_000_000)

    held.require(Power.STORE, 999_999)
    with pytest.raises(NotPermitted, match="ended 1970-01-01T00:16:40Z"):
        held.require(Power.STORE, 1_000_000)


def test_somebody_holds_a_mandate() -> None:
    """An access by nobody could not be answered for."""
    with pytest.raises(ValueError, match="who"):
        Mandate(
            purpose=Purpose.DETECT_CC,
            basis=LegalBasis.LEGITIMATE_BUSINESS,
            who=" ",
            until_ms=1,
            powers=frozenset({Power.STORE}),
        )


@pytest.mark.parametrize("powers", [frozenset[Power](), frozenset({Power.ANALYSE})])
def test_operating_the_store_is_no_reason_to_read_it(powers: frozenset[Power]) -> None:
    """A mandate without powers, or to analyse for the sake of upkeep, cannot be made."""
    with pytest.raises(ValueError, match=r"permits nothing|no reason"):
        Mandate(
            purpose=Purpose.OPERATE,
            basis=LegalBasis.LEGITIMATE_BUSINESS,
            who="janitor",
            until_ms=1,
            powers=powers,
        )


@pytest.mark.parametrize("power", [Power.ANALYSE, Power.STORE, Power.REIDENTIFY])
def test_explaining_is_a_reason_to_publish_and_for_nothing_else(power: Power) -> None:
    """Who makes the page for subscribers gets no look at flow records."""
    with pytest.raises(ValueError, match="for nothing else"):
        Mandate(
            purpose=Purpose.EXPLAIN,
            basis=LegalBasis.LEGITIMATE_BUSINESS,
            who="press desk",
            until_ms=1,
            powers=frozenset({Power.PUBLISH, power}),
        )


def test_the_journal_keeps_purpose_basis_and_who() -> None:
    """All as text."""
    assert mandate().render() == {
        "purpose": "detect-cc",
        "basis": "legitimate-business-act",
        "who": "tester",
    }
