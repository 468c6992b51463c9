"""A drill in a made-up provider: what it tells, and that nothing of it stays but numbers."""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from hinomi.bench.spec import tiny_spec
from hinomi.govern.parameters import read_register, render_register
from hinomi.services.auditing import audit_home
from hinomi.services.demo import run_demo
from hinomi.services.drillresult import Drill
from hinomi.services.home import open_home
from terminal import Said, hinomi

KEPT = "casebook.sqlite"
JOURNAL = "journal"


@dataclass(frozen=True, slots=True)
class Story:
    """A home before and after a drill, and what was told."""

    home: Path
    before: Mapping[str, str]  # Digest by file.
    after: Mapping[str, str]
    book: tuple[Mapping[str, list[str]], Mapping[str, list[str]]]  # Rows by table.
    journal: tuple[list[dict[str, object]], list[dict[str, object]]]
    candidates: tuple[object, object]
    said: Said


@pytest.fixture(name="story", scope="module")
def a_drill_in_the_tiny_world(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Go the whole way in the tiny world, detect, drill, and detect again."""
    folder = tmp_path_factory.mktemp("drill") / "demo"
    home = run_demo(folder, lambda _: None, spec=tiny_spec()).home
    register = read_register(home / "register.toml")
    values = (("lines_share", 0.1), ("botnets", 2), ("rounds", 1), ("sizes", "10 40"))
    for name, value in values:
        register = register.with_value(f"drill.{name}", value, decided_by="tester")
    (home / "register.toml").write_text(render_register(register), "utf-8")
    first = hinomi("detect", "--json", home=home).document["candidates"]
    before, book, journal = digests(home), rows(home), entries(home)
    said = hinomi("drill", "--json", "--seed", 11, home=home)
    after, later = digests(home), entries(home)
    return Story(
        home=home,
        before=before,
        after=after,
        book=(book, rows(home)),
        journal=(journal, later),
        candidates=(first, hinomi("detect", "--json", home=home).document["candidates"]),
        said=said,
    )


def digests(home: Path) -> dict[str, str]:
    """Digest every file of a home, but for the case book and the journal."""
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file()
        and not path.name.startswith(KEPT)
        and path.relative_to(home).parts[0] != JOURNAL
    }


def entries(home: Path) -> list[dict[str, object]]:
    """Give the entries of the journal."""
    return list(open_home(home).journal().entries())


def rows(home: Path) -> dict[str, list[str]]:
    """Give the rows of every table of the case book."""
    with sqlite3.connect(home / KEPT) as book:
        names = [
            name for (name,) in book.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        return {
            name: sorted(map(repr, book.execute(f"SELECT * FROM {name}")))  # noqa: S608 - its own.
            for name in names
        }


def test_every_file_is_byte_for_byte_the_same(story: Story) -> None:
    """Lake, keys, register, configuration: nothing new, nothing gone, nothing changed."""
    assert any(name.startswith("lake/") and name.endswith(".parquet") for name in story.before)
    assert story.after == story.before


def test_the_case_book_gains_one_row_of_numbers(story: Story) -> None:
    """Lists, exporters, imports and networks stay as they were; no reserved address is there."""
    before, after = map(dict, story.book)

    assert len(after.pop("drills")) == 1 + len(before.pop("drills"))
    assert after == before
    with sqlite3.connect(story.home / KEPT) as book:
        (cells,) = book.execute("SELECT cells FROM drills").fetchone()
    assert {key for cell in json.loads(cells) for key in cell} == {
        "pace", "size", "botnets", "found", "recall", "possible", "silent", "silent_found",
    }  # fmt: skip


def test_the_journal_gains_three_lines_without_an_address(story: Story) -> None:
    """What was done and what came of it, behind everything that stood there."""
    before, after = story.journal

    assert after[: len(before)] == before
    added = after[len(before) :]
    assert [entry["operation"] for entry in added] == ["drill", "key", "drill"]
    assert all("'purpose': 'detect-cc'" in str(entry["mandate"]) for entry in added)
    assert not any(f"{block}." in str(added) for block in range(240, 256))
    assert audit_home(open_home(story.home), [], []).is_whole


def test_detection_lists_what_it_listed_before(story: Story) -> None:
    """The same candidates with the same probabilities: the drill taught it nothing."""
    before, after = story.candidates

    assert before
    assert after == before


def test_the_drill_tells_recall_and_limits(story: Story) -> None:
    """Counts that fit together; the world's own traffic in 240.0.0.0/5 was gone round."""
    assert story.said.code == 0, story.said.err
    document = story.said.document
    cells = document["cells"]

    assert document["botnets"] + document["left_out"] == 2 * 2 * 3
    assert sum(cell["found"] for cell in cells) == document["found"] <= document["botnets"]
    assert document["possible"] > 3
    assert all(0 <= cell["possible"] <= 1 for cell in cells)
    assert document["confirmed"] <= document["listed"]
    assert [each["pace"] for each in document["detection_limit"]] == [
        "60 s keep-alive", "5 min beacon", "hourly beacon",
    ]  # fmt: skip
    assert document["detection_limit"][0]["theory"] >= 5
    assert document["alarm"] is False
    assert not any(f'"{block}.' in story.said.out for block in range(240, 256))


def test_a_drill_has_no_address_to_tell() -> None:
    """The result itself has no field for one: nothing can print what nothing holds."""
    assert not {"address", "addresses", "server", "servers", "services"} & set(
        Drill.__dataclass_fields__
    )
