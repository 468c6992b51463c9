"""Snapshots go out as files and come back from a member's copy, or are refused."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from foundedhubs import FoundedHub
from hinomi.errors import Conflict, HinomiError, MalformedDocument, NotFound, UsageError
from hinomi.govern.note import BadNote
from hinomi.govern.people import Change, token_digest
from hinomi.govern.roles import Role
from hinomi.services.approvals import approve
from hinomi.services.hub.checking import check
from hinomi.services.hub.founding import list_signer
from hinomi.services.hub.takingup import Wanted, export_snapshots, show_snapshot, take_up
from hinomi.services.people import carry_out, plan
from hinomi.share.snapshot import read_head, sign_head
from hubdesks import Desk
from hubs import server

SERVERS = [server(each) for each in range(1, 8)]


def wanted(first: int, last: int, recipient: str = "isp-a, by courier") -> Wanted:
    """Want snapshots as files."""
    return Wanted(first=first, last=last, recipient=recipient, reason="it has no network")


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
    export_snapshots(hub.home(), wanted(1, 4), tmp_path / "files")
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
    export_snapshots(other.home(), wanted(1, 2), tmp_path / "foreign")

    with pytest.raises((BadNote, MalformedDocument)):
        take_up(older.home(), tmp_path / "foreign")


def test_only_what_is_there_is_exported(hub: FoundedHub, tmp_path: Path) -> None:
    """Numbers that there are, and no folder where there are none."""
    assert export_snapshots(hub.home(), wanted(4, 9), tmp_path / "some").count == 1
    assert sorted(each.name for each in (tmp_path / "some").iterdir()) == [
        "4.csv", "4.head", "4.json",
    ]  # fmt: skip
    with pytest.raises(NotFound, match="from 7 to 9"):
        export_snapshots(hub.home(), wanted(7, 9), tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_the_journal_says_who_got_the_list(hub: FoundedHub, tmp_path: Path) -> None:
    """And under which approval; nobody gets it without a name."""
    with pytest.raises(UsageError, match="recipient"):
        export_snapshots(hub.home(), wanted(4, 4, " "), tmp_path / "some")
    export_snapshots(hub.home(), wanted(3, 9), tmp_path / "some")

    entry = [*hub.home().journal().entries()][-1]
    assert (entry["operation"], entry["act"]) == ("hub serve", "export")
    assert (entry["first"], entry["last"], entry["four_eyes"]) == (3, 4, False)
    assert entry["recipient"] == "isp-a, by courier"


def test_the_list_goes_out_once_another_person_agreed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To this recipient, once; a further copy is asked for anew."""
    desk = Desk.staffed(tmp_path / "hub", monkeypatch)
    desk.next_epoch(a=SERVERS, b=SERVERS, c=SERVERS)

    change = Change(
        act="add", id="pia", name="Pia", roles=(Role.PRIVACY_OFFICER,), token=token_digest("pia")
    )
    carry_out(desk.house.home(), plan(change), {})

    asked = export_snapshots(desk.as_("olaf"), wanted(1, 1), tmp_path / "out")
    assert (asked.count, (tmp_path / "out").exists()) == (0, False)
    approve(desk.as_("pia"), asked.request.id)
    other = export_snapshots(desk.as_("olaf"), wanted(1, 1, "isp-b"), tmp_path / "out")
    assert (other.count, other.request.id) == (0, asked.request.id + 1)

    assert export_snapshots(desk.as_("olaf"), wanted(1, 1), tmp_path / "out").count == 1
    again = export_snapshots(desk.as_("olaf"), wanted(1, 1), tmp_path / "again")
    assert (again.count, again.request.id) == (0, asked.request.id + 2)


def test_who_looks_at_a_whole_list_stands_in_the_journal(hub: FoundedHub) -> None:
    """Its head alone is public to every member, and is not."""
    before = len([*hub.home().journal().entries()])
    show_snapshot(hub.home(), 2)
    found = show_snapshot(hub.home(), 2, whole=True)

    (entry,) = [*hub.home().journal().entries()][before:]
    assert (entry["act"], entry["number"]) == ("show snapshot", 2)
    assert entry["digest"] == found.digest


def held(folder: Path, place: Path, after: int = 0) -> Path:
    """Lay the files of *folder* out as a member's home has them."""
    for path in folder.glob("*.*"):
        if int(path.stem) > after and path.suffix != ".csv":
            kind, suffix = ("heads", "note") if path.suffix == ".head" else ("lists", "json")
            target = place / kind / f"{int(path.stem):09d}.{suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    (place / "held.json").write_text("{}", "utf-8")
    return place


@pytest.mark.parametrize("part", ["", "hub"])
def test_a_members_own_files_are_taken_as_they_are(
    older: FoundedHub, folder: Path, tmp_path: Path, part: str
) -> None:
    """Its folder, or its whole home; it need not have begun with the first list."""
    held(folder, tmp_path / "copy" / part, after=1)

    assert take_up(older.home(), tmp_path / "copy") == (2, 3, 4)
    assert check(older.home()).faults == ()


def test_copies_of_both_folders_in_one_are_taken(older: FoundedHub, folder: Path) -> None:
    """Under whichever name the heads go."""
    for number in range(1, 5):
        (folder / f"{number}.head").rename(folder / f"{number:09d}.note")

    assert take_up(older.home(), folder) == (2, 3, 4)


def _laid(folder: Path, *names: str) -> None:
    for path in folder.iterdir():
        path.unlink()
    for name in names:
        (folder / name).write_text("{}", "utf-8")


NOT_UNDERSTOOD: dict[str, tuple[tuple[str, ...], type[HinomiError], str]] = {
    "another kind": (("2.sig", "1.head"), MalformedDocument, r"2\.sig: is nothing of a snapshot"),
    "lists alone": (("000000002.json",), MalformedDocument, "2.json: is a list without its"),
    "a list further than heads": (("1.head", "2.json"), MalformedDocument, "2.json: is a list"),
    "an envelope": (("000000002.note",), BadNote, r"000000002\.note: "),
    "nothing": ((), NotFound, "no file of a snapshot"),
}


@pytest.mark.parametrize("name", NOT_UNDERSTOOD)
def test_what_is_not_understood_is_named(older: FoundedHub, folder: Path, name: str) -> None:
    """And never is it said that nothing newer was there."""
    names, error, said = NOT_UNDERSTOOD[name]
    _laid(folder, *names)

    with pytest.raises(error, match=said):
        take_up(older.home(), folder)
    with pytest.raises(NotFound, match="no such folder"):
        take_up(older.home(), folder / "gone")


def test_two_heads_of_one_number_are_no_history(
    hub: FoundedHub, older: FoundedHub, folder: Path
) -> None:
    """Somebody made a list a second time: a person has to know of it."""
    head = read_head((folder / "2.head").read_text("utf-8"))
    other = sign_head(replace(head, json_digest="e" * 64), list_signer(hub.home()))
    (folder / "again.note").write_text(other, "utf-8")

    with pytest.raises(Conflict, match="two snapshots bear the number 2"):
        take_up(older.home(), folder)
