"""Which epoch it is at the hub, and until when one takes in what is said of it."""

from dataclasses import dataclass

from hinomi.govern.retention import DAY_MS
from hinomi.model.listing import epoch_of, render_epoch
from hinomi.services.home import Home


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


def lease_epochs(home: Home) -> int:
    """Give how many epochs a listing holds at most, at least 1."""
    days = home.register.integer("share.epoch_days")
    return max(home.register.integer("share.lease_days") // days, 1)
