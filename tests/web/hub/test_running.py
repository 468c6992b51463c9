"""A running hub is its home as it is now."""

from dataclasses import replace
from pathlib import Path

from hinomi.web.hub.running import LISTS, Hub, feed_of
from openhub import DAY_MS, SetClock, make_hub, put_snapshot


def fail() -> bytes:
    """Stand for what must not be made."""
    raise AssertionError


def test_a_prepared_list_is_asked_of_no_database(hub: Hub) -> None:
    """Many members ask for a new list at the same moment, in every form."""
    hub.prepare(1)
    plain = hub.casebook.hub.snapshots.get(1)

    found = {name: hub.bodies.get((name, 1), media, fail).plain for name, media in LISTS}
    assert found == {
        "listings.json": plain.json,
        "listings.csv": plain.csv,
        "listings.txt": hub.editions.plain(1),
        "zone.rpz": hub.editions.zone(1),
    }


def test_a_prepared_feed_is_compressed_once(hub: Hub) -> None:
    """All its files are there; those that a newer list does not change are taken over."""
    hub.prepare(1)
    edition = hub.editions.newest()

    first = {
        asked.key: hub.bodies.get(asked.key, asked.media, fail) for asked, _ in feed_of(edition)
    }
    assert len(first) == 3
    hub.prepare(1)
    assert all(hub.bodies.pinned[key] is body for key, body in first.items())


def test_only_the_newest_list_is_pinned(hub: Hub, clock: SetClock) -> None:
    """Memory does not grow from list to list."""
    hub.prepare(1)
    clock.now_ms += DAY_MS
    put_snapshot(hub.home, hub.casebook)
    hub.prepare(2)

    basis = hub.editions.newest().basis
    assert basis.number == 2
    assert {key[1] for key in hub.bodies.pinned} == {2, basis}
    assert len(hub.bodies.pinned) == len(LISTS) + len([*feed_of(hub.editions.newest())])


def test_before_the_first_list_the_feed_is_prepared(tmp_path: Path) -> None:
    """It is empty, and nobody waits for it."""
    home = make_hub(tmp_path / "hub")
    with home.casebook() as casebook:
        hub = Hub(home, casebook)
        hub.prepare(0)

        assert {key[0] for key in hub.bodies.pinned} == {"misp/manifest.json", "misp/hashes.csv"}


def test_routes_see_the_register_that_is_in_force(hub: Hub) -> None:
    """What the keeper takes up, the next request is judged by."""
    after = hub.home.register.with_value("hub.kinds", "ministry", decided_by="somebody")
    hub.serving.home = replace(hub.home, register=after)

    assert hub.home.register.text("hub.kinds") == "ministry"
    assert hub.reads is hub.serving.reads
    assert hub.meters is hub.serving.meters
    assert hub.casebook is hub.serving.casebook
