"""A running hub is its home as it is now."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx

from hinomi.services.hub.editions import Edition
from hinomi.web.hub.app import create_app
from hinomi.web.hub.bodies import JSON
from hinomi.web.hub.peer import shown
from hinomi.web.hub.running import LISTS, Hub, feed_of
from loopback import PATIENCE_S
from openhub import DAY_MS, Node, SetClock, asking, make_hub, put_snapshot

OBJECTS = "/taxii2/list/collections/{}/objects/"
QUICK = ("/v1/hub", "/v1/snapshots/2/listings.json", "/misp/manifest.json")
THREADS_OF_ALL = 40
"""Starlette's, which routes without `async` share."""


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


def test_no_door_is_shut_while_forms_are_made(hub: Hub, node: Node, clock: SetClock) -> None:
    """Neither its own, which gives the list before, nor another."""
    hub.prepare(1)
    clock.now_ms += DAY_MS
    put_snapshot(hub.home, hub.casebook)
    begun, go_on = threading.Event(), threading.Event()

    def wait(_edition: Edition) -> None:
        begun.set()
        assert go_on.wait(PATIENCE_S)

    with ThreadPoolExecutor(1) as threads, asking(hub, node) as client:
        try:
            keeping = threads.submit(hub.editions.keep, wait)
            assert begun.wait(PATIENCE_S)
            paths = ("/v1/hub", OBJECTS.format(hub.editions.taxii_resources().collection_id))
            found = [client.get(each).status_code for each in (*paths, "/misp/manifest.json")]
            assert not keeping.done()
        finally:
            go_on.set()
        keeping.result(PATIENCE_S)
    assert found == [200, 200, 200]


def test_no_request_waits_for_those_who_ask_for_an_older_list(
    hub: Hub, node: Node, clock: SetClock
) -> None:
    """However many do: they stand in a line of their own, and hold none of the threads of all."""
    clock.now_ms += DAY_MS
    put_snapshot(hub.home, hub.casebook)
    hub.prepare(2)
    begun, go_on = threading.Event(), threading.Event()

    def wait() -> bytes:
        begun.set()
        assert go_on.wait(PATIENCE_S)
        return b"older"

    async def ask() -> list[int]:
        transport = httpx.ASGITransport(shown(create_app(hub), node.fingerprint))  # type: ignore[arg-type]
        async with httpx.AsyncClient(
            transport=transport, base_url="https://hub.example", headers=node.headers
        ) as client:
            older = [
                asyncio.create_task(client.get("/v1/snapshots/1/listings.json"))
                for _ in range(THREADS_OF_ALL + 1)
            ]
            async with asyncio.timeout(PATIENCE_S):
                found = [await client.get(each) for each in QUICK]
            assert not any(each.done() for each in older)
            go_on.set()
            return [each.status_code for each in (*found, *await asyncio.gather(*older))]

    with ThreadPoolExecutor(1) as threads:
        try:
            making = threads.submit(hub.bodies.get, ("listings.json", 1), JSON, wait)
            assert begun.wait(PATIENCE_S)
            assert set(asyncio.run(ask())) == {200}
        finally:
            go_on.set()
        assert making.result(PATIENCE_S).plain == b"older"
