"""``hinomi journal`` shows what was done and whether the record is whole."""

from pathlib import Path

from terminal import hinomi, make_home, write_table


def test_a_whole_journal_has_entries_and_a_head(tmp_path: Path) -> None:
    """Verify counts the entries and gives the hash of the last."""
    home = make_home(tmp_path / "home")
    hinomi("import", write_table(tmp_path / "flows.csv"), home=home)

    said = hinomi("journal", "verify", "--json", home=home)

    assert said.code == 0
    assert said.document["entries"] == 3  # Init, import begins, import done.
    assert len(said.document["head"]) == 64


def test_a_changed_line_breaks_the_chain(tmp_path: Path) -> None:
    """A journal in which one word was changed: exit 65 with the line."""
    home = make_home(tmp_path / "home")
    journal = home / "journal.jsonl"
    journal.write_text(journal.read_text().replace("laboratory", "operational"))

    said = hinomi("journal", "verify", home=home)

    assert said.code == 65
    assert "line 1" in said.err


def test_entries_are_shown_with_who_and_what(tmp_path: Path) -> None:
    """Show lists each entry; --last shortens it to the newest."""
    home = make_home(tmp_path / "home")
    hinomi("import", write_table(tmp_path / "flows.csv"), home=home)

    everything = hinomi("journal", "show", home=home)
    newest = hinomi("journal", "show", "--last", "1", "--json", home=home)

    assert "init" in everything.out
    assert "flows.csv" in everything.out
    (entry,) = newest.document["entries"]
    assert (entry["stage"], entry["stored"]) == ("done", 1)
