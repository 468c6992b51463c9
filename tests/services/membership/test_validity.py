"""A node's certificate ends on a day, of which people are told before."""

from datetime import date

import pytest

from docket import At
from hinomi.errors import ConfigError, NotFound
from hinomi.services.membership.validity import require_valid, warn_of_end
from household import DAY_MS, Household

LEFT = (date(2034, 3, 20) - date(2027, 1, 15)).days
"""Days until the last one of the certificate, from the day of the home's clock."""


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (0, None),
        (LEFT - 30, None),
        (LEFT - 29, "ends on 2034-03-20 (days left: 29)"),
        (LEFT - 1, "ends on 2034-03-20 (days left: 1)"),
        (LEFT + 1, None),  # `require_valid` tells of that.
    ],
)
def test_its_end_is_told_a_month_before(house: Household, later: int, said: str | None) -> None:
    """With the day, and with what to do."""
    house.later(later * DAY_MS)

    warning = warn_of_end(house.home())

    assert (warning is None) is (said is None)
    if warning is not None and said is not None:
        assert said in warning
        assert "hinomi listings enrol" in warning


def test_it_is_valid_until_its_end(house: Household) -> None:
    """After that a person has to do something."""
    house.later((LEFT - 1) * DAY_MS)
    require_valid(house.home())
    house.later(2 * DAY_MS)

    with pytest.raises(ConfigError, match=r"ended on 2034-03-20: .*listings enrol"):
        require_valid(house.home())


def test_who_joined_none_has_none(at: At) -> None:
    """And is told how to join."""
    with pytest.raises(NotFound, match="listings enrol"):
        require_valid(at(None).home())
