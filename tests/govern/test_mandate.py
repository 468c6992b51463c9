"""Mandates: what they permit, until when, and what they cannot be."""

from datetime import UTC, datetime

import pytest

from builders import mandate
from hinomi.errors import NotPermitted
from hinomi.govern.mandate import Guard, Mandate
from hinomi.govern.matrix import Cell, Data, LegalBasis, Power, Purpose, shipped_matrix

NOW_MS = 1_796_083_200_000
DAY = datetime.fromtimestamp(NOW_MS // 1000, UTC).date()


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


def test_a_mandate_without_powers_cannot_be_made() -> None:
    """It would permit nothing."""
    with pytest.raises(ValueError, match="permits nothing"):
        held(Purpose.OPERATE, frozenset())


def held(purpose: Purpose, powers: frozenset[Power] = frozenset(Power)) -> Mandate:
    """Give a mandate for *purpose* with *powers*."""
    return Mandate(
        purpose=purpose,
        basis=LegalBasis.LEGITIMATE_BUSINESS,
        who="tester",
        until_ms=2**62,
        powers=powers,
    )


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("power", Power)
@pytest.mark.parametrize("data", Data)
def test_a_door_admits_what_the_matrix_permits_and_writes_down_what_it_refuses(
    purpose: Purpose, power: Power, data: Data
) -> None:
    """Whatever powers a mandate claims, the matrix has the last word, and refusals stay."""
    told: list[dict[str, object]] = []
    guard = Guard(lambda: NOW_MS, tell=told.append)
    cell = Cell(purpose, data, power, LegalBasis.LEGITIMATE_BUSINESS)

    if shipped_matrix().ask(cell, DAY).is_permitted:
        guard.admit(held(purpose), power, data)
        assert not told
        return
    with pytest.raises(NotPermitted, match=f"{purpose} / {data} / {power}"):
        guard.admit(held(purpose), power, data)
    (refusal,) = told
    assert refusal["operation"] == "refused"
    assert refusal["asked"] == {"power": power.value, "data": data.value}


def test_operating_the_store_is_no_reason_to_read_it() -> None:
    """A mandate for upkeep that claims the power to analyse is refused at the door."""
    with pytest.raises(NotPermitted, match="no reason to analyse"):
        Guard(lambda: NOW_MS).admit(held(Purpose.OPERATE), Power.ANALYSE)


def test_a_power_that_was_not_given_is_refused_and_written_down() -> None:
    """The mandate itself says no before the matrix is asked."""
    told: list[dict[str, object]] = []

    with pytest.raises(NotPermitted, match="does not permit to store"):
        Guard(lambda: NOW_MS, tell=told.append).admit(mandate(Power.ANALYSE), Power.STORE)
    assert len(told) == 1


@pytest.mark.parametrize("power", [Power.STORE, Power.COLLECT, Power.REIDENTIFY, Power.SHARE])
def test_explaining_is_a_reason_to_publish_and_for_nothing_else(power: Power) -> None:
    """Whoever makes the page for subscribers cannot reach flow data by it."""
    for data in Data:
        with pytest.raises(NotPermitted):
            Guard(lambda: NOW_MS).admit(held(Purpose.EXPLAIN), power, data)
    Guard(lambda: NOW_MS).admit(held(Purpose.EXPLAIN), Power.PUBLISH, Data.STATISTICS)


def test_the_journal_keeps_purpose_basis_and_who() -> None:
    """All as text."""
    assert mandate().render() == {
        "purpose": "detect-cc",
        "basis": "legitimate-business-act",
        "who": "tester",
    }
