"""One worker of the collector: what it stores, refuses, remembers and says."""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from builders import NOON_MS
from collectors import EXPORTER, collecting, home_that_collects, read
from exporting import V4_FLOW, Value, data, options_template, template, v4_flow, v5, v5_record, v9
from hinomi.collect.accounting import UNNUMBERED, unaccounted
from hinomi.collect.admission import SAMPLING_UNKNOWN
from hinomi.collect.normalise import FORGED_SOURCE, TRANSIT
from hinomi.collect.wire.sequences.places import LOST
from hinomi.model.exporter import SequenceUnit
from hinomi.model.window import Window
from hinomi.services.casebooks import CASEBOOK
from hinomi.services.collector import FOLDER, WorkerTask
from hinomi.services.home import open_home
from hinomi.services.kept import gather_kept
from hinomi.services.mandates import Operation, mandate_for
from hinomi.services.rollover import roll_over
from loopback import wait_for
from terminal import hinomi

TEMPLATE = template(256, V4_FLOW)


def flows(*rows: Sequence[Value]) -> bytes:
    """Make a data set of version 9 in the layout `V4_FLOW`."""
    return data(256, V4_FLOW, *(rows or (v4_flow(),)))


@pytest.fixture(name="folder")
def a_laboratory(tmp_path: Path) -> Path:
    """Give a laboratory that takes exports from loopback."""
    return home_that_collects(tmp_path / "lab")


def stored(folder: Path) -> list[dict[str, int]]:
    """Give what the home's lake holds."""
    home = open_home(folder)
    mandate = mandate_for(Operation.DETECT, home.clock)
    return [row for batch in home.lake().scan(Window(), mandate) for row in batch.to_pylist()]


def test_what_was_accepted_is_stored_when_it_ends(folder: Path) -> None:
    """The end does not wait for the flush interval: everything received is durable."""
    with collecting(folder) as running:
        running.send(v9(TEMPLATE, flows()), v9(flows(v4_flow(src_port=2)), sequence=1))

    rows = stored(folder)
    assert sorted(row["line_port"] for row in rows) == [2, 40_000]
    assert {row["ts_ms"] for row in rows} == {NOON_MS - 10_000}
    status = read(folder)
    assert status.rows.stored == 2
    assert unaccounted(status) == 0
    assert status.exporters[EXPORTER].counts["records"] == 2


def test_no_subscriber_address_is_stored_in_plain(folder: Path) -> None:
    """The line is a pseudonym; the remote end stands as it is."""
    with collecting(folder) as running:
        running.send(v9(TEMPLATE, flows()))

    (row,) = stored(folder)
    assert row["remote_lo"] & 0xFFFFFFFF == 0xC6336401  # 198.51.100.1
    assert row["line_lo"] & 0xFFFFFFFF != 0xC0000201


def test_strangers_are_counted_and_not_believed(tmp_path: Path) -> None:
    """An address outside the allow-list leaves nothing but its count."""
    folder = home_that_collects(tmp_path / "lab", allow="127.0.1.0/24")

    with collecting(folder) as running:
        running.send(v9(TEMPLATE, flows()), v9(flows()), source="127.0.2.9")

    assert stored(folder) == []
    assert read(folder).refused == {"127.0.2.9": 2}
    assert read(folder).exporters == {}


def test_a_subscriber_that_is_refused_is_not_named(tmp_path: Path) -> None:
    """No file of the collector holds an address of the own networks, and none is for others."""
    folder = home_that_collects(tmp_path / "lab", allow="127.0.1.0/24")
    own = tmp_path / "own.txt"
    own.write_text("127.0.2.0/24\n192.0.2.0/24\n", "utf-8")
    assert hinomi("networks", "replace", str(own), home=folder).code == 0

    with collecting(folder) as running:
        running.send(v9(TEMPLATE, flows()), source="127.0.2.9")
        running.send(v9(TEMPLATE, flows()))

    assert (read(folder).refused, read(folder).refused_own) == ({}, 1)
    written = list((folder / FOLDER).glob("worker-0.*"))
    assert sorted(path.suffix for path in written) == [".json", ".kept"]
    for path in written:
        assert b"127.0.2.9" not in path.read_bytes()
        assert bytes([127, 0, 2, 9]) not in path.read_bytes()
        assert path.stat().st_mode & 0o777 == 0o600


