"""What detection saw of the hub's list is a yes or a no for each place on it."""

import pytest

from hinomi.errors import ConfigError
from hinomi.services.membership.met import Met, put_met, read_met
from household import Household

SEEN = Met(number=3, until_day=20_000, lines_least=5, met=[0, 4], at_least=1)


def test_the_last_run_counts(house: Household) -> None:
    """It takes the place of the one before."""
    assert read_met(house.home()) is None
    put_met(house.home(), SEEN)
    later = Met(number=4, until_day=20_001, lines_least=5, met=[], at_least=0)

    put_met(house.home(), later)

    assert read_met(house.home()) == later
    assert (house.folder / "hub" / "met.json").stat().st_mode & 0o777 == 0o600


def test_no_address_and_no_count_is_kept(house: Household) -> None:
    """Places on a list, the day, and by how many lines it was decided."""
    put_met(house.home(), SEEN)

    told = (house.folder / "hub" / "met.json").read_text("utf-8")
    assert told == '{"number":3,"until_day":20000,"lines_least":5,"met":[0,4],"at_least":1}'


def test_what_is_damaged_is_said_to_be(house: Household) -> None:
    """The next run of detection writes it anew."""
    put_met(house.home(), SEEN)
    (house.folder / "hub" / "met.json").write_bytes(b"{")

    with pytest.raises(ConfigError, match="detection writes it anew"):
        read_met(house.home())
