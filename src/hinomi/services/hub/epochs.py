"""Which epoch it is at the hub, when its list is due, and whether the clock may be believed."""

from dataclasses import dataclass
from typing import Final

from hinomi.errors import Conflict
from hinomi.govern.retention import DAY_MS
from hinomi.model.listing import epoch_of, render_epoch, whole_epochs
from hinomi.services.home import Home

_MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch of a hub: members speak of the one before it, and its list is made once."""

    number: int
    days: int  # Length.

    @property
    def spoken_of(self) -> int:
        """The epoch that members' statements are of now: the last one that is over."""
        return self.number - 1

    @property
    def starts_ms(self) -> int:
        """When it begins, in ms since the Unix epoch."""
        return self.number * self.days * DAY_MS

    def __str__(self) -> str:
        return render_epoch(self.number, self.days)


def present_epoch(home: Home) -> Epoch:
    """Give the epoch that it is."""
    days = home.register.integer("share.epoch_days")
    return Epoch(epoch_of(home.clock(), days), days)


def due_ms(home: Home, epoch: Epoch) -> int:
    """Tell from when on the list of *epoch* is due, ms since the Unix epoch."""
    return epoch.starts_ms + home.register.integer("hub.publish_after_minutes") * _MINUTE_MS


def require_not_ahead(now: Epoch, newest: int, what: str) -> None:
    """
    Return if a list is of no later epoch than the present one.

    Args:
        now: The present epoch.
        newest: That of the list.
        what: The list, in words: ``snapshot 2``.

    Raises:
        Conflict: If it is: a clock was ahead when it was made, or is behind now.
    """
    if newest > now.number:
        raise Conflict(
            f"{what} is of {render_epoch(newest, now.days)}, which is after today, in the epoch of "
            f"{now}: look at the hub's clock; if it is right now, it was wrong then, and "
            "docs/howto/run-the-hub.md says what leads out"
        )


def lease_epochs(home: Home) -> int:
    """Give how many epochs a listing holds at most, at least 1."""
    days = home.register.integer("share.epoch_days")
    return whole_epochs(home.register.integer("share.lease_days"), days)
