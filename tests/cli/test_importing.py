"""``hinomi import`` answers in one document, in a table, and with the right exit code."""

import json
from pathlib import Path

import pytest

from hinomi.model.window import Window
from hinomi.services.home import open_home
from hinomi.services.mandates import Operation, mandate_for
from terminal import hinomi, make_home, table_row, write_table


@pytest.fixture(name="home")
def a_home(tmp_path: Path) -> Path:
    """Give a laboratory with the documentation ranges as its own."""
    return make_home(tmp_path / "home")


def test_the_document_has_what_scripts_rely_on(home: Path, tmp_path: Path) -> None:
    """Each file has path, format, counts, reasons and whether it was there already."""
    path = write_table(tmp_path / "a.csv", table_row(), table_row(src_addr="203.0.113.9"))

    said = hinomi("import", path, "--json", home=home)

    (file,) = said.document["files"]
    assert file["path"] == str(path)
    assert file["format"] == "table"
    assert (file["records"], file["stored"], file["malformed"]) == (2, 1, 0)
    assert file["dropped"] == {"transit": 1}
    assert file["already_imported"] is False
    assert "error" not in file
    assert said.document["skipped"] == []


def test_a_repeat_is_told_and_is_no_failure(home: Path, tmp_path: Path) -> None:
    """The second time: already_imported, exit 0, and a message."""
    path = write_table(tmp_path / "a.csv")
    hinomi("import", path, home=home)

    said = hinomi("import", path, "--json", home=home)

    assert said.code == 0
    assert said.document["files"][0]["already_imported"] is True
    assert said.err == f"hinomi: {path}: was imported before; nothing was added\n"


def test_the_table_shows_each_file(home: Path, tmp_path: Path) -> None:
    """Without --json there is a line for each file and each skipped one."""
    folder = tmp_path / "flows"
    folder.mkdir()
    write_table(folder / "a.csv")
    (folder / "notes.txt").write_text("nothing\n")

    said = hinomi("import", folder, home=home)

    assert said.code == 0
    assert "a.csv" in said.out
    assert f"skipped {folder / 'notes.txt'}: no flow file" in said.out


def test_a_refusal_says_how_to_state_the_interval(tmp_path: Path) -> None:
    """An operational home: exit 77, and the message names the option."""
    home = make_home(tmp_path / "node", sampling=None)
    path = write_table(tmp_path / "a.csv", table_row(sampling_interval=0))

    refused = hinomi("import", path, home=home)
    stated = hinomi("import", path, "--sampling-interval", "10000", home=home)

    assert refused.code == 77
    assert "--sampling-interval N" in refused.err
    assert stated.code == 0


def test_a_name_that_is_no_unicode_can_be_printed(home: Path, tmp_path: Path) -> None:
    """A file name of arbitrary bytes neither breaks the document nor the table."""
    path = write_table(tmp_path / "a.csv")
    odd = path.rename(tmp_path / b"\xff\xfe.csv".decode("utf-8", "surrogateescape"))

    said = hinomi("import", odd, "--json", home=home)

    assert said.code == 0
    assert said.document["files"][0]["path"].endswith("\\xff\\xfe.csv")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("a", "b", "--follow"), "takes one folder"),
        (("a", "--settle", "3"), "with --follow only"),
        (("a", "--interval", "3"), "with --follow only"),
    ],
)
def test_options_that_do_not_fit_together_are_told(
    home: Path, words: tuple[str, ...], reason: str
) -> None:
    """Exit 64, and nothing is read."""
    said = hinomi("import", *words, home=home)

    assert said.code == 64
    assert reason in said.err


def test_a_folder_to_follow_must_exist(home: Path, tmp_path: Path) -> None:
    """Exit 66 instead of waiting for a folder with a wrong name."""
    said = hinomi("import", "--follow", tmp_path / "nowhere", home=home)

    assert said.code == 66


def test_counts_are_scaled_only_where_the_file_cannot_say(home: Path, tmp_path: Path) -> None:
    """Pmacct's renormalised counters are marked; for a format that knows it is refused."""
    row = {"ip_src": "192.0.2.1", "ip_dst": "198.51.100.1", "port_src": 1, "port_dst": 2,
           "ip_proto": "tcp", "packets": 100, "bytes": 6000,
           "timestamp_start": "2026-01-01 12:00:00"}  # fmt: skip
    path = tmp_path / "a.json"
    path.write_text(json.dumps(row) + "\n", "utf-8")
    options = ("--counts-scaled", "--sampling-interval", "100")

    assert hinomi("import", path, *options, home=home).code == 0
    opened = open_home(home)
    mandate = mandate_for(Operation.DETECT, opened.clock)
    (batch,) = opened.lake().scan(Window(), mandate)
    assert batch.column("counts_scaled").to_pylist() == [1]
    refused = hinomi("import", write_table(tmp_path / "a.csv"), *options, home=home)
    assert refused.code == 64
    assert "--counts-scaled is for pmacct" in refused.err
