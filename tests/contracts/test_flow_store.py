"""What every flow store does, in memory and on disk."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from builders import HOUR_MS, NOON_MS, conversation, conversations, mandate
from hinomi.errors import NotPermitted
from hinomi.govern.mandate import Mandate
from hinomi.govern.matrix import LegalBasis, Power, Purpose
from hinomi.model.flow import CONVERSATIONS
from hinomi.model.window import Window
from hinomi.store.lake import LocalLake
from hinomi.store.memory import MemoryFlowStore
from hinomi.store.ports import FlowStore
from hinomi.store.sealing import opened


def _clock() -> int:
    return NOON_MS


@pytest.fixture(params=["memory", "local"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FlowStore:
    """Give an empty store of each kind."""
    if request.param == "memory":
        return MemoryFlowStore(_clock)
    return LocalLake(tmp_path / "lake", _clock)


def _marked(store: FlowStore, window: Window | None = None) -> list[int]:
    """Scan, and give the marks that the test left in `bytes`."""
    batches = store.scan(window or Window(), mandate(Power.ANALYSE))
    return sorted(mark for batch in batches for mark in batch.column("bytes").to_pylist())


def _batch(*marks: int, ts_ms: int = NOON_MS) -> pa.RecordBatch:
    return conversations(conversation(bytes=mark, ts_ms=ts_ms + mark) for mark in marks)


def test_an_empty_store_has_nothing_and_does_not_mind(store: FlowStore) -> None:
    """No files, no rows, no batch."""
    assert _marked(store) == []
    assert store.files(Window(), mandate(Power.ANALYSE)) == ()
    assert not store.has("first")


def test_what_was_appended_is_read_back_unchanged(store: FlowStore) -> None:
    """Every column of every row comes back as it went in, signs and limits included."""
    row = {
        name: (-(2 ** (CONVERSATIONS.field(name).type.bit_width - 1)) + number)
        for number, name in enumerate(CONVERSATIONS.names)
    } | {"ts_ms": NOON_MS}
    commit = store.append([conversations([row])], "first", mandate(Power.STORE))

    (batch,) = store.scan(Window(), mandate(Power.ANALYSE))
    assert (commit.rows, commit.already_stored, commit.late_rows) == (1, False, 0)
    assert batch.schema.equals(CONVERSATIONS, check_metadata=True)
    assert batch.to_pylist() == [row]
    assert store.has("first")


def test_the_same_batch_counts_once_and_is_not_drained_again(store: FlowStore) -> None:
    """A replay says so and touches nothing."""
    store.append([_batch(1, 2), _batch(3)], "first", mandate(Power.STORE))

    def undrained() -> Iterator[pa.RecordBatch]:
        pytest.fail("a known batch was drained")
        yield _batch(4)

    again = store.append(undrained(), "first", mandate(Power.STORE))

    assert (again.rows, again.already_stored) == (3, True)
    assert _marked(store) == [1, 2, 3]


def test_a_batch_that_breaks_off_leaves_nothing(store: FlowStore) -> None:
    """The failure passes through, no row becomes visible, and the batch can come again."""

    def broken() -> Iterator[pa.RecordBatch]:
        yield _batch(1, 2)
        raise RuntimeError("the reader stopped")

    with pytest.raises(RuntimeError, match="the reader stopped"):
        store.append(broken(), "first", mandate(Power.STORE))

    assert _marked(store) == []
    assert not store.has("first")
    assert store.append([_batch(1)], "first", mandate(Power.STORE)).rows == 1
    assert _marked(store) == [1]


def test_a_batch_without_rows_is_remembered(store: FlowStore) -> None:
    """An empty file imported twice is imported once."""
    assert not store.append([], "empty", mandate(Power.STORE)).already_stored
    assert store.append([_batch()], "empty too", mandate(Power.STORE)).rows == 0
    assert store.has("empty")
    assert store.append([], "empty", mandate(Power.STORE)).already_stored
    assert _marked(store) == []


def test_a_window_begins_inclusive_and_ends_exclusive(store: FlowStore) -> None:
    """Rows are chosen by their start, to the millisecond."""
    store.append([_batch(0, 1, 2, 3)], "first", mandate(Power.STORE))

    assert _marked(store, Window(NOON_MS + 1, NOON_MS + 3)) == [1, 2]
    assert _marked(store, Window(since_ms=NOON_MS + 2)) == [2, 3]
    assert _marked(store, Window(until_ms=NOON_MS)) == []


def test_files_hold_all_rows_of_their_window(store: FlowStore) -> None:
    """An engine that reads the files and filters by time sees what a scan sees."""
    rows = [_batch(1), _batch(2, ts_ms=NOON_MS + HOUR_MS), _batch(3, ts_ms=NOON_MS + 48 * HOUR_MS)]
    store.append(rows, "first", mandate(Power.STORE))
    window = Window(NOON_MS, NOON_MS + 2 * HOUR_MS)

    files = store.files(window, mandate(Power.ANALYSE))

    tables = [opened(file).read() for file in files]
    read = [row for table in tables for row in table.to_pylist() if window.covers(row["ts_ms"])]
    assert sorted(row["bytes"] for row in read) == _marked(store, window) == [1, 2]
    for schema in (table.schema for table in tables):  # That nothing is null, files may say.
        assert (schema.names, schema.types) == (CONVERSATIONS.names, CONVERSATIONS.types)
        assert CONVERSATIONS.metadata.items() <= schema.metadata.items()


def test_each_act_needs_its_power(store: FlowStore) -> None:
    """Storing permits no reading, reading no storing, and an ended mandate nothing."""
    with pytest.raises(NotPermitted):
        store.append([_batch(1)], "first", mandate(Power.ANALYSE))
    with pytest.raises(NotPermitted):
        store.scan(Window(), mandate(Power.STORE))
    with pytest.raises(NotPermitted):
        store.files(Window(), mandate(Power.STORE, Power.MAINTAIN))
    with pytest.raises(NotPermitted, match="ended"):
        store.scan(Window(), mandate(until_ms=NOON_MS))
    assert _marked(store) == []


def test_what_is_no_conversation_is_the_callers_bug(store: FlowStore) -> None:
    """Another schema, a null and a batch without a name are refused."""
    with pytest.raises(ValueError, match="CONVERSATIONS"):
        store.append([pa.RecordBatch.from_pydict({"a": [1]})], "x", mandate())
    nameless = conversations([conversation()]).set_column(0, "ts_ms", pa.array([None], pa.int64()))
    with pytest.raises(ValueError, match="nulls"):
        store.append([nameless], "x", mandate())
    with pytest.raises(ValueError, match="id"):
        store.append([], "", mandate())
    assert not store.has("x")


def test_research_reads_by_its_own_power_and_by_no_other(store: FlowStore) -> None:
    """A researcher's mandate scans; it names no files, and detection's does no research."""
    research = Mandate(
        purpose=Purpose.RESEARCH,
        basis=LegalBasis.LEGITIMATE_BUSINESS,
        who="tester",
        until_ms=2**62,
        powers=frozenset(Power),
    )
    store.append([_batch(1, 2)], "first", mandate(Power.STORE))

    batches = list(store.scan(Window(), research, Power.RESEARCH))

    assert sum(batch.num_rows for batch in batches) == 2
    for refused in (
        lambda: store.scan(Window(), research),
        lambda: store.files(Window(), research),
        lambda: store.scan(Window(), mandate(), Power.RESEARCH),
    ):
        with pytest.raises(NotPermitted):
            refused()


@pytest.mark.parametrize("power", sorted(set(Power) - {Power.ANALYSE, Power.RESEARCH}))
def test_no_other_power_reads(store: FlowStore, power: Power) -> None:
    """Whoever may store, or keep the store in order, may not for that read."""
    with pytest.raises(ValueError, match="not read by the power"):
        store.scan(Window(), mandate(power), power)
