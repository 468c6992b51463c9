"""The account of a collector: nothing is forgotten, nothing counted twice."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from accounts import a_sampler, a_status
from builders import HOUR_MS, NOON_MS
from hinomi.collect.accounting import (
    DROPPED,
    MOST_INTERFACES,
    OTHER_INTERFACES,
    Account,
    CollectStatus,
    RowCounts,
    merge,
    read_status,
    unaccounted,
    write_status,
)
from hinomi.collect.wire.exported import DTYPES, NO_INTERFACE, Exported
from hinomi.collect.wire.ledger import Ledger
from hinomi.errors import MalformedDocument, Unavailable
from hinomi.model.exporter import ExporterHour, SequenceUnit
from hinomi.model.window import Window
from hinomi.store.casebook import open_casebook

NAMES: Final = ("192.0.2.1", "192.0.2.2")
NOON_HOUR: Final = NOON_MS // HOUR_MS


def test_what_batches_count_adds_up_by_exporter() -> None:
    """Each exporter has its own account, with when it was last heard."""
    account, ledger = Account(), Ledger()
    for at_ms in (NOON_MS, NOON_MS + 5):
        ledger.add(0, "datagrams", 2)
        ledger.add(1, "transit", 3)
        account.absorb(ledger.drain(), at_ms)

    found = account.exporter_status(
        NAMES.__getitem__, templates={0: 4}, samplers={1: [a_sampler()]}
    )

    assert found["192.0.2.1"].counts == {"datagrams": 4}
    assert (found["192.0.2.1"].last_seen_ms, found["192.0.2.1"].templates) == (NOON_MS + 5, 4)
    assert found["192.0.2.2"].counts == {"transit": 6}
    assert (found["192.0.2.2"].last_seen_ms, found["192.0.2.2"].samplers) == (0, (a_sampler(),))


def test_an_exporter_with_two_addresses_and_one_name_has_one_account() -> None:
    """What comes from both is added."""
    account = Account()
    account.absorb({0: {"datagrams": 2}, 1: {"datagrams": 3}}, NOON_MS)

    found = account.exporter_status(lambda _: "edge", templates={0: 1, 1: 1}, samplers={})

    assert list(found) == ["edge"]
    assert (found["edge"].counts, found["edge"].templates) == ({"datagrams": 5}, 2)


def test_the_newest_flow_is_told_by_its_end() -> None:
    """Older flows of later batches change nothing."""
    account = Account()
    for starts, lasts in (([NOON_MS, NOON_MS + 9], [100, 1]), ([NOON_MS - 50], [60])):
        columns = {name: np.zeros(len(starts), dtype) for name, dtype in DTYPES.items()}
        columns["ts_ms"], columns["duration_ms"] = np.array(starts), np.array(lasts, np.int32)
        account.see(Exported(**columns))
    account.see(Exported.empty())
    account.absorb({0: {"records": 3}}, NOON_MS)

    found = account.exporter_status(NAMES.__getitem__, templates={}, samplers={})

    assert found["192.0.2.1"].newest_flow_ms == NOON_MS + 100


def test_hours_are_given_once_for_the_case_book() -> None:
    """By exporter, hour of arrival and unit; lost is what did not come late."""
    account = Account()
    first = {"datagrams": 2, "records": 50, "sequenced-records": 50, "lost-records": 30}
    account.absorb({1: first, 0: {"datagrams": 7, "records": 9, "time-missing": 1}}, NOON_MS - 1)
    account.absorb({1: {"datagrams": 1, "late-records": 10, "lost-flows": 4}}, NOON_MS)

    hours: list[ExporterHour] = []
    account.hand_over_hours(lambda source: source + 100, hours.extend)

    records, flows = SequenceUnit.RECORDS, SequenceUnit.FLOWS
    before, after = NOON_HOUR - 1, NOON_HOUR
    assert hours == [
        ExporterHour(
            exporter=100, hour=before, unit=SequenceUnit.DATAGRAMS, datagrams=7, records=9
        ),
        ExporterHour(
            exporter=101, hour=before, unit=records, datagrams=2, records=50, received=50, lost=30
        ),
        ExporterHour(exporter=101, hour=after, unit=flows, datagrams=1, lost=4),
        ExporterHour(exporter=101, hour=after, unit=records, lost=-10),
    ]
    account.hand_over_hours(lambda source: source, hours.extend)
    assert len(hours) == 4


def test_hours_that_the_case_book_refused_are_handed_over_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another process holds it nothing is forgotten; what came since is added to it."""
    monkeypatch.setattr("hinomi.store.database.BUSY_MS", 20)
    account, path = Account(), tmp_path / "casebook.sqlite"
    with open_casebook(path) as casebook:
        casebook.exporter_number(NAMES[0])
        account.absorb({0: {"datagrams": 2, "records": 50}}, NOON_MS)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unavailable):
                account.hand_over_hours(lambda _: 1, casebook.add_exporter_hours)
        account.absorb({0: {"datagrams": 1, "records": 25}}, NOON_MS)
        account.hand_over_hours(lambda _: 1, casebook.add_exporter_hours)
        account.hand_over_hours(lambda _: 1, casebook.add_exporter_hours)
        (hour,) = casebook.exporter_hours(Window())

    assert (hour.datagrams, hour.records) == (3, 75)


