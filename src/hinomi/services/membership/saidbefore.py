"""What earlier batches of findings said, for as long as the hub may count them."""

from collections.abc import Iterator
from typing import Final

from hinomi.model.listing import whole_epochs
from hinomi.model.statement import Deed, Endpoint
from hinomi.services.home import Home
from hinomi.services.membership.joined import JoinedHub
from hinomi.services.membership.sending import find_sent, find_waiting
from hinomi.share.submission import Profile, parse_submission

_EVERY: Final = Profile(frozenset({"class", "band", "methods", "register"}))
"""What was sent stays readable when the register turns a field off."""


def said_before(home: Home, membership: JoinedHub, epoch: int) -> frozenset[Endpoint]:
    """Give what the newest batch up to *epoch* said, within a lease: the hub counts that alone."""
    return next(_batches(home, membership, epoch), frozenset())


def said_in_lease(home: Home, membership: JoinedHub, epoch: int) -> frozenset[Endpoint]:
    """Give what any batch up to *epoch* said, within a lease: found here, whoever lists it now."""
    return frozenset().union(*_batches(home, membership, epoch))


def _batches(home: Home, membership: JoinedHub, epoch: int) -> Iterator[frozenset[Endpoint]]:
    """Read the batches up to *epoch* within a lease, newest first."""
    lease = whole_epochs(home.register.integer("share.lease_days"), membership.epoch_days)
    for earlier in range(epoch, epoch - lease - 1, -1):
        sent = find_sent(home, membership, Deed.SUBMISSION, earlier) or find_waiting(
            home, membership, Deed.SUBMISSION, earlier
        )
        if sent is not None:
            said = parse_submission(
                sent.body.encode(), _EVERY, epoch=earlier, epoch_days=membership.epoch_days
            )
            yield frozenset(each.endpoint for each in said)
