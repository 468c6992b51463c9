"""A hub that came back from a backup tells no other history than before."""

import shutil
from pathlib import Path

import pytest

from foundedhubs import MEMBERS, FoundedHub
from hinomi.errors import ConfigError, Conflict
from hinomi.services.casebooks import CASEBOOK
from hinomi.services.hub.restored import (
    MARK,
    Restored,
    mark_restored,
    note_proven,
    require_resumed,
    restored,
    resume,
)
from hubs import server

SERVERS = [server(each) for each in range(1, 8)]


@pytest.fixture(name="hub")
def a_hub(tmp_path: Path) -> FoundedHub:
    """Give a hub with one snapshot, and what members said for the second one."""
    hub = FoundedHub.with_members(tmp_path / "hub")
    hub.runs(SERVERS)
    for name in MEMBERS:
        hub.submits(name, SERVERS[1:])
    return hub


def saved(hub: FoundedHub) -> bytes:
    """Copy the database while nobody has it open."""
    return (hub.folder / CASEBOOK).read_bytes()


def put_back(hub: FoundedHub, database: bytes) -> None:
    """Put an older database back by hand, with nothing that says so."""
    for path in hub.folder.glob(f"{CASEBOOK}*"):
        path.unlink()
    (hub.folder / CASEBOOK).write_bytes(database)
    hub.reopen()


def test_the_same_bytes_are_made_again(hub: FoundedHub) -> None:
    """Where the database has the same statements and it is the same epoch."""
    before = saved(hub)
    hub.publishes()
    with hub.home().casebook() as casebook:
        first = casebook.hub.snapshots.get(2)
    put_back(hub, before)

    hub.publishes()

    with hub.home().casebook() as casebook:
        again = casebook.hub.snapshots.get(2)
    assert (again.json, again.head) == (first.json, first.head)


def test_other_bytes_are_never_published_in_their_place(hub: FoundedHub) -> None:
    """In the same epoch, or in a later one: members hold the other history."""
    before = saved(hub)
    hub.publishes()
    put_back(hub, before)
    hub.epoch += 1
    for name in MEMBERS:
        hub.submits(name, SERVERS)

    for _ in range(2):
        with pytest.raises(Conflict, match="the journal tells of snapshot 2"):
            hub.publishes()


def test_an_epoch_that_was_announced_and_never_made_is_no_lost_one(hub: FoundedHub) -> None:
    """The process was killed in between: nobody can have seen it, and the hub goes on."""
    home = hub.home()
    with home.casebook() as casebook:
        casebook.hub.snapshots.seal(hub.epoch)
    _announce(hub)
    hub.epoch += 1

    assert hub.publishes().number == 2


def test_an_announced_one_that_the_database_knows_nothing_of_may_be_out(hub: FoundedHub) -> None:
    """Then the database is older than the announcement."""
    _announce(hub)
    hub.epoch += 1

    with pytest.raises(Conflict, match="older than the journal"):
        hub.publishes()


def _announce(hub: FoundedHub) -> None:
    """Write to the journal what comes before a snapshot is kept."""
    home = hub.home()
    entries = list(home.journal().entries())
    last = next(each for each in entries if each["operation"] == "hub publish")
    facts = {
        "operation": "hub publish", "mandate": last["mandate"], "number": 2,
        "epoch": "2026-11-24", "digest": "d" * 64,
    }  # fmt: skip
    home.journal().append(facts)


def test_a_marked_home_publishes_nothing_until_somebody_says_so(hub: FoundedHub) -> None:
    """And nobody can say so who lacks what members have."""
    mark_restored(hub.folder, Restored(number=1, made="2026-11-24T00:00:00Z"))
    with pytest.raises(Conflict, match="ends with snapshot 1"):
        hub.publishes()
    with pytest.raises(Conflict, match="take up those to 3"):
        resume(hub.home(), 3)

    resume(hub.home(), 1)

    assert restored(hub.home()) is None
    assert hub.publishes().number == 2


def test_a_marked_home_serves_nobody_until_somebody_says_so(hub: FoundedHub) -> None:
    """Who was suspended since the backup is a member in it; what to do stands in the line."""
    require_resumed(hub.home())
    mark_restored(hub.folder, Restored(number=1, made="2026-11-24T00:00:00Z"))
    with pytest.raises(ConfigError, match=r"suspend them .* `hinomi hub resume`, then serve"):
        require_resumed(hub.home())

    resume(hub.home(), 1)

    require_resumed(hub.home())


def test_a_damaged_mark_is_told(hub: FoundedHub) -> None:
    """Nobody goes on by accident."""
    (hub.folder / MARK).write_text("{", "utf-8")

    with pytest.raises(ConfigError, match="damaged"):
        restored(hub.home())


def test_a_copied_home_is_none_that_waits(hub: FoundedHub, tmp_path: Path) -> None:
    """The mark alone says that it does."""
    shutil.copytree(hub.folder, tmp_path / "copy")

    assert restored(FoundedHub.at(tmp_path / "copy").home()) is None


def test_what_was_shown_to_the_hub_counts_as_what_anybody_has(hub: FoundedHub) -> None:
    """Also where whoever resumes says otherwise; what no mark waits for is not remembered."""
    note_proven(hub.home(), 5)
    assert restored(hub.home()) is None
    mark_restored(hub.folder, Restored(number=1, made="2026-11-22T00:00:00Z"))
    for shown in (3, 2):
        note_proven(hub.home(), shown)

    with pytest.raises(Conflict, match="take up those to 3, which was out"):
        resume(hub.home(), 1)
    with pytest.raises(Conflict, match="take up those to 4, from"):
        resume(hub.home(), 4)


def test_what_the_journal_says_is_out_counts_as_well(hub: FoundedHub) -> None:
    """The backup's own may tell of a list that its database does not have yet."""
    before = saved(hub)
    hub.publishes()
    put_back(hub, before)
    mark_restored(hub.folder, Restored(number=1, made="2026-11-22T00:00:00Z"))

    with pytest.raises(Conflict, match="take up those to 2, which was out"):
        resume(hub.home(), 1)
