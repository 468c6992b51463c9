"""What detection counted of the hub's list is a yes or a no for each place on it."""

import pytest

from hinomi.errors import ConfigError
from hinomi.services.membership.met import Behind, Met, counted_of, lines_listed, put_met, read_met
from household import Household

SEEN = Met(
    number=3, lines_least=5, met=[0, 4], at_least=1, epoch=19_999, watched=Behind.MORE,
    listed={1: Behind.FEW, 2: Behind.EXACTLY, 7: Behind.MORE}, counted="ab",
)  # fmt: skip


def test_the_last_run_counts(house: Household) -> None:
    """It takes the place of the one before."""
    assert read_met(house.home()) is None
    put_met(house.home(), SEEN)
    later = Met(number=4, lines_least=5, met=[], at_least=0)

    put_met(house.home(), later)

    assert read_met(house.home()) == later
    assert (house.folder / "hub" / "met.json").stat().st_mode & 0o777 == 0o600


def test_no_address_and_no_count_is_kept(house: Household) -> None:
    """Places on a list, what is enough behind own cases and the epoch, and by how many lines."""
    put_met(house.home(), SEEN)

    told = (house.folder / "hub" / "met.json").read_text("utf-8")
    assert told == (
        '{"number":3,"lines_least":5,"met":[0,4],"at_least":1,"epoch":19999,"watched":"more",'
        '"listed":{"1":"few","2":"exactly","7":"more"},"counted":"ab"}'
    )


def test_what_an_earlier_program_kept_is_of_no_epoch(house: Household) -> None:
    """It counted by another rule; the next run of detection does by this one."""
    put_met(house.home(), SEEN)
    old = '{"number":3,"until_day":20000,"lines_least":5,"met":[0,4],"at_least":1}'
    (house.folder / "hub" / "met.json").write_text(old, "utf-8")

    assert counted_of(house.home(), 19_999) is None


def test_what_said_on_which_day_the_newest_record_was_watched_nothing(house: Household) -> None:
    """An earlier program took one record for having watched; the next run counts lines."""
    put_met(house.home(), SEEN)
    old = (
        '{"number":3,"until_day":20000,"lines_least":5,"met":[0,4],"at_least":1,"epoch":19999,'
        '"listed":{},"counted":"ab"}'
    )
    (house.folder / "hub" / "met.json").write_text(old, "utf-8")

    found = counted_of(house.home(), 19_999)

    assert found is not None
    assert found.watched is Behind.FEW


def test_lines_are_told_as_far_as_anybody_needs_to_know(house: Household) -> None:
    """Too few, exactly enough, more; of another epoch nothing."""
    put_met(house.home(), SEEN)

    assert lines_listed(house.home(), 19_999) == {1: 0, 2: 5, 7: 6}
    assert lines_listed(house.home(), 20_000) == {}


def test_what_is_damaged_is_said_to_be(house: Household) -> None:
    """The next run of detection writes it anew."""
    put_met(house.home(), SEEN)
    (house.folder / "hub" / "met.json").write_bytes(b"{")

    with pytest.raises(ConfigError, match="detection writes it anew"):
        read_met(house.home())
