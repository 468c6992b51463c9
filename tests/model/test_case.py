"""The way of a case: which steps there are, and which there are not."""

from itertools import product

import pytest

from hinomi.model.case import CLOSED, TRANSITIONS, CaseState, ServiceClass, Step, after

BEFORE = [None, *CaseState]
DOORS = {
    (each.before, each.step): each.by
    for each in TRANSITIONS
    if each.step in {Step.CLEAR, Step.LIST, Step.WITHDRAW}
}


def reachable(without: Step | None = None) -> set[CaseState | None]:
    """Give every state that a case may come to, if one step did not exist."""
    found: set[CaseState | None] = {None}
    while True:
        more = {
            each.after for each in TRANSITIONS if each.before in found and each.step is not without
        }
        if more <= found:
            return found
        found |= more


def test_every_state_is_reached() -> None:
    """From nothing, and by steps of the table alone."""
    assert reachable() == {None, *CaseState}


def test_every_step_is_taken_somewhere() -> None:
    """A word without a row would be a promise that nobody keeps."""
    assert {each.step for each in TRANSITIONS} == set(Step)


def test_no_step_leads_to_two_states() -> None:
    """What a step comes to is told by where it begins."""
    keys = [(each.before, each.step) for each in TRANSITIONS]

    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(("before", "step"), list(product(BEFORE, Step)))
def test_only_what_stands_in_the_table_is_a_step(before: CaseState | None, step: Step) -> None:
    """Everything else is refused."""
    rows = [each.after for each in TRANSITIONS if (each.before, each.step) == (before, step)]

    assert after(before, step) == (rows[0] if rows else None)


@pytest.mark.parametrize("state", sorted(CLOSED))
def test_from_a_closed_case_there_is_only_a_new_episode(state: CaseState) -> None:
    """It begins as a candidate again: what people decided does not carry over."""
    steps = {step: after(state, step) for step in Step if after(state, step) is not None}

    assert steps == {Step.RETURN: CaseState.CANDIDATE}
    assert not state.is_open


def test_a_case_that_is_open_does_not_return() -> None:
    """Only what was closed can."""
    assert {each.before for each in TRANSITIONS if each.step is Step.RETURN} == CLOSED
    assert {state for state in CaseState if state.is_open} == set(CaseState) - CLOSED


def test_cases_are_opened_once() -> None:
    """By a run, as candidates; no row begins elsewhere from nothing."""
    (row,) = [each for each in TRANSITIONS if each.before is None]

    assert (row.step, row.after) == (Step.OPEN, CaseState.CANDIDATE)


def test_listed_is_reached_through_listable_alone() -> None:
    """And listable through corroborated alone: nobody skips an eye."""
    into = {
        state: {each.before for each in TRANSITIONS if each.after is state and each.before != state}
        for state in (CaseState.LISTED, CaseState.LISTABLE, CaseState.CORROBORATED)
    }

    assert into == {
        CaseState.LISTED: {CaseState.LISTABLE},
        CaseState.LISTABLE: {CaseState.CORROBORATED},
        CaseState.CORROBORATED: {CaseState.UNDER_REVIEW},
    }


@pytest.mark.parametrize("step", [Step.TAKE, Step.CORROBORATE, Step.CLEAR, Step.LIST])
def test_without_one_of_its_people_nothing_is_listed(step: Step) -> None:
    """Every one of the four is needed."""
    assert CaseState.LISTED in reachable()
    assert CaseState.LISTED not in reachable(without=step)


def test_no_run_lets_anything_out() -> None:
    """What only a run does opens, weighs, takes back and ends; people decide."""
    by_run = {each.step for each in TRANSITIONS if each.by == "run"}

    assert by_run == {
        Step.OPEN, Step.WEIGH, Step.FALL_BACK, Step.EXPIRE, Step.RENEW, Step.RETURN,
    }  # fmt: skip
    assert DOORS == {
        (CaseState.CORROBORATED, Step.CLEAR): "reviewer",
        (CaseState.LISTABLE, Step.LIST): "two people",
        (CaseState.LISTED, Step.WITHDRAW): "reviewer",
    }


@pytest.mark.parametrize("state", list(CaseState))
def test_weighing_moves_no_case(state: CaseState) -> None:
    """Every open case can be weighed and expires; weighing and renewal leave it where it is."""
    assert after(state, Step.WEIGH) == (state if state.is_open else None)
    assert after(state, Step.EXPIRE) == (CaseState.EXPIRED if state.is_open else None)
    assert after(state, Step.RENEW) == (state if state is CaseState.LISTED else None)


def test_what_is_listed_is_withdrawn_and_not_rejected() -> None:
    """Whoever has the list must be told that an entry was wrong: rejecting is for the others."""
    rejected = {each.before for each in TRANSITIONS if each.step is Step.REJECT}

    assert rejected == {state for state in CaseState if state.is_open} - {CaseState.LISTED}
    assert after(CaseState.LISTED, Step.WITHDRAW) is CaseState.WITHDRAWN


def test_falling_back_loses_what_people_said() -> None:
    """It takes an analyst and a reviewer again."""
    falls = {each.before: each.after for each in TRANSITIONS if each.step is Step.FALL_BACK}

    assert falls == {
        CaseState.CORROBORATED: CaseState.UNDER_REVIEW,
        CaseState.LISTABLE: CaseState.UNDER_REVIEW,
    }


def test_who_takes_a_step_is_one_of_four() -> None:
    """The words of the reference page."""
    assert {each.by for each in TRANSITIONS} == {"run", "analyst", "reviewer", "two people"}


def test_only_what_serves_a_botnet_is_listable() -> None:
    """Neither a shared host nor a sinkhole, a loader or what nobody knows."""
    assert {each for each in ServiceClass if each.is_listable} == {
        ServiceClass.DEDICATED,
        ServiceClass.COMPROMISED,
    }
