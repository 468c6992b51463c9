"""
How long what stands on the hub's list holds here: as the hub says, and no longer than a lease.

A member that hears nothing for a lease lists nothing. That rests on this node's own register
(R7): a hub that signs longer ends is not believed there. What is kept stays as it was signed.
"""

from hinomi.model.listing import whole_epochs
from hinomi.model.snapshot import Snapshot
from hinomi.services.home import Home
from hinomi.services.membership.joined import JoinedHub


def last_epoch(home: Home, membership: JoinedHub, epoch: int) -> int:
    """
    Give the last epoch in which anything on a list of *epoch* holds here.

    Notes:
        It is the last one that a hub with the same `share.lease_days` would say.
    """
    lease = whole_epochs(home.register.integer("share.lease_days"), membership.epoch_days)
    return epoch + lease - 1


def ends_of(home: Home, membership: JoinedHub, snapshot: Snapshot) -> tuple[int, ...]:
    """Give, in the order of its listings, the last epoch in which each holds here."""
    last = last_epoch(home, membership, snapshot.epoch)
    return tuple(min(each.valid_until, last) for each in snapshot.listings)


def lease_left(home: Home, membership: JoinedHub, snapshot: Snapshot) -> int:
    """Count the epochs after the present one in which something of *snapshot* still holds."""
    last = max(ends_of(home, membership, snapshot), default=snapshot.epoch)
    return max(last - membership.epoch_at(home.clock()), 0)


def warn_of_lease(home: Home, membership: JoinedHub, snapshot: Snapshot) -> str | None:
    """Say that the hub gives longer than a lease; None: it does not."""
    last = last_epoch(home, membership, snapshot.epoch)
    longer = sum(each.valid_until > last for each in snapshot.listings)
    if not longer:
        return None
    days = home.register.integer("share.lease_days")
    return (
        f"the hub lets {longer:,} of its servers stand for longer than share.lease_days ({days}) "
        f"here: they end here after {membership.day_of(last)}; ask the hub"
    )
