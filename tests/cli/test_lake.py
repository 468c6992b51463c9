"""``hinomi store`` tells what the lake holds, compacts it and removes old hours."""

from pathlib import Path

from terminal import NOON_MS, hinomi, make_home, table_row, write_table

HOUR_MS = 3_600_000


def test_status_of_an_empty_lake(tmp_path: Path) -> None:
    """Nothing stored is 0 records and no first hour."""
    home = make_home(tmp_path / "home")

    document = hinomi("store", "status", "--json", home=home).document

    assert (document["records"], document["first"], document["last"]) == (0, None, None)


def test_compaction_keeps_every_record(tmp_path: Path) -> None:
    """Two files of one hour become one; the records stay."""
    home = make_home(tmp_path / "home")
    for number in (1, 2):
        path = write_table(tmp_path / f"{number}.csv", table_row(src_port=number))
        hinomi("import", path, home=home)

    said = hinomi("store", "compact", "--json", home=home)

    assert (said.document["files_before"], said.document["files_after"]) == (2, 1)
    status = hinomi("store", "status", "--json", home=home).document
    assert (status["records"], status["files"]) == (2, 1)


def test_removal_takes_whole_hours(tmp_path: Path) -> None:
    """Hours before T are gone, later ones stay, and the journal says so."""
    home = make_home(tmp_path / "home")
    path = write_table(tmp_path / "flows.csv", table_row(), table_row(ts_ms=NOON_MS + 2 * HOUR_MS))
    hinomi("import", path, home=home)

    said = hinomi("store", "remove", "--before", "2026-01-01T13:00:00Z", "--json", home=home)

    assert said.document["rows"] == 1
    status = hinomi("store", "status", "--json", home=home).document
    assert (status["records"], status["first"]) == (1, "2026-01-01T14:00:00Z")
    last = hinomi("journal", "show", "--last", "1", "--json", home=home).document["entries"][0]
    assert (last["act"], last["stage"], last["rows"]) == ("remove", "done", 1)


def test_the_status_reads_as_text(tmp_path: Path) -> None:
    """Without --json each fact is a line."""
    said = hinomi("store", "status", home=make_home(tmp_path / "home"))

    assert "records: 0\n" in said.out
    assert "first: -\n" in said.out
