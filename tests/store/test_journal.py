"""The journal on disk: what is acknowledged is there, whoever wrote it and whatever stopped."""

import fcntl
import os
import shutil
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinomi.errors import Unavailable
from hinomi.govern.checkpoint import Checkpoint
from hinomi.govern.journal import Altered
from hinomi.govern.note import BadNote, Kind, Signer, parse_signatures
from hinomi.store.journal import FileJournal
from journals import NOON_MS, SIGNER, Hand, Written

WITNESS = Signer("witness.example/w1", bytes(range(1, 33)), Kind.COSIGNATURE)


@pytest.fixture(name="written")
def an_empty_journal(tmp_path: Path) -> Written:
    """Begin a journal."""
    return Written(tmp_path / "journal")


def test_entries_are_numbered_and_timed(written: Written) -> None:
    """From 0, in order, by the clock of the node."""
    journal = written.journal

    assert [journal.append({"act": "a"}), journal.append({"act": "b"})] == [0, 1]
    first, second = journal.entries()
    assert (first["act"], first["time"], first["index"]) == ("a", "2026-01-01T12:00:00Z", 0)
    assert second["index"] == 1
    assert written.audit().is_whole


def test_another_process_goes_on_where_the_first_ended(written: Written) -> None:
    """The journal lives on the disk, not in the object; both may go on."""
    one, other = written.journal, written.journal

    assert [one.append({}), other.append({}), one.append({}), other.append({})] == [0, 1, 2, 3]
    assert written.audit().is_whole


def test_many_entries_come_under_one_checkpoint(written: Written) -> None:
    """Over the ends of tiles and bundles."""
    journal = written.journal

    assert journal.append_many([{"n": number} for number in range(300)]) == range(300)
    assert journal.append_many([]) == range(300, 300)
    assert journal.append_many([{"n": number} for number in range(300)]) == range(300, 600)
    assert journal.head().size == 600
    assert [entry["index"] for entry in journal.entries()] == list(range(600))
    assert written.audit().is_whole


def test_leaves_stay_when_bodies_go(written: Written) -> None:
    """When each entry was written can be told over the ends of bundles, as far as is asked."""
    journal = written.fill(257).journal
    written.hand.now_ms += 1000
    journal.append({})
    journal.delete_bodies(written.hand.now_ms)

    leaves = list(journal.leaves(258))

    assert [leaf.time_ms for leaf in leaves] == [NOON_MS] * 257 + [NOON_MS + 1000]
    assert list(journal.leaves(3)) == leaves[:3]
    assert list(journal.leaves(0)) == []
    assert leaves[257] == journal.leaf(257)


@settings(deadline=None, max_examples=20)  # It writes files.
@given(st.lists(st.dictionaries(st.text(max_size=8), st.text(max_size=6000)), max_size=4))
def test_any_text_can_be_kept(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[dict[str, str]]
) -> None:
    """Long entries and any character come back."""
    journal = Written(tmp_path_factory.mktemp("j") / "journal").journal
    for number, body in enumerate(bodies):
        assert journal.append({"body": body}) == number

    assert [entry["body"] for entry in journal.entries()] == bodies


def test_an_entry_that_is_the_callers_bug_writes_nothing(written: Written) -> None:
    """Nor do the good ones beside it."""
    with pytest.raises(ValueError, match="index"):
        written.journal.append_many([{"act": "a"}, {"index": 3}])

    assert written.journal.head().size == 0


@pytest.mark.parametrize("count", [3, 255, 256, 300])
def test_what_no_checkpoint_covers_yet_is_taken_up(written: Written, count: int) -> None:
    """A writer that was killed after its body was on the disk: the entry stands."""
    written.fill(count)
    before = (written.folder / "checkpoint").read_bytes()
    written.fill(260, "killed")
    (written.folder / "checkpoint").write_bytes(before)

    assert written.journal.append({"act": "next"}) == count + 260
    assert written.audit().is_whole
    assert [entry["act"] for entry in written.journal.entries()][count] == "killed"


def test_half_a_body_of_a_killed_writer_is_replaced(written: Written) -> None:
    """It was never acknowledged: the next entry takes its place."""
    written.fill(2)
    with (written.folder / "bodies/000").open("ab") as file:
        file.write(b"2 1767268800000 00")

    assert len(list(written.journal.entries())) == 2
    assert written.journal.append({"act": "next"}) == 2
    assert written.audit().is_whole


@pytest.mark.parametrize("count", [5, 256, 300, 65_536 + 300])
@pytest.mark.parametrize("spoil", ["lost", "empty", "zeros"])
def test_tiles_that_a_failed_power_took_are_made_anew(
    written: Written, count: int, spoil: str
) -> None:
    """Partial ones are not synced: bodies and full tiles tell what was in them."""
    written.fill(count)
    for path in written.folder.glob("tile/**/*.p/*"):
        size = path.stat().st_size
        if spoil == "lost":
            shutil.rmtree(path.parent)
        else:
            path.write_bytes(b"" if spoil == "empty" else bytes(size))

    assert written.journal.append({"act": "next"}) == count
    found = written.audit()
    assert (found.entries, found.is_whole) == (count + 1, True)


