"""A running hub is its home as it is now."""

from dataclasses import replace

from hinomi.web.hub.bodies import CSV, JSON
from hinomi.web.hub.running import Hub


def test_a_prepared_list_is_asked_of_no_database(hub: Hub) -> None:
    """Many members ask for a new list at the same moment."""
    hub.prepare(1)
    plain = hub.casebook.hub.snapshots.get(1)

    def fail() -> bytes:
        raise AssertionError

    assert hub.bodies.get("listings.json", 1, JSON, fail).plain == plain.json
    assert hub.bodies.get("listings.csv", 1, CSV, fail).plain == plain.csv


def test_routes_see_the_register_that_is_in_force(hub: Hub) -> None:
    """What the keeper takes up, the next request is judged by."""
    after = hub.home.register.with_value("hub.kinds", "ministry", decided_by="somebody")
    hub.serving.home = replace(hub.home, register=after)

    assert hub.home.register.text("hub.kinds") == "ministry"
    assert hub.reads is hub.serving.reads
    assert hub.meters is hub.serving.meters
    assert hub.casebook is hub.serving.casebook
