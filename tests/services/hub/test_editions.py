"""The forms of the list: made once a snapshot, the same for everybody."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings

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
from hinomi.errors import NotFound
from hinomi.hub.taxiiquery import Asked, Query
from hinomi.services.hub.editions import KEPT_S, Editions
from hinomi.share.misp import MispFeed


def opened(served: ServedHub, ticks: Callable[[], float] = lambda: 0.0) -> Editions:
    """Open the forms of a hub's list."""
    return Editions(lambda: served.hub.home, served.hub.casebook, ticks)


ALL = Asked(Query(versions=("all",)))


def test_each_form_is_of_the_newest_snapshot(tmp_path: Path) -> None:
    """A form that was made is kept until there is a newer list."""
    with served_hub(tmp_path / "hub") as served:
        editions = opened(served)
        before = editions.taxii(0), editions.misp(0)
        served.publish({server(): DEDICATED}, EPOCH)
        after = editions.taxii(1), editions.misp(1)

        assert b"192.0.2.1" not in before[0].objects(ALL).body
        assert b"192.0.2.1" in after[0].objects(ALL).body
        assert editions.taxii(1) is after[0]
        assert editions.misp(1) is after[1]
        assert before[1] == MispFeed(manifest=b"{}", hashes=b"", events={})


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


def test_a_form_is_made_anew_after_an_hour(tmp_path: Path) -> None:
    """What the case book has forgotten meanwhile is not given for ever."""
    with served_hub(tmp_path / "hub") as served:
        served.publish({server(): DEDICATED}, EPOCH)
        now_s = 0.0
        editions = opened(served, lambda: now_s)
        first = editions.taxii(1)
        now_s = KEPT_S - 1
        assert editions.taxii(1) is first
        now_s = KEPT_S

        assert editions.taxii(1) is not first


def test_threads_share_one_making(tmp_path: Path) -> None:
    """Whoever comes while a form is made waits, and all get the same one."""
    with served_hub(tmp_path / "hub") as served:
        served.publish({server(): DEDICATED}, EPOCH)
        editions = opened(served)
        found: list[object] = []
        threads = [
            threading.Thread(target=lambda: found.append(editions.taxii(1))) for _ in range(8)
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

        assert len(found) == 8
        assert len({id(each) for each in found}) == 1


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
            lasting.taxii(lasting.newest_number()).objects(ALL)
        fresh = opened(served)

        number = fresh.newest_number()
        one, other = lasting.taxii(number), fresh.taxii(number)
        assert one.objects(ALL) == other.objects(ALL)
        assert one.manifest(ALL) == other.manifest(ALL)
        assert lasting.misp(number) == fresh.misp(number)
        assert all(
            lasting.zone(number) == fresh.zone(number) for number in range(1, len(history) + 1)
        )
