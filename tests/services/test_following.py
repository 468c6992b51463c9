"""Following a spool: each finished file once, whatever the other program does with it."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hinomi.errors import MalformedDocument, NotFound, Unavailable
from hinomi.services.following import Follower, FollowRequest, Spool, follow
from hinomi.services.home import Home, open_home
from hinomi.services.importing import ImportedFile, ImportRequest
from terminal import TABLE_HEADER, make_home, table_row, write_table

SETTLE_S, INTERVAL_S = 10.0, 4.0
Step = Callable[[], object]


def nothing() -> None:
    """Let time pass."""


@dataclass
class Story:
    """Runs `follow` against a clock of its own; something happens at each pause."""

    home: Home
    folder: Path
    options: dict[str, object] = field(default_factory=dict)
    now_s: float = 0.0
    files: list[ImportedFile] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    between: list[Step] = field(default_factory=list)  # Happens before the next files.

    def run(self, *steps: Step, settle_s: float = SETTLE_S) -> "Story":
        """Follow until all *steps* happened, one in each pause."""
        waiting = list(steps)

        def pause(seconds: float) -> bool:
            if seconds == 0.0:
                if self.between:
                    self.between.pop(0)()
                return False
            self.now_s += seconds
            if not waiting:
                return True
            waiting.pop(0)()
            return False

        request = FollowRequest(
            folder=self.folder,
            reading=ImportRequest(paths=(), **self.options),  # type: ignore[arg-type]
            settle_s=settle_s,
            interval_s=INTERVAL_S,
        )
        follower = Follower(self.files.append, lambda path: self.skipped.append(path.name))
        follow(self.home, request, follower, pause=pause, seconds=lambda: self.now_s)
        return self

    @property
    def stored(self) -> list[tuple[str, int]]:
        """Name and stored records of each file that was told."""
        return [(each.path.name, each.stored) for each in self.files]

    @property
    def rows(self) -> int:
        """Count the records in the lake."""
        return self.home.lake().statistics().rows

    def stages(self) -> list[str]:
        """List the stages that the journal holds of imports."""
        entries = self.home.journal().entries()
        return [str(entry["stage"]) for entry in entries if entry["operation"] == "import"]


@pytest.fixture(name="story")
def a_story(tmp_path: Path) -> Story:
    """Give a laboratory and an empty spool."""
    (tmp_path / "spool").mkdir()
    return Story(open_home(make_home(tmp_path / "home")), tmp_path / "spool")


def flows(path: Path, *ports: int) -> Path:
    """Write a flow table with a record for each port, and the folders it needs."""
    path.parent.mkdir(exist_ok=True, parents=True)
    return write_table(path, *(table_row(src_port=port) for port in ports))


def test_a_file_is_taken_once_it_stood_unchanged_for_the_settle_time(story: Story) -> None:
    """Not at the first look, nor at the next ones, and then once."""
    flows(story.folder / "a.csv", 1)

    assert story.run(nothing, nothing).files == []
    assert story.run(nothing, nothing, nothing, nothing, nothing).stored == [("a.csv", 1)]
    assert story.stages() == ["begins", "done"]


def test_a_file_that_grows_is_waited_for(story: Story) -> None:
    """Each change begins the settle time anew; it is imported whole."""
    path = flows(story.folder / "a.csv", 1)

    def grow() -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(table_row(src_port=path.stat().st_size))

    story.run(nothing, nothing, grow, nothing, nothing, grow, nothing, nothing)
    assert story.files == []
    assert story.run(nothing, nothing, nothing, nothing).stored == [("a.csv", 3)]


def test_a_rotated_file_is_taken_under_its_last_name(story: Story) -> None:
    """Nothing is read while it is named as nfcapd, pmacct or rsync name what they write."""
    for name in ("nfcapd.current.4711", "x.csv.tmp", ".b.csv.XyZ", "c.csv.part", "d.csv~"):
        flows(story.folder / name, 1)
    (story.folder / "latest").symlink_to(story.folder / "nfcapd.current.4711")
    story.run(*[nothing] * 9)
    assert story.files == []

    (story.folder / "nfcapd.current.4711").rename(story.folder / "nfcapd.202601011200")
    assert story.run(*[nothing] * 9).stored == [("nfcapd.202601011200", 1)]


def test_folders_by_date_are_followed_oldest_file_first(story: Story) -> None:
    """At any depth, also those that appear later; hidden folders are left alone."""
    for number, name in enumerate(("2026/01/02/b.csv", "2026/01/01/a.csv", ".git/c.csv")):
        path = flows(story.folder / name, number)
        os.utime(path, ns=(0, 10**18 - number))
    story.run(*[nothing] * 4, lambda: flows(story.folder / "2026/02/d.csv", 9), *[nothing] * 4)

    assert [name for name, _ in story.stored] == ["a.csv", "b.csv", "d.csv"]


def test_the_same_content_under_two_names_is_stored_once(story: Story) -> None:
    """The second is told as imported before."""
    flows(story.folder / "a.csv", 1)
    flows(story.folder / "b.csv", 1)
    story.run(*[nothing] * 4)

    assert [each.already_imported for each in story.files] == [False, True]
    assert story.rows == 1


def test_after_a_restart_no_file_is_opened_again(story: Story) -> None:
    """The case book remembers: nothing is hashed, told or written to the journal."""
    for number in range(5):
        flows(story.folder / f"{number}.csv", number)
    story.run(*[nothing] * 4)
    before = story.stages()
    again = Story(story.home, story.folder).run(*[nothing] * 9)

    assert again.files == []
    assert story.stages() == before


def test_without_its_memory_the_content_still_is_known(story: Story) -> None:
    """As after a kill between storing and remembering: imported before, nothing doubled."""
    flows(story.folder / "a.csv", 1)
    story.run(*[nothing] * 4)
    with story.home.casebook() as casebook:
        casebook.spool_forget(str(story.folder.resolve()), ["a.csv"])
    again = Story(story.home, story.folder).run(*[nothing] * 4)

    assert [each.already_imported for each in again.files] == [True]
    assert story.rows == 1


def test_a_file_that_fails_is_told_once_until_it_changes(story: Story) -> None:
    """Others go on; mended it is taken."""
    bad = write_table(story.folder / "bad.csv", table_row(packets=-1))
    flows(story.folder / "good.csv", 1)
    story.run(*[nothing] * 20)

    assert [each.path.name for each in story.files] == ["bad.csv", "good.csv"]
    assert isinstance(story.files[0].error, MalformedDocument)
    story.run(lambda: write_table(bad, table_row(src_port=2)), *[nothing] * 4)
    assert story.stored[-1] == ("bad.csv", 1)


def test_what_may_pass_by_itself_is_tried_again_ever_less_often(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that is missing is told once, and the file is not lost."""
    (story.folder / "nfcapd.1").write_bytes(b"\x0c\xa5\x01\x00" + bytes(300))
    monkeypatch.setenv("PATH", "")
    story.run(*[nothing] * 100)

    assert [type(each.error) for each in story.files] == [Unavailable]
    assert 5 <= story.stages().count("failed") <= 10


