"""The manifest: numbered entries, what they come to, and who may read them when."""

from pathlib import Path

import pytest

from hinomi.errors import Conflict
from hinomi.model.window import Window
from hinomi.store.manifest import (
    CHECKPOINT_EVERY,
    BatchEntry,
    Checkpoint,
    Entry,
    FileEntry,
    Manifest,
    State,
    digest,
)


def _file(path: str, hour: int, **changed: int) -> FileEntry:
    first_ms = changed.get("first_ms", hour * 3_600_000)
    return FileEntry(path, hour, 1, first_ms, changed.get("last_ms", first_ms), 0, "1")


def _files(manifest: Manifest) -> list[str]:
    return manifest.ask(lambda state: [file.path for file in state.files_of(Window())])


def test_an_entry_changes_all_it_names_at_once() -> None:
    """Replaced files leave as their replacement comes."""
    state = State()
    state.apply(Entry(1, 5, batch=BatchEntry("b", 2, 0, 8), added=(_file("a", 7), _file("c", 8))))
    state.apply(Entry(2, 9, added=(_file("d", 7),), replaced=("a",)))

    assert sorted(state.files) == ["c", "d"]
    assert state.replaced == {"a": (7, 9)}
    state.apply(Entry(3, 9, swept=("a",)))
    assert state.replaced == {}
    assert (state.number, list(state.batches)) == (3, ["b"])


def test_removal_forgets_files_batches_and_what_they_replaced() -> None:
    """A batch is remembered as long as one of its hours is there."""
    state = State()
    state.apply(Entry(1, 0, batch=BatchEntry("old", 1, 0, 7), added=(_file("a", 7),)))
    state.apply(Entry(2, 0, added=(_file("b", 7),), replaced=("a",)))
    state.apply(Entry(3, 0, batch=BatchEntry("both", 2, 0, 8), added=(_file("c", 8),)))
    state.apply(Entry(4, 0, removed_until=8))

    assert (list(state.files), list(state.batches), state.replaced) == (["c"], ["both"], {})
    assert state.removed_until == 8


def test_a_state_survives_its_checkpoint() -> None:
    """Summing up and starting from it changes nothing."""
    state = State()
    state.apply(Entry(1, 5, batch=BatchEntry("b", 2, 1, 8), added=(_file("a", 7), _file("c", 8))))
    state.apply(Entry(2, 5, added=(_file("d", 8),), replaced=("c",), removed_until=3))

    assert State.from_checkpoint(state.to_checkpoint()) == state
    assert State.from_checkpoint(Checkpoint()) == State()


def test_files_are_found_by_the_times_inside_them() -> None:
    """In order of their hours."""
    state = State()
    state.apply(Entry(1, 0, added=(_file("b", 1, first_ms=50, last_ms=60), _file("a", 0))))

    assert [file.path for file in state.files_of(Window())] == ["a", "b"]
    assert [file.path for file in state.files_of(Window(60, 61))] == ["b"]
    assert state.files_of(Window(61)) == ()
    assert [file.path for file in state.files_of(Window(None, 50))] == ["a"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder of a new manifest."""
    made = tmp_path / "manifest"
    made.mkdir()
    return made


def test_readers_catch_up_with_every_commit(folder: Path) -> None:
    """An entry counts from the moment its name exists."""
    writer, reader = Manifest(folder), Manifest(folder)
    assert _files(reader) == []

    writer.commit(0, added=[_file("a", 1)])
    assert _files(reader) == ["a"]
    writer.commit(0, added=[_file("b", 2)], replaced=["a"])
    assert _files(reader) == ["b"]


def test_two_writers_past_the_lock_cannot_take_one_number(folder: Path) -> None:
    """The second is told to read again; nothing of the first is lost."""
    first, second = Manifest(folder), Manifest(folder)
    first.commit(0, added=[_file("a", 1)])

    with pytest.raises(Conflict, match="another process"):
        second.commit(0, added=[_file("b", 1)])

    assert _files(second) == ["a"]
    second.commit(0, added=[_file("b", 1)])
    assert _files(first) == ["a", "b"]


def test_drafts_of_killed_writers_are_neither_read_nor_kept(folder: Path) -> None:
    """Half an entry has no number yet."""
    manifest = Manifest(folder)
    manifest.commit(0, added=[_file("a", 1)])
    draft = folder / ".000000000002.json.tmp"
    draft.write_text("{")

    assert _files(Manifest(folder)) == ["a"]
    manifest.sweep()
    assert not draft.exists()


def test_old_entries_go_one_checkpoint_late(folder: Path) -> None:
    """A reader that listed the folder before a checkpoint still finds what it listed."""
    manifest = Manifest(folder)
    for number in range(3 * CHECKPOINT_EVERY):
        manifest.commit(0, added=[_file(f"{number:04d}", number)])

    names = {path.name for path in folder.iterdir()}

    assert {name for name in names if name.startswith("checkpoint")} == {
        f"checkpoint-{turn * CHECKPOINT_EVERY:012d}.json" for turn in (2, 3)
    }
    numbers = sorted(int(name[:12]) for name in names if name[0].isdigit())
    assert numbers == list(range(2 * CHECKPOINT_EVERY + 1, 3 * CHECKPOINT_EVERY + 1))
    assert len(_files(Manifest(folder))) == 3 * CHECKPOINT_EVERY


def test_a_missing_checkpoint_of_a_killed_writer_does_no_harm(folder: Path) -> None:
    """The entries it would have summed up are still there."""
    manifest = Manifest(folder)
    for number in range(CHECKPOINT_EVERY):
        manifest.commit(0, added=[_file(f"{number:04d}", number)])
    (folder / f"checkpoint-{CHECKPOINT_EVERY:012d}.json").unlink()

    assert len(_files(Manifest(folder))) == CHECKPOINT_EVERY


def _of_hour(path: str, hour: int, rows: int, *, arrived_ms: int = 5) -> FileEntry:
    return FileEntry(path, hour, rows, hour * 10, hour * 10 + rows, arrived_ms, "1")


def test_the_digest_sees_rows_and_no_files() -> None:
    """Compacted, in another order: the same. More rows, later ones, another hour: another."""
    apart = [_of_hour("a", 7, 3), _of_hour("b", 7, 4), _of_hour("c", 8, 1)]
    joined = FileEntry("d", 7, 7, 70, 74, 5, "1", compacted=True)

    assert digest(apart) == digest(reversed(apart)) == digest([joined, apart[2]])
    others = [
        [*apart, _of_hour("e", 8, 1)],
        [*apart[:2], _of_hour("c", 8, 1, arrived_ms=6)],
        [*apart[:2], _of_hour("c", 9, 1)],
        apart[:2],
    ]
    assert len({digest(each) for each in [apart, *others]}) == 5
