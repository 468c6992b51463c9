"""A home tells how it stands to the hub without asking it."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from docket import At
from hinomi.cli.servers import read_endpoint
from hinomi.errors import ConfigError, Conflict, NotFound, Unavailable
from hinomi.model.statement import Sighting
from hinomi.services.membership.judging import judge
from hinomi.services.membership.met import put_met, read_met
from hinomi.services.membership.overview import overview, require_in_order
from hinomi.services.membership.pulling import pull
from hinomi.services.membership.sighting import give_feedback
from hinomi.services.membership.submitting import submit
from household import DAY_MS, Household
from standin import MEMBER, SERVERS, StandIn, epoch_at, listing


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
    assert any("3 epochs old" in each for each in found.warnings)
    assert (found.looked_at, found.judged) == (1, 1)
    assert found.submitted is not None
    assert (found.submitted["statements"], found.submitted["epoch"]) == (6, "2027-01-15")
    assert found.sighted is not None
    assert found.sighted["deed"] == "sightings"
    assert [each["epoch"] for each in found.waiting] == ["2027-01-18"]
    assert hub.asked == []


def test_a_list_that_is_damaged_is_for_a_person(house: Household, hub: StandIn) -> None:
    """With what mends it."""
    hub.list_servers(epoch_at(house.home()))
    pull(house.home())
    path = house.folder / "hub" / "lists" / "000000001.json"
    for damage in (lambda: path.write_bytes(b""), path.unlink):
        damage()
        with pytest.raises(ConfigError, match="`hinomi listings pull` fetches it anew"):
            overview(house.home())


def test_what_ends_by_this_nodes_lease_is_told_so(house: Household, hub: StandIn) -> None:
    """Whatever the hub signed."""
    now = epoch_at(house.home())
    hub.publish([listing(each, now + 99_999) for each in SERVERS], now)
    pull(house.home())

    found = overview(house.home())
    house.later(7 * DAY_MS)
    later = overview(house.home())

    assert found.held is not None
    assert later.held is not None
    assert (found.held.listings, found.held.lease_epochs) == (6, 6)
    assert "lets 6 of its servers stand for longer than share.lease_days" in found.warnings[0]
    assert (later.held.listings, later.held.lease_epochs, len(later.warnings)) == (0, 0, 2)


def test_a_certificate_that_ends_is_told_of(house: Household, hub: StandIn, tmp_path: Path) -> None:
    """Before its end as a warning, after it as what is wrong; with a list and without one."""
    require_in_order(house.home())
    hub.lasts_days = 400
    hub.let_in(house.home(), tmp_path)
    (without,) = overview(house.home()).warnings
    hub.list_servers(epoch_at(house.home()))
    pull(house.home())
    (with_list,) = overview(house.home()).warnings
    assert "certificate ends on 2027-02-0" in without
    assert with_list == without
    require_in_order(house.home())
    house.later(30 * DAY_MS)

    overview(house.home())
    with pytest.raises(ConfigError, match="certificate ended on 2027-02-0"):
        require_in_order(house.home())


def test_a_list_that_is_ahead_of_the_clock_is_told_of(house: Household, hub: StandIn) -> None:
    """As a pull tells of it."""
    hub.list_servers(epoch_at(house.home()))
    pull(house.home())
    house.later(-3 * DAY_MS)

    found = overview(house.home())

    assert found.held is not None
    assert (found.held.age_epochs, found.held.listings) == (-3, 6)
    with pytest.raises(Conflict, match=r"has not begun\. Set this node's clock"):
        require_in_order(house.home())


def test_who_joined_none_is_told_so(at: At) -> None:
    """And how to join."""
    with pytest.raises(NotFound, match="listings enrol"):
        overview(at(None).home())
