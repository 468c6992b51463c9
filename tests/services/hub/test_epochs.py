"""Which epoch it is, and what is spoken of in it."""

from pathlib import Path

from foundedhubs import FoundedHub
from hinomi.govern.retention import DAY_MS
from hinomi.services.hub.epochs import Epoch, lease_epochs, present_epoch
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


def test_the_lease_is_told_in_epochs(tmp_path: Path) -> None:
    """As registered, in days."""
    assert lease_epochs(FoundedHub.with_members(tmp_path / "hub").home()) == 7