def test_other_files_are_skipped_once(story: Story) -> None:
    """Notes beside the flows are no failure; nor are flows of a format that was not named."""
    (story.folder / "README").write_text("by hand\n", "utf-8")
    (story.folder / "empty.csv").touch()
    story.run(*[nothing] * 9)
    assert sorted(story.skipped) == ["README", "empty.csv"]

    story.options["format_name"] = "zeek"
    flows(story.folder / "a.csv", 1)
    story.run(*[nothing] * 4)
    assert "a.csv" in story.skipped
    assert story.files == []


def test_a_file_that_vanishes_is_no_failure(story: Story) -> None:
    """Between two looks, and between the look and the import."""
    first, second = flows(story.folder / "a.csv", 1), flows(story.folder / "b.csv", 2)
    story.between = [second.unlink]
    story.run(nothing, first.unlink, *[nothing] * 4)
    assert story.files == []

    flows(story.folder / "c.csv", 3)
    story.between = [(story.folder / "c.csv").unlink]
    assert story.run(*[nothing] * 4).files == []


def test_a_file_that_is_gone_is_forgotten(story: Story) -> None:
    """The table grows no more than the folder; a file that comes back is known by content."""
    path = flows(story.folder / "a.csv", 1)
    key = str(story.folder.resolve())
    story.run(*[nothing] * 4)
    with story.home.casebook() as casebook:
        assert list(casebook.spool_seen(key)) == ["a.csv"]
    story.run(path.unlink, nothing)
    with story.home.casebook() as casebook:
        assert casebook.spool_seen(key) == {}

    flows(path, 1)
    assert story.run(*[nothing] * 4).files[-1].already_imported


