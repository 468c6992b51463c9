"""What stands on the hub's list holds here for a lease of this node, and no longer."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hinomi.hub.publish import valid_until
from hinomi.services.membership.joined import read_joined
from hinomi.services.membership.leases import ends_of, last_epoch, lease_left, warn_of_lease
from household import DAY_MS, Household
from roundhubs import with_values
from standin import SERVERS, StandIn, epoch_at, listing


def test_no_hub_by_the_rules_is_shortened(house: Household) -> None:
    """With the same lease, whatever it and the length of an epoch: no warning is false."""
    home, membership = house.home(), read_joined(house.home())

    @given(epoch=st.integers(0, 100_000), lease=st.integers(1, 365), days=st.integers(1, 60))
    def holds(epoch: int, lease: int, days: int) -> None:
        with_lease = with_values(home, {"share.lease_days": lease})
        hub = replace(membership, epoch_days=days)
        said = valid_until(epoch, max(lease // days, 1))
        assert epoch <= said <= last_epoch(with_lease, hub, epoch)
        assert (last_epoch(with_lease, hub, epoch) + 1 - epoch) * days <= max(lease, days)

    holds()


def test_the_earlier_end_counts(house: Household, hub: StandIn) -> None:
    """The hub's where it is within the lease, else this node's."""
    home = house.home()
    now = epoch_at(home)
    membership = read_joined(home)
    ends = [now, now + 6, now + 7, now + 90_000]
    servers = [listing(each, last) for each, last in zip(SERVERS, ends, strict=False)]
    snapshot = hub.publish(servers, now).snapshot

    assert ends_of(home, membership, snapshot) == (now, now + 6, now + 6, now + 6)
    assert lease_left(home, membership, snapshot) == 6
    assert "lets 2 of its servers stand for longer" in str(
        warn_of_lease(home, membership, snapshot)
    )
    house.later(9 * DAY_MS)
    assert lease_left(house.home(), membership, snapshot) == 0


def test_a_list_of_nothing_has_no_lease(house: Household, hub: StandIn) -> None:
    """Nor a warning."""
    home = house.home()
    snapshot = hub.publish([], epoch_at(home)).snapshot

    assert ends_of(home, read_joined(home), snapshot) == ()
    assert lease_left(home, read_joined(home), snapshot) == 0
    assert warn_of_lease(home, read_joined(home), snapshot) is None