def test_an_operational_home_stores_no_record_of_unknown_sampling(tmp_path: Path) -> None:
    """Until the exporter states its rate its records are refused and counted, then stored."""
    folder = home_that_collects(tmp_path / "node", sampling=None)
    options = options_template(512, [(1, 4)], [(34, 4)])
    rate = data(512, [(1, 4), (34, 4)], (0, 10_000))

    with collecting(folder) as running:
        running.send(v9(TEMPLATE, flows()))
        wait_for(lambda: running.status().total("records") == 1)
        running.send(v9(options, rate, sequence=1), v9(flows(), sequence=2))

    assert [row["sampling_interval"] for row in stored(folder)] == [10_000]
    assert read(folder).exporters[EXPORTER].counts[SAMPLING_UNKNOWN] == 1
    (sampler,) = read(folder).exporters[EXPORTER].samplers
    assert sampler.interval == 10_000


def test_templates_and_rates_survive_a_restart(folder: Path) -> None:
    """Data that comes before any template after a restart is decoded with the old one."""
    options = options_template(512, [(1, 4)], [(34, 4)])
    rate = data(512, [(1, 4), (34, 4)], (0, 10_000))
    with collecting(folder) as running:
        running.send(v9(TEMPLATE, options, rate))

    with collecting(folder) as running:
        running.send(v9(flows(), sequence=1))

    assert [row["sampling_interval"] for row in stored(folder)] == [10_000]


def test_a_worker_takes_up_only_the_exporters_it_will_meet(folder: Path) -> None:
    """With two workers each exporter's templates are one worker's."""
    with collecting(folder) as running:
        running.send(v9(TEMPLATE, flows()))

    gather_kept(folder / FOLDER)
    for number in range(2):
        with collecting(folder, task=WorkerTask(number=number, workers=2)):
            pass

    assert read(folder).exporters[EXPORTER].templates == 1  # Of both workers together.


def test_transit_and_forged_sources_are_counted(folder: Path) -> None:
    """An own source that comes in from outside is evidence of nothing (R15)."""
    fields = (*V4_FLOW, (10, 4))
    with collecting(folder) as running:
        running.send(v9(template(256, fields), data(256, fields, [*v4_flow(), 7])))
    assert hinomi("exporters", "interface", EXPORTER, "7", "transit", home=folder).code == 0

    with collecting(folder) as running:
        running.send(
            v9(
                data(
                    256,
                    fields,
                    [*v4_flow(), 7],
                    [*v4_flow(src="198.51.100.9", dst="192.0.2.1"), 7],
                    [*v4_flow(src="198.51.100.9", dst="203.0.113.1"), 7],
                ),
                sequence=1,
            )
        )

    counts = read(folder).exporters[EXPORTER].counts
    assert (counts[FORGED_SOURCE], counts[TRANSIT], counts["records-kept"]) == (1, 1, 1)
    assert sorted(row["ingress"] for row in stored(folder)) == [0, 3]


def test_an_override_rules_from_the_first_record(folder: Path) -> None:
    """What the register says of an exporter wins over what the exporter says."""
    with collecting(folder) as running:
        running.send(v5(v5_record(), sampling=1 << 14 | 100))
    said = hinomi("exporters", "sampling", EXPORTER, "5000", "--reason", "firmware", home=folder)
    assert said.code == 0, said.err

    with collecting(folder) as running:
        running.send(v5(v5_record(), sequence=1, sampling=1 << 14 | 100))

    assert sorted(row["sampling_interval"] for row in stored(folder)) == [100, 5000]


def test_own_networks_are_read_again_on_request(tmp_path: Path) -> None:
    """A changed allow-list holds after SIGHUP, without a restart."""
    folder = home_that_collects(tmp_path / "lab", allow="127.0.9.0/24")
    with collecting(folder) as running:
        running.send(v9(TEMPLATE, flows()))
        wait_for(lambda: running.status().refused == {EXPORTER: 1})
        config = folder / "config.toml"
        config.write_text(config.read_text("utf-8").replace("127.0.9.0/24", "127.0.1.0/24"))
        running.signals.is_stale = True
        wait_for(lambda: running.status().refused == {})
        running.send(v9(TEMPLATE, flows()))

    assert len(stored(folder)) == 1


def test_what_was_lost_is_kept_by_the_hour(folder: Path) -> None:
    """The case book holds what arrived and what the sequence numbers miss."""
    with collecting(folder) as running:
        running.send(*(v9(TEMPLATE, flows(), sequence=number) for number in (0, 1, 4, 5)))

    with open_home(folder).casebook() as casebook:
        (hour,) = casebook.exporter_hours(Window())
    assert (hour.datagrams, hour.records, hour.received, hour.lost) == (4, 4, 4, 2)


