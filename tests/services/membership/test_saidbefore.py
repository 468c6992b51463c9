"""What was said last is known for as long as the hub may count it."""

import pytest

from hinomi.errors import Unavailable
from hinomi.services.membership.joined import read_joined
from hinomi.services.membership.saidbefore import said_before, said_in_lease
from hinomi.services.membership.submitting import submit
from hinomi.services.publishing import withdraw
from household import DAY_MS, Household
from listedmany import MANY, counted
from standin import StandIn


def test_the_newest_batch_is_what_was_said(many: Household, hub: StandIn) -> None:
    """Up to an epoch, and within a lease."""
    submit(many.home())
    joined, epoch = read_joined(many.home()), hub.spoken_of

    said = said_before(many.home(), joined, epoch)

    assert {str(each).split()[0] for each in said} > {*list(MANY)[1:]}
    assert said_before(many.home(), joined, epoch - 1) == frozenset()
    assert said_before(many.home(), joined, epoch + 7) == said
    assert said_before(many.home(), joined, epoch + 8) == frozenset()


def test_what_waits_may_have_been_taken(many: Household, hub: StandIn) -> None:
    """Its receipt may be what was lost."""
    hub.refuse = lambda _path: (500, b"")
    with pytest.raises(Unavailable):
        submit(many.home())

    assert len(said_before(many.home(), read_joined(many.home()), hub.spoken_of)) == 6


def test_what_any_batch_of_a_lease_said_was_said(many: Household, hub: StandIn) -> None:
    """A day's batch that lacks a server does not make it one that only the hub knew."""
    submit(many.home())
    joined, epoch = read_joined(many.home()), hub.spoken_of
    first = said_before(many.home(), joined, epoch)
    many.later(DAY_MS)
    hub.spoken_of += 1
    counted(many)
    withdraw(many.act_as("rita"), 1, "a mistake")
    many.act_as(None)
    submit(many.home())

    assert len(said_before(many.home(), joined, epoch + 1)) == len(first) - 1
    assert said_in_lease(many.home(), joined, epoch + 1) == first
    assert said_in_lease(many.home(), joined, epoch + 8) < first
    assert said_in_lease(many.home(), joined, epoch + 9) == frozenset()
