"""A hold has words in two languages and a strength; its numbers come from the register."""

from datetime import date

import pytest

from guarded import REGISTERED, limits
from hinomi.errors import ConfigError
from hinomi.govern.parameters import Parameter, Register
from hinomi.model.case import ServiceClass
from hinomi.verify.holds import RANK, Lift, Words, hold, limits_of


def registered(**changed: float) -> Register:
    """Give a register that holds what guards ask for."""
    values = {f"guards.{name}": value for name, value in {**REGISTERED, **changed}.items()}
    return Register(
        {
            name: Parameter(
                value=value,
                unit="-",
                considerations="-",
                decided_by="tester",
                review=date(2027, 11, 22),
            )
            for name, value in values.items()
        }
    )


def test_limits_are_what_the_register_says() -> None:
    """Each number under its name, the switch for exercises as yes or no."""
    assert limits_of(registered()) == limits(made_up_hosts=False)
    assert limits_of(registered(made_up_hosts=1, many_names=7)) == limits(many_names=7)


def test_a_number_that_is_missing_is_named() -> None:
    """Guards without their numbers do not guess."""
    register = registered().without("guards.many_names")

    with pytest.raises(ConfigError, match=r"guards\.many_names"):
        limits_of(register)


def test_a_hold_is_put_into_both_languages() -> None:
    """The words are filled from the values, which stay beside them, rounded."""
    words = Words("{names} names.", "{names} 個の名前。")

    made = hold(words, "x", Lift.EVIDENCE, {"names": 7, "share": 1 / 3}, ServiceClass.SHARED)

    assert (made.text, made.text_ja) == ("7 names.", "7 個の名前。")
    assert made.values == {"names": 7, "share": 0.333333}
    assert made.suggests is ServiceClass.SHARED


def test_braces_in_the_name_of_a_list_are_left_alone() -> None:
    """A list called after a placeholder fills in nothing."""
    made = hold(Words("{source}", "{source}"), "x", Lift.REVIEWER, {"source": "{bits} {0.x}"})

    assert made.text == "{bits} {0.x}"


def test_strength_grows_from_a_reviewer_to_nobody() -> None:
    """The order of `Lift` is the order of strength."""
    assert sorted(Lift, key=RANK.__getitem__) == [
        Lift.REVIEWER,
        Lift.EVIDENCE,
        Lift.REIDENTIFICATION,
        Lift.NOBODY,
    ]