def test_a_journal_that_was_altered_is_not_written_to(written: Written) -> None:
    """A body or a bundle of the end that is another one: exit 65, and nothing changes."""
    written.fill(5)
    bundle = written.folder / "tile/entries/000.p/5"
    bundle.write_bytes(bundle.read_bytes()[:-1] + b"?")
    before = {name: written.read(name) for name in written.files()}

    with pytest.raises(Altered, match="not what was signed"):
        written.journal.append({"act": "next"})
    assert {name: written.read(name) for name in written.files()} == before


def test_a_checkpoint_of_another_key_is_not_followed(written: Written) -> None:
    """Whose journal it is, the key says."""
    other = FileJournal(written.folder, Signer(SIGNER.name, bytes(32)), Hand())

    with pytest.raises(BadNote):
        other.append({"act": "a"})


def test_a_journal_that_is_gone_is_never_begun_anew(written: Written) -> None:
    """Where the folder is gone, so is what it showed: no new one hides that."""
    journal = written.journal
    shutil.rmtree(written.folder)

    with pytest.raises(Unavailable, match="No such file"):
        journal.append({"act": "first"})
    assert not written.folder.exists()


def test_two_writers_at_once_make_one_journal(written: Written) -> None:
    """The lock puts their entries one after the other."""
    writers = [threading.Thread(target=written.write, args=(20,)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert (written.audit().entries, written.audit().is_whole) == (40, True)


def test_a_lock_that_is_never_given_up_is_told(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An act is not kept waiting for ever by another process: it is refused in one line."""
    monkeypatch.setattr("hinomi.store.journal.LOCK_WAIT_S", 0.05)
    written.fill(1)

    with (written.folder / "lock").open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Unavailable, match="another process holds its lock"):
            written.journal.append({"act": "second"})

    assert written.journal.append({"act": "third"}) == 1


def test_a_full_disk_stops_the_act(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller learns it in the house's own words; the journal stays as it was."""

    def refuse(_descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    written.fill(2)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        with pytest.raises(Unavailable, match="No space left"):
            written.journal.append({"act": "a"})

    assert written.audit().entries == 2


def test_proofs_by_an_older_checkpoint_stay_possible(written: Written) -> None:
    """Its partial tiles are full by now."""
    old = written.fill(100).note()
    written.fill(200)
    leaf = written.journal.leaf(7).encode()

    assert written.journal.prove(7, old).require(leaf, SIGNER.verifier).size == 100
    assert written.journal.prove(7).require(leaf, SIGNER.verifier).size == 300
    assert not (written.folder / "tile/0/000.p").exists()


def test_adopted_entries_keep_their_words_and_times(written: Written) -> None:
    """Lines that were written elsewhere: their own bytes are committed to."""
    text = b'{"act":"old","hash":"x","index":0,"time":"2025-01-01T00:00:00Z"}'

    assert written.journal.adopt([(5, text)]) == range(1)
    assert written.journal.leaf(0).time_ms == 5
    body = written.journal.body(0)
    assert body is not None
    assert body.text == text


def test_what_a_witness_signed_is_kept(written: Written) -> None:
    """Beside the checkpoint that it signed; of another text nothing is."""
    note = written.fill(3).note()
    (signature,) = parse_signatures(WITNESS.sign(note.text, 7))
    (wrong,) = parse_signatures(WITNESS.sign("other\n", 7))
    written.fill(3)

    with pytest.raises(BadNote):
        written.journal.add_cosignatures(note, [(WITNESS.verifier, wrong)])
    written.journal.add_cosignatures(note, [(WITNESS.verifier, signature)])

    (kept,) = (written.folder / "witnessed").iterdir()
    assert Checkpoint.parse(kept.read_text("utf-8")[: len(note.text)]).size == 3
    assert written.audit().is_whole


def test_bodies_go_by_their_age(written: Written) -> None:
    """What is as old as asked for stays; a second time nothing goes."""
    written.write(4)
    before_ms = written.hand.now_ms - 2000

    assert written.journal.delete_bodies(before_ms) == [(0, 2)]
    assert written.journal.delete_bodies(before_ms) == []
    assert [entry["number"] for entry in written.journal.entries()] == [2, 3]
    assert written.journal.body(0) is None
    assert written.journal.append({"act": "next"}) == 4


def test_after_bodies_are_gone_a_failed_power_takes_nothing(written: Written) -> None:
    """Before a body goes, the tiles that only it could tell are put on the disk for good."""
    written.write(4)
    synced: list[str] = []
    real = os.fsync

    def watch(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", watch)
        written.journal.delete_bodies(written.hand.now_ms)

    assert any("4" in name for name in synced)
