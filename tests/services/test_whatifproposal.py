"""The smallest setting within a stated loss, ready to be proposed."""

import shlex

import pytest

from hinomi.govern.parameters import default_register
from hinomi.services.whatifproposal import Proposal, propose
from hinomi.services.whatifresult import Axis, Cell, Kept, Setting
from lessened import cell, what_if

REGISTER = default_register()


def _proposed(*cells: Cell, loss: float = 0.05) -> list[Proposal]:
    return propose(what_if(*cells), "ab12", REGISTER, loss)


def test_the_smallest_setting_within_the_loss_is_proposed() -> None:
    """1 in 50,000 loses a tenth: too much; 1 in 20,000 loses nothing."""
    (proposal,) = _proposed(cell(Axis.SAMPLING, 20_000, 20), cell(Axis.SAMPLING, 50_000, 18))

    assert (proposal.name, proposal.value) == ("collect.sampling_interval_min", 20_000)
    assert proposal.present == REGISTER.integer("collect.sampling_interval_min")
    assert "1 in 20,000 keeps 100% of the records" in proposal.considerations
    assert "0% of 20 on no list lost (95 %: 0% to 16%)" in proposal.considerations
    assert "1 in 50,000 is not: 10% of 20 on no list lost" in proposal.considerations


def test_the_command_is_ready_to_be_typed() -> None:
    """One line for a shell, whatever the words are."""
    (proposal,) = _proposed(cell(Axis.DAYS, 7, 20))

    words = shlex.split(proposal.command)

    assert words[:5] == ["hinomi", "parameters", "propose", "detect.window_days", "7"]
    assert words[5:] == [
        "--considerations", proposal.considerations, "--evidence", "what-if:ab12"
    ]  # fmt: skip
    assert proposal.render()["command"] == proposal.command


def test_luck_beyond_a_setting_that_costs_more_does_not_count() -> None:
    """1 in 50,000 finds all by chance, 1 in 20,000 does not: the present value stays."""
    (proposal,) = _proposed(cell(Axis.SAMPLING, 20_000, 15), cell(Axis.SAMPLING, 50_000, 20))

    assert proposal.value == proposal.present
    assert "No lesser setting is within a loss of 5%" in proposal.considerations


def test_new_candidates_are_a_cost() -> None:
    """Poorer records that accuse more are not within the loss either."""
    (proposal,) = _proposed(cell(Axis.DAYS, 7, 20, fresh=4))

    assert proposal.value == proposal.present
    assert "16% new" in proposal.considerations


@pytest.mark.parametrize(
    "settings",
    [
        (),
        (cell(Axis.SAMPLING, 5_000, 20),),  # Denser than what is registered.
        (cell(Axis.DAYS, 30, 20),),  # Longer.
        (cell(Axis.WITHOUT, "sizes", 20),),  # No parameter yet.
        (Cell(setting=Setting(Axis.DAYS, 7), skipped="the window holds no more days"),),
    ],
)
def test_what_is_no_lesser_value_is_not_proposed(settings: tuple[Cell, ...]) -> None:
    """Nothing to say of it."""
    assert _proposed(*settings) == []


def test_without_candidates_nothing_is_proposed() -> None:
    """That nothing was lost of nothing is no reason."""
    none = cell(Axis.DAYS, 7, 0, listed=Kept(0, 0), before=0)
    run = none.runs[0]
    empty = type(run)(run.seed, type(run.figures)(**{
        **{name: getattr(run.figures, name) for name in run.figures.__struct_fields__},
        "unlisted": Kept(0, 0),
    }))  # fmt: skip

    assert _proposed(Cell(setting=none.setting, runs=(empty,))) == []
