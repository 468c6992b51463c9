"""The list of an epoch from the command line: made in time, looked at, handed on, checked."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from foundedhubs import MEMBERS, FoundedHub
from hinomi.services.casebooks import CASEBOOK
from hinomi.services.hub.restored import Restored, mark_restored
from hinomi.store.hub.schema import SNAPSHOTS
from hubs import server
from terminal import Said, hinomi

SERVERS = [server(each) for each in range(1, 8)]


@pytest.fixture(name="hub")
def a_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FoundedHub:
    """Give a hub to which every member said the same, by whose clock commands run."""
    hub = FoundedHub.with_members(tmp_path / "hub")
    for name in MEMBERS:
        hub.submits(name, SERVERS)
    monkeypatch.setattr("hinomi.clock.time.time_ns", lambda: hub.clock() * 1_000_000)
    return hub


def run(hub: FoundedHub, *words: object) -> Said:
    """Run a command of the hub."""
    return hinomi("hub", *words, home=hub.folder)


def test_the_list_is_made_once(hub: FoundedHub) -> None:
    """The second time the command says so, and exits as a timer may ignore."""
    first, second = run(hub, "publish", "--json"), run(hub, "publish")

    assert first.document == {
        "published": True, "number": 1, "epoch": "2026-11-23", "listed": 7, "new": 7,
        "renewed": 0, "ended": 0,
    }  # fmt: skip
    assert (second.code, second.out) == (75, "")
    assert "made already, as snapshot 1" in second.err


def test_members_have_their_time_unless_told_otherwise(hub: FoundedHub) -> None:
    """One line says until when; --now does not wait."""
    hub.past_ms = 60_000
    early = run(hub, "publish")

    assert (early.code, early.err.count("\n")) == (75, 1)
    assert "members may submit until 2026-11-23T02:00:00Z" in early.err
    assert "7 listed, 7 of them new, 0 renewed, 0 ended." in run(hub, "publish", "--now").out


def test_after_a_pause_a_person_says_that_the_clock_is_right(hub: FoundedHub) -> None:
    """One line says what to give; it is given once."""
    run(hub, "publish")
    hub.epoch += 15

    refused = run(hub, "publish")

    assert (refused.code, refused.err.count("\n")) == (75, 1)
    assert "run `hinomi hub publish --after-pause`" in refused.err
    assert run(hub, "publish", "--dry-run").code == 75
    assert run(hub, "publish", "--dry-run", "--after-pause").code == 0
    assert run(hub, "publish", "--after-pause", "--json").document["number"] == 2


def test_a_list_of_a_later_epoch_names_the_clock(hub: FoundedHub) -> None:
    """One line, and no untrue one."""
    hub.epoch += 1
    run(hub, "publish")
    hub.epoch -= 1

    said = run(hub, "publish")

    assert (said.code, said.err.count("\n")) == (75, 1)
    assert "snapshot 1 is of 2026-11-24, which is after today" in said.err


def test_a_dry_run_publishes_nothing(hub: FoundedHub) -> None:
    """At any time of the epoch."""
    hub.past_ms = 60_000

    said = run(hub, "publish", "--dry-run")

    assert "if it were made now: 7 listed" in said.out
    assert run(hub, "snapshot", "list", "--json").document == {"snapshots": []}


def test_what_was_published_is_shown(hub: FoundedHub) -> None:
    """The head as it was signed, the list as it was published, byte by byte."""
    run(hub, "publish")
    with hub.home().casebook() as casebook:
        found = casebook.hub.snapshots.get(1)

    assert run(hub, "snapshot", "show", 1).out == found.head
    assert run(hub, "snapshot", "show", 1, "--json").out.encode() == found.json
    (told,) = run(hub, "snapshot", "list", "--json").document["snapshots"]
    assert told == {"number": 1, "epoch": "2026-11-23", "digest": found.digest, "kept": True}
    assert found.digest in run(hub, "snapshot", "list").out
    assert run(hub, "snapshot", "show", 2).code == 66


def test_snapshots_go_out_and_come_back_as_files(hub: FoundedHub, tmp_path: Path) -> None:
    """What is there already is not taken up again."""
    run(hub, "publish")

    nobody = run(hub, "snapshot", "export", 1, "--out", tmp_path / "out")
    words = ("--to", "isp-a", "--reason", "it has no network")
    done = run(hub, "snapshot", "export", 1, "--out", tmp_path / "out", *words)
    assert (nobody.code, "--to" in nobody.err, done.code) == (64, True, 0)
    again = run(hub, "snapshot", "take", tmp_path / "out")

    assert (again.code, "comes after number 1" in again.err) == (66, True)
    assert {each.name for each in (tmp_path / "out").iterdir()} == {"1.head", "1.json", "1.csv"}


def test_a_check_says_what_it_looked_at(hub: FoundedHub) -> None:
    """And ends with 69 where something does not hold together, a line for each."""
    run(hub, "publish")
    assert run(hub, "verify").out.splitlines() == [
        "1 snapshots, 1 with their list; 7 entries stand; 5 batches of members.",
        "All of it holds together.",
    ]  # fmt: skip
    _alter(hub)

    said = run(hub, "verify")

    assert said.code == 69
    assert "its CSV is not the one whose digest was signed" in said.err
    assert run(hub, "verify", "--json").document["faults"]


def _alter(hub: FoundedHub) -> None:
    """Change a list past the stores."""
    engine = sa.create_engine(f"sqlite:///{hub.folder / CASEBOOK}")
    with engine.begin() as connection:
        connection.execute(sa.update(SNAPSHOTS).values(csv=b"address\n"))
    engine.dispose()


def test_a_restored_hub_waits_for_a_word(hub: FoundedHub) -> None:
    """Which number anybody has, is for a person to find out."""
    mark_restored(hub.folder, Restored(number=0, made="2026-11-22T00:00:00Z"))

    waits = run(hub, "publish")
    behind = run(hub, "resume", "--newest", 3)

    assert (waits.code, behind.code) == (75, 75)
    assert run(hub, "resume", "--newest", 0).out == (
        "This hub publishes again, and may serve: hinomi serve hub\n"
    )
    assert run(hub, "publish").code == 0


@pytest.mark.parametrize(
    "words", [("show",), ("export", "--out", "x", "--to", "a", "--reason", "b")]
)
def test_a_number_that_no_snapshot_has_is_bad_input(
    hub: FoundedHub, words: tuple[str, ...]
) -> None:
    """It never comes to the database, which could not hold it."""
    said = run(hub, "snapshot", words[0], 10**20, *words[1:])

    assert (said.code, said.err.count("\n")) == (64, 1)
    assert "is not in the range" in said.err
