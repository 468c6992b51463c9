"""The forms of the list: made once a snapshot, the same for everybody."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from editioned import (
    COMPROMISED,
    DEDICATED,
    EPOCH,
    ServedHub,
    Wanted,
    histories,
    served_hub,
    server,
)
from hinomi.errors import NotFound, Unavailable
from hinomi.govern.holdings import DataClass
from hinomi.govern.retention import DAY_MS
from hinomi.hub.taxiiquery import Asked, Query
from hinomi.services.hub.editions import Edition, Editions, first_given
from hinomi.share.misp import MispFeed
from loopback import PATIENCE_S


def opened(served: ServedHub) -> Editions:
    """Open the forms of a hub's list."""
    return Editions(lambda: served.hub.home, served.hub.casebook)


ALL = Asked(Query(versions=("all",)))


def test_each_form_is_of_the_newest_snapshot(tmp_path: Path) -> None:
    """A form that was made is kept until there is a newer list."""
    with served_hub(tmp_path / "hub") as served:
        editions = opened(served)
        before = editions.newest()
        served.publish({server(): DEDICATED}, EPOCH)
        after = editions.newest()

        assert b"192.0.2.1" not in before.taxii.objects(ALL).body
        assert b"192.0.2.1" in after.taxii.objects(ALL).body
        assert editions.newest() is after
        assert before.misp == MispFeed(manifest=b"{}", hashes=b"", events={})


def test_older_snapshots_have_their_small_forms_too(tmp_path: Path) -> None:
    """Plain text and zone are those of the number that was asked for."""
    with served_hub(tmp_path / "hub") as served:
        served.publish({server("192.0.2.1"): DEDICATED}, EPOCH)
        served.publish(
            {server("192.0.2.2"): DEDICATED, server("192.0.2.3"): COMPROMISED}, EPOCH + 1
        )
        editions = opened(served)

        assert editions.plain(1) == b"192.0.2.1 tcp 443\n"
        assert editions.plain(2) == b"192.0.2.2 tcp 443\n192.0.2.3 tcp 443\n"
        assert b"32.2.2.0.192.rpz-ip" in editions.zone(2)
        assert b"32.3.2.0.192.rpz-ip" not in editions.zone(2)
        assert b" 2 3600 " in editions.zone(2)


def test_a_snapshot_that_is_not_there_has_no_form(tmp_path: Path) -> None:
    """Neither before the first list nor after the last."""
    with served_hub(tmp_path / "hub") as served:
        editions = opened(served)

        with pytest.raises(NotFound):
            editions.plain(1)
        with pytest.raises(NotFound):
            editions.zone(7)


def test_a_form_that_failed_is_made_at_the_next_try(tmp_path: Path) -> None:
    """What could not be made is not kept."""
    with served_hub(tmp_path / "hub") as served:
        editions = opened(served)
        with pytest.raises(NotFound):
            editions.plain(1)
        served.publish({server(): DEDICATED}, EPOCH)

        assert editions.plain(1) == b"192.0.2.1 tcp 443\n"


def test_threads_share_one_making(tmp_path: Path) -> None:
    """Where nobody keeps them, whoever comes while they are made waits; all get the same ones."""
    with served_hub(tmp_path / "hub") as served:
        served.publish({server(): DEDICATED}, EPOCH)
        editions = opened(served)
        with ThreadPoolExecutor(8) as threads:
            found = [*threads.map(lambda _: editions.newest(), range(8))]

        assert len({id(each) for each in found}) == 1


def test_who_asks_while_a_form_is_made_gets_the_one_before(tmp_path: Path) -> None:
    """Nobody waits, and the new one is given when it is whole."""
    with served_hub(tmp_path / "hub") as served:
        editions = opened(served)
        served.publish({server(): DEDICATED}, EPOCH)
        editions.keep()
        first = editions.newest()
        served.publish({}, EPOCH + 1)
        begun, go_on = threading.Event(), threading.Event()

        def wait(_edition: Edition) -> None:
            begun.set()
            assert go_on.wait(PATIENCE_S)

        with ThreadPoolExecutor(2) as threads:
            try:
                keeping = threads.submit(editions.keep, wait)
                assert begun.wait(PATIENCE_S)
                assert threads.submit(editions.newest).result(PATIENCE_S) is first
            finally:
                go_on.set()
            keeping.result(PATIENCE_S)
        assert editions.newest().basis.number == 2


