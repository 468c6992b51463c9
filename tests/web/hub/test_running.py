"""A running hub is its home as it is now."""

from dataclasses import replace

from hinomi.web.hub.running import Hub


def test_routes_see_the_register_that_is_in_force(hub: Hub) -> None:
    """What the keeper takes up, the next request is judged by."""
    after = hub.home.register.with_value("hub.kinds", "ministry", decided_by="somebody")
    hub.serving.home = replace(hub.home, register=after)

    assert hub.home.register.text("hub.kinds") == "ministry"
    assert hub.reads is hub.serving.reads
    assert hub.meters is hub.serving.meters
    assert hub.casebook is hub.serving.casebook
