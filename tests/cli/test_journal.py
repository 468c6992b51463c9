"""``hinomi journal`` shows what was done, proves it, and tells whether the record is whole."""

import json
from pathlib import Path

from terminal import hinomi, make_home, write_table


def exported(folder: Path, home: Path) -> str:
    """Export the journal of a home into *folder* and give its key."""
    assert hinomi("journal", "export", str(folder), home=home).code == 0
    return str(hinomi("journal", "key", "--json", home=home).document["key"])


def test_a_whole_journal_has_entries_and_a_head(tmp_path: Path) -> None:
    """Verify counts the entries and gives the root over them."""
    home = make_home(tmp_path / "home")
    hinomi("import", write_table(tmp_path / "flows.csv"), home=home)

    said = hinomi("journal", "verify", "--json", home=home)

    assert said.code == 0
    assert (said.document["whole"], said.document["entries"]) == (True, 4)
    assert len(said.document["head"]) == 64  # Init, import begins, key handed out, import done.


def test_a_changed_word_is_told(tmp_path: Path) -> None:
    """A journal in which one word was changed: exit 65 with the entry."""
    home = make_home(tmp_path / "home")
    bodies = home / "journal/bodies/000"
    bodies.write_text(bodies.read_text().replace("laboratory", "operational"))

    said = hinomi("journal", "verify", home=home)

    assert said.code == 65
    assert "entry 0 says something else" in said.out
    assert "not whole" in said.err


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


def test_an_auditor_needs_the_export_and_the_key_alone(tmp_path: Path) -> None:
    """No home: whole as it is, and not after a change; another key does not fit."""
    home, folder = make_home(tmp_path / "home"), tmp_path / "export"
    key = exported(folder, home)
    other = hinomi("journal", "key", home=make_home(tmp_path / "other")).out.strip()
    seen = tmp_path / "seen"
    seen.write_bytes((folder / "checkpoint").read_bytes())

    asked = ("journal", "verify", "--exported", str(folder))
    assert hinomi(*asked, "--key", key, "--seen", str(seen)).code == 0
    assert hinomi(*asked, "--key", str(folder / "key")).code == 0
    assert hinomi(*asked, "--key", other).code == 65
    assert hinomi(*asked).code == 64
    (folder / "tile/0/000.p/1").write_bytes(bytes(32))
    said = hinomi(*asked, "--key", key, "--json")
    assert said.code == 65
    assert [each["fault"] for each in said.document["findings"]] == ["altered"]


def test_an_export_never_writes_into_a_folder_that_is_there(tmp_path: Path) -> None:
    """Exit 75; without bodies it holds hashes and times alone."""
    home, folder = make_home(tmp_path / "home"), tmp_path / "export"
    assert hinomi("journal", "export", str(folder), "--without-bodies", home=home).code == 0

    key = hinomi("journal", "key", home=home).out.strip()
    asked = ("journal", "verify", "--exported", str(folder), "--key", key)
    assert hinomi(*asked, "--without-bodies").code == 0
    assert hinomi(*asked).code == 65
    assert hinomi("journal", "export", str(folder), home=home).code == 75
    assert not (folder / "bodies").exists()
    assert not list(folder.rglob("lock"))


def test_a_proof_shows_one_entry_and_no_other(tmp_path: Path) -> None:
    """Written to a file, checked without a home; a changed one shows nothing."""
    home, proof = make_home(tmp_path / "home"), tmp_path / "proof"
    key = hinomi("journal", "key", home=home).out.strip()
    hinomi("import", write_table(tmp_path / "flows.csv"), home=home)

    assert hinomi("journal", "prove", "1", "--out", str(proof), home=home).code == 0
    said = hinomi("journal", "check", str(proof), "--key", key, "--json")
    assert said.code == 0
    assert (said.document["index"], said.document["entry"]["stage"]) == (1, "begins")
    proof.write_text(proof.read_text().replace("index 1", "index 2"))
    assert hinomi("journal", "check", str(proof), "--key", key).code == 65
    assert hinomi("journal", "prove", "9", home=home).code == 66


def test_a_witness_signs_what_follows(tmp_path: Path) -> None:
    """Request, answer, and the export that carries it; an older state is not signed again."""
    home, witness = make_home(tmp_path / "home"), tmp_path / "witness"
    key = hinomi("journal", "key", home=home).out.strip()
    named = hinomi("witness", "new", str(witness), "--name", "ministry.example/1", "--json")
    public = str(named.document["key"])
    request, answer = tmp_path / "request", tmp_path / "answer"

    def ask() -> str:
        hinomi("journal", "request", "--witness", public, "--out", str(request), home=home)
        signed = hinomi("witness", "sign", str(witness), str(request), "--journal", key, "--json")
        assert signed.code == 0, signed.err
        answer.write_text(signed.document["answer"], "utf-8")
        taken = ("journal", "witnessed", str(request), str(answer), "--witness", public)
        return hinomi(*taken, home=home).out

    assert "ministry.example/1 signed 1 entries" in ask()
    old = request.read_text("utf-8")
    hinomi("import", write_table(tmp_path / "flows.csv"), home=home)
    assert "signed 4 entries" in ask()
    exported(tmp_path / "export", home)
    asked = ("journal", "verify", "--exported", str(tmp_path / "export"), "--key", key)
    said = hinomi(*asked, "--witness", public, "--json")
    assert said.document["witnesses"] == {"ministry.example/1": 4}

    request.write_text(old, "utf-8")
    again = hinomi("witness", "sign", str(witness), str(request), "--journal", key)
    assert again.code == 65
    assert "4 entries were signed last" in again.err


def test_the_entries_of_an_earlier_version_are_the_first_leaves(tmp_path: Path) -> None:
    """Their own lines, and behind them that they were taken up, with the hash of the last."""
    home = make_home(tmp_path / "home")
    lines = [
        {"index": 0, "before": "0" * 64, "operation": "init", "time": "2026-01-01T12:00:00Z"},
        {"index": 1, "before": "?", "operation": "import", "time": "2026-01-02T12:00:00Z"},
    ]
    (home / "journal").rename(tmp_path / "away")
    text = "".join(json.dumps(line | {"hash": "?"}) + "\n" for line in lines)
    (home / "journal.jsonl").write_text(text, "utf-8")

    shown = hinomi("journal", "show", "--json", home=home).document["entries"]

    assert [entry["operation"] for entry in shown] == ["init", "import", "journal"]
    assert (shown[2]["lines"], shown[2]["broken_at"]) == (2, "line 1")
    assert not (home / "journal.jsonl").exists()
    assert hinomi("journal", "verify", home=home).code == 0
    bodies = (home / "journal/bodies/000").read_bytes()
    assert all(json.dumps(line | {"hash": "?"}).encode() in bodies for line in lines)
