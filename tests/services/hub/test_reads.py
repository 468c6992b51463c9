"""What leaves a hub is in its journal before; many wait for one commit."""

import shutil
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from admitted import a_member
from hinomi.config import read_config
from hinomi.errors import NotPermitted, Unavailable
from hinomi.model.member import Credential, Outlet
from hinomi.services.home import Home
from hinomi.services.hub.doors import Caller
from hinomi.services.hub.meters import Meters
from hinomi.services.hub.reads import REFUSALS_AT_ONCE, GroupCommit, ReadJournal
from hinomi.services.mandates import os_user
from journals import Written
from openhub import SetClock, make_hub, node_of


@pytest.fixture(name="home")
def a_home(tmp_path: Path) -> Home:
    """Give a hub's home."""
    return make_hub(tmp_path / "hub", SetClock())


@pytest.fixture(name="caller")
def a_caller() -> Caller:
    """Give a member's node that was let in."""
    node = node_of("isp-a")
    credential = Credential(
        fingerprint=node.fingerprint,
        member="isp-a",
        token_digest="0" * 64,
        outlets=tuple(Outlet),
        until=date(2099, 1, 1),
    )
    return Caller(member=a_member("isp-a"), credential=credential)


def reads_of(home: Home) -> ReadJournal:
    """Open the journal of reads."""
    return ReadJournal(lambda: home, Meters(), lambda: 0.0)


def test_a_read_is_in_the_journal_when_it_is_given(home: Home, caller: Caller) -> None:
    """Who, what, which number, under which mandate; no address."""
    index = reads_of(home).give(caller, "listings.json", 7)

    body = home.journal().body(index)
    assert body is not None
    told = body.parse()
    assert {key: told[key] for key in ("operation", "member", "given", "number", "node")} == {
        "operation": "hub serve",
        "member": "isp-a",
        "given": "listings.json",
        "number": 7,
        "node": caller.credential.fingerprint[:16],
    }
    assert told["mandate"] == {
        "purpose": "share-cc",
        "basis": "legitimate-business-act",
        "who": os_user(),
    }


def test_what_cannot_be_noted_is_not_given(home: Home, caller: Caller) -> None:
    """A journal that cannot be written is a refusal, and it is told that it fails."""
    reads = reads_of(home)
    shutil.rmtree(home.folder / "journal")

    with pytest.raises(Unavailable):
        reads.give(caller, "listings.json", 7)

    assert reads.is_failing


def test_it_goes_on_when_the_journal_is_back(home: Home, caller: Caller) -> None:
    """A disk that was full for a while costs no restart."""
    reads = reads_of(home)
    journal = home.folder / "journal"
    journal.rename(home.folder / "away")
    with pytest.raises(Unavailable):
        reads.give(caller, "listings.json", 7)
    (home.folder / "away").rename(journal)

    reads.give(caller, "listings.json", 7)

    assert not reads.is_failing


def test_refusals_are_noted_and_do_not_flood_the_journal(home: Home) -> None:
    """Of one node the first so many; then the number of those that were left out."""
    reads = reads_of(home)
    before = home.journal().head().size
    for _ in range(REFUSALS_AT_ONCE + 5):
        reads.refuse("a" * 64, "snapshot", "not known here")
    reads.refuse("b" * 64, "snapshot", "not known here")

    told = [each for each in home.journal().entries() if "refused" in each]
    assert home.journal().head().size == before + REFUSALS_AT_ONCE + 1
    assert [each["node"] for each in told] == ["a" * 16] * REFUSALS_AT_ONCE + ["b" * 16]
    assert told[-1]["refused_unsaid"] == 5


def test_a_refusal_that_cannot_be_noted_is_one_all_the_same(home: Home) -> None:
    """Nothing is raised; it is counted with the next one that can be."""
    reads = reads_of(home)
    journal = home.folder / "journal"
    journal.rename(home.folder / "away")
    reads.refuse("a" * 64, "snapshot", "not known here")
    (home.folder / "away").rename(journal)
    reads.refuse(None, "any", "no certificate")

    told = [each for each in home.journal().entries() if "refused" in each]
    assert [(each["node"], each["refused_unsaid"]) for each in told] == [("none", 1)]


def test_where_the_purpose_has_ended_nothing_is_given(tmp_path: Path, caller: Caller) -> None:
    """The matrix is asked: a home that is no hub gives no list of one."""
    home = make_hub(tmp_path / "hub", SetClock())
    reads = reads_of(home)
    reads.give(caller, "listings.json", 1)
    kind = home.folder / "config.toml"
    kind.write_text(kind.read_text().replace('kind = "hub"', 'kind = "operational"'))
    provider = replace(home, config=read_config(kind))

    with pytest.raises(NotPermitted):
        reads_of(provider).mandate()
    with pytest.raises(Unavailable):
        reads_of(provider).give(caller, "listings.json", 1)


def test_many_that_wait_are_written_at_once(tmp_path: Path) -> None:
    """Each gets an index of its own, all are there, and commits are fewer than entries."""
    written = Written(tmp_path / "journal")
    meters = Meters()
    commit = GroupCommit(written.journal, meters)
    found: list[int] = []
    gate = threading.Barrier(16)

    def write(number: int) -> None:
        gate.wait()
        found.extend(commit.append({"number": number, "turn": turn}) for turn in range(20))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(found) == list(range(320))
    told = {(each["number"], each["turn"]) for each in written.journal.entries()}
    assert told == {(number, turn) for number in range(16) for turn in range(20)}
    commits = float(
        next(
            line.split()[1]
            for line in generate_latest(meters.registry).decode().splitlines()
            if line.startswith("hinomi_hub_journal_commits_total")
        )
    )
    assert commits < 320


def test_whoever_waits_beside_a_failure_is_told_as_well(tmp_path: Path) -> None:
    """Nobody waits for ever, and nobody takes it for written."""
    written = Written(tmp_path / "journal")
    commit = GroupCommit(written.journal, Meters())
    shutil.rmtree(tmp_path / "journal")
    failed: list[bool] = []

    def write() -> None:
        with pytest.raises(Unavailable):
            commit.append({"act": "x"})
        failed.append(True)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)

    assert len(failed) == 8