def test_a_file_that_grows_after_its_import_is_refused(story: Story) -> None:
    """Its first records would be stored twice; the message says what to change."""
    path = flows(story.folder / "a.csv", 1)
    story.run(*[nothing] * 4)
    with path.open("a", encoding="utf-8") as file:
        file.write(table_row(src_port=2))
    story.run(*[nothing] * 9)

    assert "print_output_file_append" in str(story.files[-1].error)
    assert (len(story.files), story.rows) == (2, 1)


def test_a_file_that_is_written_over_is_a_new_file(story: Story) -> None:
    """As pmacct does where the name holds no time, longer or shorter than before."""
    path = flows(story.folder / "flows.csv", 1)
    story.run(*[nothing] * 4, lambda: flows(path, 2, 3), *[nothing] * 4, lambda: flows(path, 4))
    story.run(*[nothing] * 4)

    assert story.stored == [("flows.csv", 1), ("flows.csv", 2), ("flows.csv", 1)]
    assert story.rows == 4


def test_a_folder_that_is_missing_is_told_at_the_beginning_and_waited_for_later(
    story: Story,
) -> None:
    """An unmounted disk comes back with what was on it, and nothing is taken twice."""
    with pytest.raises(NotFound, match="no such folder"):
        Story(story.home, story.folder / "nowhere").run()

    flows(story.folder / "a.csv", 1)
    away = story.folder.with_name("away")
    story.run(*[nothing] * 4, lambda: story.folder.rename(away), nothing, nothing)
    away.rename(story.folder)
    flows(story.folder / "b.csv", 2)
    story.run(*[nothing] * 4)

    assert story.stored == [("a.csv", 1), ("b.csv", 1)]


def test_a_stop_is_heard_before_each_file(story: Story) -> None:
    """The present file is finished, the next one is for the next start."""
    for number in range(3):
        flows(story.folder / f"{number}.csv", number)
    request = FollowRequest(folder=story.folder, reading=ImportRequest(paths=()), settle_s=0.0)
    follower = Follower(story.files.append, lambda _path: None)
    follow(story.home, request, follower, pause=lambda _s: bool(story.files), seconds=lambda: 0.0)

    assert len(story.files) == 1
    assert story.rows == 1


def test_names_that_are_no_text_are_taken_and_remembered(story: Story) -> None:
    """A name of any bytes neither fails nor is read again after a restart."""
    odd = story.folder / b"\xff\xfe.csv".decode("utf-8", "surrogateescape")
    flows(story.folder / "a.csv", 1).rename(odd)
    story.run(*[nothing] * 4)

    assert [each.stored for each in story.files] == [1]
    assert Story(story.home, story.folder).run(*[nothing] * 4).files == []


def test_known_files_cost_a_look_and_no_more(tmp_path: Path) -> None:
    """Of a thousand taken files and a new one, the new one alone is given."""
    for number in range(1000):
        (tmp_path / f"{number}.csv").write_text(TABLE_HEADER, "utf-8")
    spool = Spool(tmp_path, 1.0, {})
    spool.look(0.0)
    for found in spool.look(1.0):
        spool.take(found)
    (tmp_path / "new.csv").write_text(TABLE_HEADER, "utf-8")

    assert len(spool.taken) == 1000
    assert spool.look(2.0) == []
    assert [found.name for found in spool.look(3.0)] == ["new.csv"]
