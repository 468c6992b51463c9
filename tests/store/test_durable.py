"""Files that are there whole or not at all."""

import stat
from pathlib import Path

import pytest

from hinomi.errors import Conflict, Unavailable
from hinomi.store.durable import (
    built_folder,
    draft_of,
    on_disk,
    publish,
    require_file_place,
    require_folder_place,
    sync_folder,
    write_durably,
    write_secret,
)


def test_a_file_appears_whole_and_leaves_no_draft(tmp_path: Path) -> None:
    """Only the name itself remains."""
    write_durably(tmp_path / "a.json", b"content")

    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == b"content"


def test_an_existing_file_is_never_replaced(tmp_path: Path) -> None:
    """What another writer put there stays."""
    write_durably(tmp_path / "a.json", b"first")

    with pytest.raises(FileExistsError):
        write_durably(tmp_path / "a.json", b"second")

    assert (tmp_path / "a.json").read_bytes() == b"first"
    assert not draft_of(tmp_path / "a.json").exists()


def test_a_draft_of_a_killed_writer_is_no_hindrance(tmp_path: Path) -> None:
    """The next writer prepares the same name anew."""
    draft_of(tmp_path / "a.json").write_bytes(b"half of something longer")

    write_durably(tmp_path / "a.json", b"whole")

    assert (tmp_path / "a.json").read_bytes() == b"whole"


def test_a_published_draft_takes_its_name(tmp_path: Path) -> None:
    """The draft's name is hidden from whoever looks for Parquet files."""
    path = tmp_path / "a.parquet"
    draft_of(path).write_bytes(b"rows")
    assert list(tmp_path.glob("*.parquet")) == []

    publish(path)
    sync_folder(tmp_path)

    assert path.read_bytes() == b"rows"
    assert stat.S_ISREG(path.stat().st_mode)


def test_the_disks_refusal_names_the_place(tmp_path: Path) -> None:
    """Callers catch one error and show one line."""
    refused = pytest.raises(Unavailable, match=r"^lake: No such file or directory; mend that")

    with refused, on_disk(Path("lake")):
        (tmp_path / "missing/file").write_bytes(b"")


@pytest.mark.parametrize("name", ["", "missing/a.json", "mine/a.json"])
def test_a_place_that_takes_no_file_is_told_before_the_work(tmp_path: Path, name: str) -> None:
    """A folder, a file in a folder that is missing, a file in a file."""
    (tmp_path / "mine").write_text("mine")

    with pytest.raises(Unavailable, match=str(tmp_path / name)):
        require_file_place(tmp_path / name)


@pytest.mark.parametrize("name", ["mine", "mine/below", "/proc/below"])
def test_a_place_that_takes_no_folder_is_told_before_the_work(tmp_path: Path, name: str) -> None:
    """A file, a folder in a file, a folder of the kernel's."""
    (tmp_path / "mine").write_text("mine")

    with pytest.raises(Unavailable, match=name):
        require_folder_place(tmp_path / name)


def test_asking_for_a_place_leaves_nothing_there(tmp_path: Path) -> None:
    """Folders above need not be there yet; a file that is there stays as it is."""
    (tmp_path / "mine").write_text("mine")

    require_file_place(tmp_path / "mine")
    require_file_place(tmp_path / "a.json")
    require_folder_place(tmp_path / "some" / "folder")

    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_folder_is_there_when_all_of_it_is(tmp_path: Path) -> None:
    """It is built beside its place; an empty folder makes room for it."""
    for folder in (tmp_path / "new", tmp_path / "above/new", tmp_path / "empty"):
        if folder.name == "empty":
            folder.mkdir()
        with built_folder(folder) as building:
            (building / "file").write_text("x", "utf-8")
            assert not folder.exists() or not any(folder.iterdir())

        assert (folder / "file").read_text("utf-8") == "x"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["above", "empty", "new"]


def test_a_folder_that_is_not_finished_leaves_nothing(tmp_path: Path) -> None:
    """Whatever stops it."""
    with pytest.raises(FileNotFoundError), built_folder(tmp_path / "new") as building:
        (building / "file").write_text((tmp_path / "none").read_text("utf-8"), "utf-8")

    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_never_built_over(tmp_path: Path) -> None:
    """A file, or a folder that holds something, stays as it is."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine").touch()
    (tmp_path / "file").touch()
    for name in ("full", "file"):
        with pytest.raises(Conflict, match="not empty"), built_folder(tmp_path / name):
            pytest.fail("nothing is to be built")

    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "full", "mine"]


def test_a_secret_is_its_owners_alone_and_is_never_replaced(tmp_path: Path) -> None:
    """Nobody else may read it; writing over a key would orphan all that was made with it."""
    path = tmp_path / "keys/line.key"
    write_secret(path, b"old")

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    with pytest.raises(FileExistsError):
        write_secret(path, b"new")
    assert path.read_bytes() == b"old"
