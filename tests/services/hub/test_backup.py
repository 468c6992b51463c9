"""A hub in one file: consistent while it serves, secret, and whole or refused on its return."""

import io
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from casebooks import PostgresqlPlace
from foundedhubs import MEMBERS, FoundedHub
from hinomi.errors import ConfigError, Conflict, MalformedDocument, NotFound
from hinomi.model.member import MemberState
from hinomi.services.auditing import audit_home
from hinomi.services.casebooks import CASEBOOK
from hinomi.services.home import CONFIG
from hinomi.services.hub.backup import back_up, restore
from hinomi.services.hub.checking import check
from hinomi.services.hub.restored import resume
from hinomi.services.hub.takingup import Wanted, export_snapshots, take_up
from hubs import server
from postgres import Server

SERVERS = [server(each) for each in range(1, 8)]


@pytest.fixture(name="hub")
def a_hub(tmp_path: Path) -> FoundedHub:
    """Give a hub with two snapshots."""
    hub = FoundedHub.with_members(tmp_path / "hub")
    hub.runs(SERVERS, SERVERS[1:])
    return hub


def came_back(hub: FoundedHub, folder: Path) -> FoundedHub:
    """Open what was restored, on the same day."""
    again = FoundedHub.at(folder)
    again.epoch = hub.epoch
    return again


def test_a_restored_hub_goes_on_after_somebody_said_so(hub: FoundedHub, tmp_path: Path) -> None:
    """With the same members, keys, journal and list, and the next number."""
    saved = back_up(hub.home(), tmp_path / "hub.backup")
    restore(tmp_path / "hub.backup", tmp_path / "new")
    again = came_back(hub, tmp_path / "new")

    assert saved.number == 2
    assert check(again.home()).faults == ()
    with pytest.raises(Conflict, match="ends with snapshot 2"):
        again.publishes()
    resume(again.home(), 2)
    assert again.runs(SERVERS)[0].number == 3
    with hub.home().casebook() as one, again.home().casebook() as other:
        assert one.hub.members.all() == other.hub.members.all()
        assert one.hub.snapshots.get(2) == other.hub.snapshots.get(2)


def test_what_was_published_since_comes_back_from_a_member(hub: FoundedHub, tmp_path: Path) -> None:
    """Before that the hub does not go on, if it is told what members have."""
    back_up(hub.home(), tmp_path / "hub.backup")
    hub.runs(SERVERS, SERVERS[2:])
    wanted = Wanted(first=1, last=4, recipient="isp-a", reason="it keeps a copy")
    export_snapshots(hub.home(), wanted, tmp_path / "copy of a member")
    restore(tmp_path / "hub.backup", tmp_path / "new")
    again = came_back(hub, tmp_path / "new")

    with pytest.raises(Conflict, match="take up those to 4"):
        resume(again.home(), 4)
    assert take_up(again.home(), tmp_path / "copy of a member") == (3, 4)
    resume(again.home(), 4)
    assert again.runs(SERVERS)[0].number == 5
    assert check(again.home()).faults == ()


