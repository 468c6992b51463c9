"""One check finds whatever does not hold together of what a hub published."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from foundedhubs import MEMBERS, FoundedHub
from hinomi.model.statement import Endpoint
from hinomi.services.casebooks import CASEBOOK
from hinomi.services.hub.checking import check
from hinomi.services.mandates import Operation, record
from hinomi.store.hub.schema import ENTRIES, ROUNDS, SEALINGS, SNAPSHOTS, TABLES
from hubs import FIRST_EPOCH, server

SERVERS = [server(each) for each in range(1, 8)]


@pytest.fixture(name="hub")
def a_hub(tmp_path: Path) -> FoundedHub:
    """Give a hub with three snapshots."""
    hub = FoundedHub.with_members(tmp_path / "hub")
    hub.runs(SERVERS, SERVERS[1:], SERVERS)
    return hub


def altered(hub: FoundedHub, *statements: sa.Executable) -> None:
    """Change the database past the stores."""
    engine = sa.create_engine(f"sqlite:///{hub.folder / CASEBOOK}")
    with engine.begin() as connection:
        for each in statements:
            connection.execute(each)
    engine.dispose()


def test_what_was_published_holds_together(hub: FoundedHub) -> None:
    """All of it was looked at."""
    found = check(hub.home())

    assert found.faults == ()
    assert (found.snapshots, found.lists) == (3, 3)
    assert found.entries > 0


def test_lists_that_retention_took_are_no_fault(hub: FoundedHub) -> None:
    """Their heads keep the chain."""
    altered(hub, sa.update(SNAPSHOTS).where(SNAPSHOTS.c.number < 3).values(json=b"", csv=b""))

    found = check(hub.home())

    assert (found.faults, found.snapshots, found.lists) == ((), 3, 1)


def test_tables_of_a_round_that_is_over_are_a_fault(hub: FoundedHub) -> None:
    """Whoever had the members' key could read them; those of an open round are none."""
    epoch = hub.epoch - 2
    round_of = {"threshold": 3, "capacity": 100, "numbers": {}}
    row = {"member": MEMBERS[0], "point": 5, "digest": "d", "note": "", "body": b"x", "entry": 0}
    for each in (epoch, epoch + 1):
        altered(
            hub,
            sa.insert(ROUNDS).values(epoch=each, **round_of),
            sa.insert(TABLES).values(epoch=each, **row),
        )

    assert check(hub.home()).faults == ("tables are still there of rounds that are over: 1",)


def _second(**values: object) -> sa.Executable:
    return sa.update(SNAPSHOTS).where(SNAPSHOTS.c.number == 2).values(**values)


def _endpoint(endpoint: Endpoint) -> sa.ColumnElement[bool]:
    return ENTRIES.c.lo == endpoint.address.lo


FAULTS: dict[str, tuple[Callable[[], sa.Executable], str]] = {
    "a list": (lambda: _second(json=b"{}"), "digest was signed"),
    "a CSV": (lambda: _second(csv=b"address\n"), "its CSV"),
    "a head": (lambda: _second(head="none"), "snapshot 2"),
    "a digest": (lambda: _second(digest="0" * 64), "its row says something else"),
    "an epoch": (lambda: _second(epoch=1), "its row says something else"),
    "a snapshot": (lambda: sa.delete(SNAPSHOTS).where(SNAPSHOTS.c.number == 2), "have a gap"),
    "an entry": (
        lambda: sa.delete(ENTRIES).where(_endpoint(server(3)), ENTRIES.c.is_newest),
        "the entries that stand are not those of snapshot 3",
    ),
    "an epoch of an entry": (
        lambda: sa.update(ENTRIES).where(_endpoint(server(1)), ENTRIES.c.is_newest).values(
            modified=7
        ),
        "of epochs that have no snapshot",
    ),
    "since when it is listed": (
        lambda: sa.update(ENTRIES).where(_endpoint(server(3))).values(since=7),
        "are not what it changed",
    ),
    "an episode": (
        lambda: sa.update(ENTRIES).where(_endpoint(server(1)), ENTRIES.c.is_newest).values(
            episode=7
        ),
        "are not what it changed",
    ),
    "a class": (
        lambda: sa.update(ENTRIES).where(_endpoint(server(3))).values(service_class="dedicatec"),
        "hub_entries.service_class: a row has none of",
    ),
    "what is sealed": (
        lambda: sa.update(SEALINGS).where(SEALINGS.c.epoch == FIRST_EPOCH).values(epoch=1),
        "snapshot 1: its epoch is not sealed",
    ),
    "a seal of another day": (
        lambda: sa.insert(SEALINGS).values(epoch=FIRST_EPOCH + 99),
        "is still to come",
    ),
    "the head of the newest": (
        lambda: sa.update(SNAPSHOTS).where(SNAPSHOTS.c.number == 3).values(head="none"),
        "snapshot 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_whatever_was_altered_is_found(hub: FoundedHub, name: str) -> None:
    """One thing at a time."""
    change, said = FAULTS[name]
    altered(hub, change())

    assert any(said in each for each in check(hub.home()).faults)


def test_one_fault_does_not_hide_another(hub: FoundedHub) -> None:
    """Heads that are none, a class that is none: each is told of, and the rest is looked at."""
    altered(
        hub,
        sa.update(SNAPSHOTS).where(SNAPSHOTS.c.number != 2).values(head="none"),
        sa.update(ENTRIES).where(_endpoint(server(3))).values(service_class="none"),
        sa.update(SNAPSHOTS).where(SNAPSHOTS.c.number == 2).values(csv=b"address\n"),
    )

    found = check(hub.home())

    assert found.batches == 15
    for said in ("snapshot 1: ", "snapshot 3: ", "snapshot 2: its CSV", "hub_entries.service"):
        assert any(each.startswith(said) for each in found.faults), said


def test_a_second_snapshot_of_an_epoch_is_found_in_the_journal(hub: FoundedHub) -> None:
    """Though the database shows one."""
    home = hub.home()
    said = next(each for each in home.journal().entries() if each.get("stage") == "done")
    facts = {"stage": "done", "number": 1, "epoch": said["epoch"], "digest": "e" * 64}
    record(home.journal(), Operation.PUBLISH, home.mandate(Operation.PUBLISH), facts)

    faults = check(home).faults

    assert any("two snapshots with the number 1" in each for each in faults)
    assert any("not there" in each for each in faults)
