"""The forms of the list: made once a snapshot, the same for everybody."""

import json
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings

from editioned import COMPROMISED, DEDICATED, EPOCH, Wanted, histories, served_hub, server
from hinomi.errors import NotFound
from hinomi.hub.taxiiquery import Asked, Query
from hinomi.services.hub.editions import Editions
from hinomi.share.misp import MispFeed

ALL = Asked(Query(versions=("all",)))


def test_each_form_is_of_the_newest_snapshot(tmp_path: Path) -> None:
    """A form that was made is kept until there is a newer list."""
    with served_hub(tmp_path / "hub") as served:
        editions = Editions(served.hub.home, served.hub.casebook)
        before = editions.taxii(), editions.misp()
        served.publish({server(): DEDICATED}, EPOCH)
        after = editions.taxii(), editions.misp()

        assert b"192.0.2.1" not in before[0].objects(ALL).body
        assert b"192.0.2.1" in after[0].objects(ALL).body
        assert editions.taxii() is after[0]
        assert editions.misp() is after[1]
        assert before[1] == MispFeed(manifest=b"{}", hashes=b"", events={})


def test_older_snapshots_have_their_small_forms_too(tmp_path: Path) -> None:
    """Plain text and zone are those of the number that was asked for."""
    with served_hub(tmp_path / "hub") as served:
        served.publish({server("192.0.2.1"): DEDICATED}, EPOCH)
        served.publish(
            {server("192.0.2.2"): DEDICATED, server("192.0.2.3"): COMPROMISED}, EPOCH + 1
        )
        editions = Editions(served.hub.home, served.hub.casebook)

        assert editions.plain(1) == b"192.0.2.1 tcp 443\n"
        assert editions.plain(2) == b"192.0.2.2 tcp 443\n192.0.2.3 tcp 443\n"
        assert b"32.2.2.0.192.rpz-ip" in editions.zone(2)
        assert b"32.3.2.0.192.rpz-ip" not in editions.zone(2)
        assert b" 2 3600 " in editions.zone(2)


def test_a_snapshot_that_is_not_there_has_no_form(tmp_path: Path) -> None:
    """Neither before the first list nor after the last."""
    with served_hub(tmp_path / "hub") as served:
        editions = Editions(served.hub.home, served.hub.casebook)

        with pytest.raises(NotFound):
            editions.plain(1)
        with pytest.raises(NotFound):
            editions.zone(7)


def test_a_form_that_failed_is_made_at_the_next_try(tmp_path: Path) -> None:
    """What could not be made is not kept."""
    with served_hub(tmp_path / "hub") as served:
        editions = Editions(served.hub.home, served.hub.casebook)
        with pytest.raises(NotFound):
            editions.plain(1)
        served.publish({server(): DEDICATED}, EPOCH)

        assert editions.plain(1) == b"192.0.2.1 tcp 443\n"


def test_threads_share_one_making(tmp_path: Path) -> None:
    """Whoever comes while a form is made waits, and all get the same one."""
    with served_hub(tmp_path / "hub") as served:
        served.publish({server(): DEDICATED}, EPOCH)
        editions = Editions(served.hub.home, served.hub.casebook)
        found: list[object] = []
        threads = [
            threading.Thread(target=lambda: found.append(editions.taxii())) for _ in range(8)
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
        one = Editions(served.hub.home, served.hub.casebook).taxii_resources()
        other = Editions(served.hub.home, served.hub.casebook).taxii_resources()

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
        lasting = Editions(served.hub.home, served.hub.casebook)
        for epoch, wanted in enumerate(history, EPOCH):
            served.publish(wanted, epoch)
            lasting.taxii().objects(ALL)
        fresh = Editions(served.hub.home, served.hub.casebook)

        assert lasting.taxii().objects(ALL) == fresh.taxii().objects(ALL)
        assert lasting.taxii().manifest(ALL) == fresh.taxii().manifest(ALL)
        assert lasting.misp() == fresh.misp()
        assert all(
            lasting.zone(number) == fresh.zone(number) for number in range(1, len(history) + 1)
        )