def test_what_is_kept_is_made_anew_only_where_something_changed(tmp_path: Path) -> None:
    """Neither by the hour nor at each look."""
    with served_hub(tmp_path / "hub") as served:
        editions = opened(served)
        served.publish({server(): DEDICATED}, EPOCH)
        editions.keep()
        first = editions.newest()
        editions.keep()
        assert editions.newest() is first

        served.publish({server(): DEDICATED}, EPOCH + 1)
        assert editions.newest() is first
        editions.keep()
        assert editions.newest().basis.number == 2


def test_forms_that_cannot_be_made_leave_those_before(tmp_path: Path) -> None:
    """What is given goes on."""
    with served_hub(tmp_path / "hub") as served:
        editions = opened(served)
        served.publish({server(): DEDICATED}, EPOCH)
        editions.keep()
        first = editions.newest()
        served.publish({}, EPOCH + 1)

        def fail(_edition: Edition) -> None:
            raise Unavailable("no room left")

        with pytest.raises(Unavailable):
            editions.keep(fail)
        assert editions.newest() is first
        editions.keep()
        assert editions.newest().basis.number == 2


def revoked(editions: Editions) -> bytes:
    """Give all of TAXII and of the feed that could tell of a server."""
    edition = editions.newest()
    names = json.loads(edition.taxii.objects(ALL).body)["objects"]
    versions = [edition.taxii.versions(each["id"], ALL).body for each in names if "pattern" in each]
    parts = (edition.taxii.objects(ALL).body, edition.taxii.manifest(ALL).body)
    return b"".join([*parts, *versions, edition.misp.hashes, *edition.misp.events.values()])


def test_what_ended_is_given_out_for_as_long_as_past_lists_are(tmp_path: Path) -> None:
    """Who has the address later is on no form of the list, whether or not anything was deleted."""
    with served_hub(tmp_path / "hub") as served:
        kept_days = served.hub.home.register.integer("retention.hub_lists_days")
        ending, lasting = server("192.0.2.1"), server("192.0.2.2")
        served.publish({ending: DEDICATED, lasting: DEDICATED}, EPOCH)
        served.publish({lasting: DEDICATED}, EPOCH + 1)
        editions = opened(served)
        served.publish({lasting: DEDICATED}, EPOCH + 1 + kept_days)
        before = revoked(editions)
        served.publish({lasting: DEDICATED}, EPOCH + 2 + kept_days)
        after = revoked(editions)

        assert b"192.0.2.1" in before
        assert b"192.0.2.1" not in after
        assert b"192.0.2.2" in after
        assert editions.newest().basis.least == EPOCH + 2


def test_who_comes_back_after_years_is_a_new_episode(tmp_path: Path) -> None:
    """The hub still knows that it was listed before, though it tells nobody."""
    with served_hub(tmp_path / "hub") as served:
        for epoch, wanted in ((0, {server(): DEDICATED}), (1, {}), (2000, {})):
            served.publish(wanted, EPOCH + epoch)
        editions = opened(served)
        assert b"192.0.2.1" not in revoked(editions)
        served.publish({server(): DEDICATED}, EPOCH + 2001)

        found = [
            each
            for each in json.loads(editions.newest().taxii.objects(ALL).body)["objects"]
            if "pattern" in each
        ]
        second = served.hub.editions.newest().taxii.objects(ALL).body
        assert len(found) == 1
        assert second == editions.newest().taxii.objects(ALL).body
        assert served.hub.casebook.hub.snapshots.episodes() == {server(): 2}


