"""Which epoch it is, and what is spoken of in it."""

from pathlib import Path

import pytest

from foundedhubs import FoundedHub
from hinomi.errors import Conflict
from hinomi.govern.retention import DAY_MS
from hinomi.services.hub.epochs import Epoch, due_ms, lease_epochs, present_epoch, require_not_ahead
from hubs import FIRST_EPOCH


def test_an_epoch_is_whole_days(tmp_path: Path) -> None:
    """Its first and its last millisecond are of it; the one before is spoken of."""
    hub = FoundedHub.with_members(tmp_path / "hub")
    for past_ms in (0, DAY_MS - 1):
        hub.past_ms = past_ms

        now = present_epoch(hub.home())

        assert (now, now.spoken_of, str(now)) == (
            Epoch(FIRST_EPOCH, 1), FIRST_EPOCH - 1, "2026-11-23",
        )  # fmt: skip
        assert now.starts_ms == FIRST_EPOCH * DAY_MS


def test_an_epoch_may_be_longer_than_a_day() -> None:
    """Then it begins where whole spans of so many days do."""
    assert Epoch(2_969, 7).starts_ms == 2_969 * 7 * DAY_MS


def test_a_list_is_due_some_time_after_its_epoch_began(tmp_path: Path) -> None:
    """Two hours, as registered."""
    home = FoundedHub.with_members(tmp_path / "hub").home()

    assert due_ms(home, Epoch(FIRST_EPOCH, 1)) == FIRST_EPOCH * DAY_MS + 7_200_000


@pytest.mark.parametrize(("days", "number", "named"), [(1, 20_781, "11-24"), (7, 2_969, "11-26")])
def test_a_list_of_an_epoch_to_come_is_told_by_its_day(days: int, number: int, named: str) -> None:
    """One of the present epoch, or of an earlier one, is as it should be."""
    now = Epoch(number - 1, days)
    for epoch in (-1, 0, number - 1):
        require_not_ahead(now, epoch, "snapshot 2")

    with pytest.raises(Conflict, match=f"^snapshot 2 is of 2026-{named}, which is after today"):
        require_not_ahead(now, number, "snapshot 2")


def test_the_lease_is_told_in_epochs(tmp_path: Path) -> None:
    """As registered, in days."""
    assert lease_epochs(FoundedHub.with_members(tmp_path / "hub").home()) == 7