def test_the_interfaces_of_an_exporter_are_counted() -> None:
    """By index, also those that no record names; two workers' counts add up."""
    account = Account()
    source = np.array([0, 0, 0, 1, 0], np.int32)
    account.see_interfaces(source, np.array([7, 2**32 - 1, 7, 7, 2**40]))
    account.see_interfaces(source[:1], np.array([-1]))

    found = account.exporter_status(lambda _: "edge", templates={0: 1, 1: 1}, samplers={})
    apart = account.exporter_status(NAMES.__getitem__, templates={0: 1, 1: 1}, samplers={})

    assert apart[NAMES[0]].interfaces == {7: 2, 2**32 - 1: 1, NO_INTERFACE: 2}
    assert apart[NAMES[1]].interfaces == {7: 1}
    assert found["edge"].interfaces == {7: 3, 2**32 - 1: 1, NO_INTERFACE: 2}


def test_an_exporter_that_invents_interfaces_is_bounded() -> None:
    """Beyond the limit records are counted, and their interfaces are not told apart."""
    account = Account()
    indexes = np.arange(MOST_INTERFACES + 10)
    account.see_interfaces(np.zeros(indexes.size, np.int32), indexes)

    found = account.exporter_status(NAMES.__getitem__, templates={0: 1}, samplers={})

    assert len(found[NAMES[0]].interfaces) == MOST_INTERFACES + 1
    assert found[NAMES[0]].interfaces[OTHER_INTERFACES] == 10


def test_a_sound_account_comes_out() -> None:
    """Every record was kept, dropped or is waiting; so every conversation."""
    assert unaccounted(a_status()) == 0
    assert unaccounted(CollectStatus()) == 0


@pytest.mark.parametrize("reason", sorted(DROPPED))
def test_every_reason_for_dropping_is_in_the_sum(reason: str) -> None:
    """Whatever keeps a record out of the store explains where it went."""
    assert unaccounted(a_status(counts={"transit": 0} | {reason: 10})) == 0


@pytest.mark.parametrize(
    ("changed", "missing"),
    [({"records": 251}, 1), ({"records-kept": 245}, -5), ({"transit": 8, "time-missing": 5}, 2)],
)
def test_a_record_that_got_lost_in_between_is_noticed(
    changed: dict[str, int], missing: int
) -> None:
    """Below zero something was counted twice."""
    assert unaccounted(a_status(counts=changed)) == missing


def test_a_conversation_that_got_lost_in_between_is_noticed() -> None:
    """What was made and is neither stored, waiting nor given up."""
    status = a_status()
    status.rows = RowCounts(made=10, stored=5, removed_hour=1, given_up=1, waiting=2)

    assert unaccounted(status) == 1


def test_records_that_gather_are_not_missing() -> None:
    """They wait to become conversations."""
    status = a_status(counts={"records": 260})
    status.gathered = 10

    assert unaccounted(status) == 0


def test_workers_are_added_up() -> None:
    """An exporter that sent to two is one exporter; nothing else is lost."""
    merged = merge(
        [a_status(0), a_status(1), a_status(2, exporter="192.0.2.2", counts={"records": 300})]
    )

    assert sorted(merged.workers) == ["0", "1", "2"]
    assert merged.exporters["192.0.2.1"].counts["records"] == 500
    assert merged.exporters["192.0.2.1"].samplers == (a_sampler(),)
    assert (merged.total("records"), merged.total("kernel-drops")) == (800, 15)
    assert (merged.refused, merged.refused_others) == ({"198.51.100.9": 12}, 3)
    assert merged.refused_own == 18
    assert merged.rows == RowCounts(made=723, stored=600, waiting=123)
    assert unaccounted(merged) == 50


def test_a_status_survives_its_file(tmp_path: Path) -> None:
    """Each worker has its own; together they read as one; no draft is left behind."""
    write_status(tmp_path / "worker-0.json", a_status(0))
    write_status(tmp_path / "worker-0.json", a_status(0, counts={"records": 251}))
    write_status(tmp_path / "worker-1.json", a_status(1, exporter="192.0.2.2"))

    found = read_status(tmp_path)

    assert found == merge([a_status(0, counts={"records": 251}), a_status(1, exporter="192.0.2.2")])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["worker-0.json", "worker-1.json"]


def test_where_no_collector_ran_the_status_is_empty(tmp_path: Path) -> None:
    """A missing folder is no failure."""
    assert read_status(tmp_path / "nowhere") == CollectStatus()


@pytest.mark.parametrize("content", [b"", b"{", b'{"colour": 1}', b'{"rows": 5}', b"\xff"])
def test_a_file_of_another_version_is_named(tmp_path: Path, content: bytes) -> None:
    """One line says which file and what to do."""
    (tmp_path / "worker-0.json").write_bytes(content)

    with pytest.raises(MalformedDocument, match=r"worker-0\.json: is no status"):
        read_status(tmp_path)
