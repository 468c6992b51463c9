"""A home tells how it stands to the hub without asking it."""

import pytest
from msgspec.structs import replace

from docket import At
from hinomi.cli.servers import read_endpoint
from hinomi.errors import NotFound, Unavailable
from hinomi.model.statement import Sighting
from hinomi.services.membership.judging import judge
from hinomi.services.membership.met import put_met, read_met
from hinomi.services.membership.overview import overview
from hinomi.services.membership.pulling import pull
from hinomi.services.membership.sighting import give_feedback
from hinomi.services.membership.submitting import submit
from household import DAY_MS, Household
from standin import MEMBER, SERVERS, StandIn, epoch_at


def test_a_new_member_has_nothing_yet(house: Household, hub: StandIn) -> None:
    """But a hub, and doors."""
    found = overview(house.home())

    assert (found.member, found.hub, found.url) == (MEMBER, "hub.example/list", hub.url)
    assert found.outlets == ("feedback", "snapshot", "submit")
    assert (found.epoch, found.certificate_until) == ("2027-01-15", "2034-03-20")
    assert (found.held, found.looked_at, found.judged) == (None, None, 0)
    assert (found.submitted, found.sighted, found.waiting) == (None, None, ())


def test_all_that_was_done_is_told(many: Household, hub: StandIn) -> None:
    """The list and its age, what was sent, what waits."""
    now = epoch_at(many.home())
    hub.list_servers(now)
    pull(many.home())
    before = read_met(many.home())
    assert before is not None
    put_met(many.home(), replace(before, number=1, met=[0]))
    judge(many.act_as("anna"), read_endpoint(SERVERS[1], "tcp", 443), Sighting.GONE, "seized")
    many.act_as(None)
    submit(many.home())
    give_feedback(many.home())
    many.later(3 * DAY_MS)
    put_met(many.home(), replace(before, number=1, epoch=before.epoch + 3))
    hub.busy = 9
    with pytest.raises(Unavailable):
        submit(many.home())
    hub.asked.clear()

    found = overview(many.home())

    assert found.held is not None
    assert (found.held.number, found.held.listings, found.held.age_epochs) == (1, 6, 3)
    assert (found.held.lease_epochs, found.held.acknowledged) == (3, True)
    assert found.held.warning is not None
    assert "3 epochs old" in found.held.warning
    assert (found.looked_at, found.judged) == (1, 1)
    assert found.submitted is not None
    assert (found.submitted["statements"], found.submitted["epoch"]) == (6, "2027-01-15")
    assert found.sighted is not None
    assert found.sighted["deed"] == "sightings"
    assert [each["epoch"] for each in found.waiting] == ["2027-01-18"]
    assert hub.asked == []


def test_who_joined_none_is_told_so(at: At) -> None:
    """And how to join."""
    with pytest.raises(NotFound, match="listings enrol"):
        overview(at(None).home())