@settings(max_examples=12)
@given(history=histories(6), kept_days=st.integers(7, 12), pause=st.integers(1, 8))
def test_deleting_what_is_due_changes_no_byte(
    tmp_path_factory: pytest.TempPathFactory,
    history: list[Wanted],
    kept_days: int,
    pause: int,
) -> None:
    """What retention will take is left out before, so that nobody can tell when it was run."""
    with served_hub(tmp_path_factory.mktemp("hubs") / "hub") as served:
        register = served.hub.home.register.with_value(
            "retention.hub_lists_days", kept_days, decided_by="a test"
        )
        served.hub.serving.home = replace(served.hub.home, register=register)
        epochs = range(EPOCH, EPOCH + pause * len(history), pause)
        for epoch, wanted in zip(epochs, history, strict=True):
            served.publish(wanted, epoch)
        before = opened(served)
        told = revoked(before)
        if history:
            due_ms = (epochs[-1] - kept_days) * DAY_MS
            forgetting = served.hub.casebook.hub.forgetting
            forgetting.forget(DataClass.PAST_LISTS, due_ms, 1)
        after = opened(served)

        assert revoked(after) == told
        assert after.newest().basis == before.newest().basis or not history


def test_what_retention_took_is_given_no_more(tmp_path: Path) -> None:
    """Also where the list is old and the clock goes on: the next look sees it."""
    with served_hub(tmp_path / "hub") as served:
        served.publish({server("192.0.2.1"): DEDICATED}, EPOCH)
        served.publish({}, EPOCH + 1)
        served.publish({server("192.0.2.2"): DEDICATED}, EPOCH + 2)
        editions = opened(served)
        editions.keep()
        assert b"192.0.2.1" in revoked(editions)
        forgetting = served.hub.casebook.hub.forgetting
        forgetting.forget(DataClass.PAST_LISTS, (EPOCH + 2) * DAY_MS, 1)
        editions.keep()

        assert b"192.0.2.1" not in revoked(editions)
        assert b"192.0.2.2" in revoked(editions)


@given(
    epoch=st.integers(0, 30_000),
    epoch_days=st.sampled_from([1, 2, 7, 30]),
    kept_days=st.integers(1, 400),
    day=st.integers(0, 29),
)
def test_nothing_is_given_that_retention_takes_within_the_epoch(
    epoch: int, epoch_days: int, kept_days: int, day: int
) -> None:
    """And nothing is left out that it would not have taken by the epoch's last day."""
    first = first_given(epoch, epoch_days=epoch_days, kept_days=kept_days)
    today = epoch * epoch_days + min(day, epoch_days - 1)

    assert (today - kept_days) // epoch_days <= first
    assert first == max(((epoch + 1) * epoch_days - 1 - kept_days) // epoch_days, 0)


def test_lists_that_are_too_old_are_given_no_more(tmp_path: Path) -> None:
    """Whether or not they were deleted already; the newest always is."""
    with served_hub(tmp_path / "hub") as served:
        kept_days = served.hub.home.register.integer("retention.hub_lists_days")
        editions = opened(served)
        served.publish({server(): DEDICATED}, EPOCH)
        editions.require_given(1)
        served.publish({}, EPOCH + kept_days)
        editions.require_given(1)
        served.publish({}, EPOCH + kept_days + 1)

        with pytest.raises(NotFound):
            editions.require_given(1)
        editions.require_given(2)
        editions.require_given(3)
        with pytest.raises(NotFound):
            editions.require_given(4)


def test_the_resources_name_the_hub_and_one_collection(tmp_path: Path) -> None:
    """The id of the collection is the hub's own, and stays."""
    with served_hub(tmp_path / "hub") as served:
        one = opened(served).taxii_resources()
        other = opened(served).taxii_resources()

        assert one == other
        assert json.loads(one.discovery)["title"] == "hub.example"
        assert json.loads(one.api_root)["max_content_length"] == 8 << 20


@settings(max_examples=8)
@given(history=histories(4))
def test_another_process_makes_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, history: list[Wanted]
) -> None:
    """Nothing of a form depends on when or where it was made, nor on what was asked before."""
    with served_hub(tmp_path_factory.mktemp("hubs") / "hub") as served:
        lasting = opened(served)
        for epoch, wanted in enumerate(history, EPOCH):
            served.publish(wanted, epoch)
            lasting.newest().taxii.objects(ALL)
        fresh = opened(served)

        one, other = lasting.newest().taxii, fresh.newest().taxii
        assert one.objects(ALL) == other.objects(ALL)
        assert one.manifest(ALL) == other.manifest(ALL)
        assert lasting.newest().misp == fresh.newest().misp
        assert all(
            lasting.zone(number) == fresh.zone(number) for number in range(1, len(history) + 1)
        )
