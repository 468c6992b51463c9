"""Snapshots go out as files and come back from a member's copy, or are refused."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from foundedhubs import FoundedHub
from hinomi.errors import Conflict, HinomiError, MalformedDocument, NotFound
from hinomi.govern.note import BadNote
from hinomi.services.hub.checking import check
from hinomi.services.hub.takingup import export_snapshots, take_up
from hubs import server

SERVERS = [server(each) for each in range(1, 8)]


@pytest.fixture(name="hub")
def a_hub(tmp_path: Path) -> FoundedHub:
    """Give a hub with one snapshot, whose home was copied, and then three more."""
    hub = FoundedHub.with_members(tmp_path / "hub")
    hub.runs(SERVERS)
    shutil.copytree(hub.folder, tmp_path / "older")
    hub.runs(SERVERS[1:], SERVERS[2:], SERVERS)
    return hub


@pytest.fixture(name="older")
def an_older_copy(hub: FoundedHub, tmp_path: Path) -> FoundedHub:
    """Give the copy, in the epoch of today."""
    older = FoundedHub.at(tmp_path / "older")
    older.epoch = hub.epoch
    return older


@pytest.fixture(name="folder")
def a_members_copy(hub: FoundedHub, tmp_path: Path) -> Path:
    """Give all snapshots as files."""
    export_snapshots(hub.home(), 1, 4, tmp_path / "files")
    return tmp_path / "files"


def test_what_was_lost_comes_back_byte_by_byte(
    hub: FoundedHub, older: FoundedHub, folder: Path
) -> None:
    """Snapshots, and the entries that they come to."""
    assert take_up(older.home(), folder) == (2, 3, 4)

    assert check(older.home()).faults == ()
    with hub.home().casebook() as one, older.home().casebook() as other:
        assert one.hub.snapshots.standing() == other.hub.snapshots.standing()
        assert [*one.hub.snapshots.versions()] == [*other.hub.snapshots.versions()]
        for number in (2, 3, 4):
            first, again = one.hub.snapshots.get(number), other.hub.snapshots.get(number)
            assert (first.head, first.json, first.csv) == (again.head, again.json, again.csv)


def test_heads_suffice_but_for_the_newest(older: FoundedHub, folder: Path) -> None:
    """A member has the heads that it followed, and one list."""
    for number in (2, 3):
        (folder / f"{number}.json").unlink()

    assert take_up(older.home(), folder) == (2, 3, 4)
    assert check(older.home()).faults == ()


def test_the_hub_goes_on_from_there(older: FoundedHub, folder: Path) -> None:
    """With the next number, on the history that members have."""
    take_up(older.home(), folder)

    assert older.runs(SERVERS)[0].number == 5
    assert check(older.home()).faults == ()


def _only_the_first(folder: Path) -> None:
    for path in folder.glob("[2-4].*"):
        path.unlink()


WRONG: dict[str, tuple[Callable[[Path], object], type[HinomiError]]] = {
    "no list of the newest": (lambda folder: (folder / "4.json").unlink(), Conflict),
    "a gap": (lambda folder: (folder / "3.head").unlink(), Conflict),
    "another list": (
        lambda folder: (folder / "4.json").write_bytes((folder / "3.json").read_bytes()),
        BadNote,
    ),
    "a damaged list": (
        lambda folder: (folder / "4.json").write_bytes(b"{}"),
        BadNote,
    ),
    "no head": (lambda folder: (folder / "4.head").write_text("x", "utf-8"), BadNote),
    "nothing new": (_only_the_first, NotFound),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_refused_whole(older: FoundedHub, folder: Path, name: str) -> None:
    """Nothing is taken up."""
    change, error = WRONG[name]
    change(folder)

    with pytest.raises(error):
        take_up(older.home(), folder)

    assert check(older.home()).snapshots == 1


def test_another_hubs_snapshots_are_refused(older: FoundedHub, tmp_path: Path) -> None:
    """Whoever has its name."""
    other = FoundedHub.with_members(tmp_path / "other")
    other.runs(SERVERS, SERVERS)
    export_snapshots(other.home(), 1, 2, tmp_path / "foreign")

    with pytest.raises((BadNote, MalformedDocument)):
        take_up(older.home(), tmp_path / "foreign")


def test_only_what_is_there_is_exported(hub: FoundedHub, tmp_path: Path) -> None:
    """Numbers that there are, and no folder where there are none."""
    assert export_snapshots(hub.home(), 4, 9, tmp_path / "some") == 1
    assert sorted(each.name for each in (tmp_path / "some").iterdir()) == [
        "4.csv", "4.head", "4.json",
    ]  # fmt: skip
    with pytest.raises(NotFound, match="from 7 to 9"):
        export_snapshots(hub.home(), 7, 9, tmp_path / "none")
    assert not (tmp_path / "none").exists()