def test_a_backup_is_for_its_owner_alone(hub: FoundedHub, tmp_path: Path) -> None:
    """The hub's keys are in it; nothing else is left beside it."""
    (tmp_path / "files").mkdir()
    path = tmp_path / "files" / "hub.backup"
    back_up(hub.home(), path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["hub.backup"]
    restore(path, tmp_path / "new")
    for each in (tmp_path / "new").rglob("*"):
        assert not stat.S_IMODE(each.stat().st_mode) & 0o077, each
    with pytest.raises(Conflict, match="exists"):
        back_up(hub.home(), path)


def test_keys_may_stay_out(hub: FoundedHub, tmp_path: Path) -> None:
    """Then they come back from where they are kept, or nothing goes on."""
    assert not back_up(hub.home(), tmp_path / "open.backup", keys=False).has_keys
    restore(tmp_path / "open.backup", tmp_path / "new")

    assert not (tmp_path / "new" / "keys").exists()
    with pytest.raises(ConfigError, match="restore it from backup"):
        came_back(hub, tmp_path / "new").home()


def test_a_backup_is_journalled_before_it_is_made(hub: FoundedHub, tmp_path: Path) -> None:
    """And the copy of the journal holds the entry; its tree is whole."""
    back_up(hub.home(), tmp_path / "hub.backup")
    restore(tmp_path / "hub.backup", tmp_path / "new")
    home = came_back(hub, tmp_path / "new").home()

    acts = [each.get("act") for each in home.journal().entries()]
    assert acts.count("backup") == 1
    assert audit_home(home, (), ()).is_whole


def test_a_backup_while_members_submit_holds_whole_batches(hub: FoundedHub, tmp_path: Path) -> None:
    """A writer in the middle of it loses nothing and is in it whole, or not at all."""
    with hub.home().casebook() as casebook, casebook.snapshot():
        casebook.hub.members.all()  # What is read from here on is of this moment.
        hub.submits(MEMBERS[0], SERVERS)
        casebook.save(tmp_path / "saved.sqlite")
    back_up(hub.home(), tmp_path / "hub.backup")
    restore(tmp_path / "hub.backup", tmp_path / "new")

    with came_back(hub, tmp_path / "new").home().casebook() as casebook:
        assert casebook.hub.members.get(MEMBERS[0]).state is MemberState.ADMITTED


def test_a_hub_in_postgresql_is_saved_and_restored_alike(
    hub: FoundedHub, tmp_path: Path, shared_place: PostgresqlPlace, postgres_server: Server
) -> None:
    """Its rows come into the file, and out of it into an empty database."""
    _moved(hub, '""', f'"{shared_place.conninfo}"')
    hub.reopen().casebook().close()  # Moves what was founded.
    back_up(hub.home(), tmp_path / "hub.backup")
    restore(tmp_path / "hub.backup", tmp_path / "new")
    again = came_back(hub, tmp_path / "new")

    with postgres_server.database("restored") as conninfo:
        _moved(again, f'"{shared_place.conninfo}"', f'"{conninfo}"')
        found = check(again.home())

    assert (found.snapshots, found.faults) == (2, ())
    assert not (tmp_path / "new" / CASEBOOK).exists()


def _moved(hub: FoundedHub, old: str, new: str) -> None:
    """Name another database."""
    path = hub.folder / CONFIG
    text = path.read_text("utf-8")
    path.write_text(text.replace(f"postgresql = {old}", f"postgresql = {new}"), "utf-8")


def packed(folder: Path, path: Path, *names: tuple[str, bytes]) -> Path:
    """Write an archive of one's own."""
    with tarfile.open(path, "w:") as archive:
        for name, content in names:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def _without(name: str) -> Callable[[bytes], bytes]:
    return lambda raw: raw.replace(name.encode(), b"x" * len(name))


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "no archive": lambda _: b"SQLite format 3\x00" * 100,
    "cut off": lambda raw: raw[: len(raw) // 2],
    "a byte of the database": lambda raw: raw.replace(b"SQLite format 3", b"SQLite format 4"),
    "another label": _without("hinomi-hub-backup-1"),
    "a file that the label does not name": _without("people.toml"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_is_refused_whole(hub: FoundedHub, tmp_path: Path, damage: str) -> None:
    """No half a home stays behind."""
    back_up(hub.home(), tmp_path / "hub.backup")
    raw = DAMAGES[damage]((tmp_path / "hub.backup").read_bytes())
    (tmp_path / "damaged").write_bytes(raw)

    with pytest.raises(MalformedDocument):
        restore(tmp_path / "damaged", tmp_path / "new")

    assert not (tmp_path / "new").exists()
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".new")]


@pytest.mark.parametrize(
    "name", ["../outside", "/outside", "journal/../../outside", "unknown.txt", "./config.toml"]
)
def test_no_file_leaves_the_home(tmp_path: Path, name: str) -> None:
    """A label that names such a path is no backup."""
    label = (
        '{"format":"hinomi-hub-backup-1","made":"2026-11-23T00:00:00Z","number":0,'
        f'"has_keys":false,"files":{{"{name}":"{"0" * 64}"}}}}'
    )
    path = packed(tmp_path, tmp_path / "x", ("backup.json", label.encode()), (name, b""))

    with pytest.raises(MalformedDocument, match="no file of a home"):
        restore(path, tmp_path / "new")


def test_a_backup_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Before anything is made."""
    with pytest.raises(NotFound, match="none"):
        restore(tmp_path / "none", tmp_path / "new")
    assert not (tmp_path / "new").exists()