def test_hours_outlive_a_locked_case_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be added at one flush is added at a later one."""
    monkeypatch.setattr("hinomi.store.database.BUSY_MS", 50)
    folder = home_that_collects(tmp_path / "lab", flush_seconds=1)
    with collecting(folder) as running:
        running.send(v9(TEMPLATE))  # The exporter gets its number before the lock.
    with (
        collecting(folder) as running,
        closing(sqlite3.connect(folder / CASEBOOK, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        running.send(v9(TEMPLATE, flows(), sequence=1))
        wait_for(lambda: running.status().rows.stored == 1)
        time.sleep(0.5)  # The flush that stored it has met the lock, and given up.

    with open_home(folder).casebook() as casebook:
        (hour,) = casebook.exporter_hours(Window())
    assert (hour.datagrams, hour.records) == (2, 1)


def test_a_new_exporter_is_received_while_the_case_book_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its records wait for its number, all others are stored, and nothing ends or stops."""
    monkeypatch.setattr("hinomi.store.database.BUSY_MS", 50)
    folder = home_that_collects(tmp_path / "lab", flush_seconds=1)
    with collecting(folder) as running:
        running.send(v9(TEMPLATE, flows()))
    with collecting(folder) as running:
        with closing(sqlite3.connect(folder / CASEBOOK, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            running.send(v9(TEMPLATE, flows(v4_flow(src_port=2))), source="127.0.1.2")
            running.send(v9(flows(v4_flow(src_port=3)), sequence=1))
            wait_for(lambda: running.status().rows.stored == 1)
            wait_for(lambda: running.status().gathered == 1)
            assert unaccounted(running.status()) == 0
        wait_for(lambda: running.status().rows.stored == 2)

    assert read(folder).counts["case-book-failures"] > 0
    assert sorted(row["line_port"] for row in stored(folder)) == [2, 3, 40_000]
    assert len({row["exporter"] for row in stored(folder)}) == 2


def test_an_end_does_not_wait_for_ever_for_the_case_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What then has no number is dropped for that reason, and the sums come out."""
    monkeypatch.setattr("hinomi.store.database.BUSY_MS", 50)
    monkeypatch.setattr("hinomi.services.collector.SETTLE_S", 0.2)
    folder = home_that_collects(tmp_path / "lab")
    with closing(sqlite3.connect(folder / CASEBOOK, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with collecting(folder) as running:
            running.send(v9(TEMPLATE, flows()))

    status = read(folder)
    assert status.exporters[EXPORTER].counts[UNNUMBERED] == 1
    assert (unaccounted(status), status.gathered) == (0, 0)


def test_what_was_sent_while_no_collector_ran_is_counted_lost(folder: Path) -> None:
    """The next run goes on from the last sequence number that the one before stored."""
    with collecting(folder) as running:
        running.send(*(v9(TEMPLATE, flows(), sequence=number) for number in range(3)))
    with collecting(folder) as running:
        running.send(*(v9(flows(), sequence=number) for number in range(1_003, 1_010)))

    counts = read(folder).exporters[EXPORTER].counts
    assert counts[LOST[SequenceUnit.DATAGRAMS]] == 1_000
    with open_home(folder).casebook() as casebook:
        (hour,) = casebook.exporter_hours(Window())
    assert (hour.datagrams, hour.received, hour.lost) == (10, 10, 1_000)


def test_every_commit_is_journalled(folder: Path) -> None:
    """Storing leaves a line before and one after, with purpose and counts, without addresses."""
    with collecting(folder) as running:
        running.send(v9(TEMPLATE, flows()))

    entries = [
        entry for entry in open_home(folder).journal().entries() if entry["operation"] == "collect"
    ]
    assert [entry["stage"] for entry in entries] == ["storing", "stored"]
    assert (entries[0]["rows"], entries[1]["stored"]) == (1, 1)
    assert entries[0]["batch"] == entries[1]["batch"]
    assert "purpose" in str(entries[0]["mandate"])
    assert "192.0.2.1" not in str(entries)


def test_a_task_is_rendered_and_parsed() -> None:
    """What a worker shall do crosses to its process as one line."""
    task = WorkerTask(number=1, workers=2, sockets=(4, 5), forward="127.0.0.1:9995")

    assert WorkerTask.parse(task.render()) == task
    with pytest.raises(ValueError, match="no task"):
        WorkerTask.parse("{}x")


def test_a_line_counts_once_across_a_change_of_keys(folder: Path) -> None:
    """What was staged under the old key, and what comes before the new one is read, follows."""
    with collecting(folder) as running:
        running.send(v9(TEMPLATE, flows()))
        wait_for(lambda: running.status().total("records") == 1)
        assert roll_over(open_home(folder))["to"] == "period-0002"
        running.send(v9(flows(v4_flow(src_port=2)), sequence=1))
        wait_for(lambda: running.status().total("records") == 2)
        running.signals.is_stale = True
        running.send(v9(flows(v4_flow(src_port=3)), sequence=2))

    rows = stored(folder)
    assert sorted(row["line_port"] for row in rows) == [2, 3, 40_000]
    assert len({(row["line_hi"], row["line_lo"], row["line_net"]) for row in rows}) == 1
