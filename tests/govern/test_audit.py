"""Every way of altering a journal shows, and an honest journal shows none."""

import random
import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from hinomi.govern.audit import CLOCK_TOLERANCE_MS
from hinomi.govern.checkpoint import Checkpoint
from hinomi.govern.note import BadNote, Kind, Note, Signer, parse_note, parse_signatures
from journals import SIGNER, Hand, Written, faults

WITNESSES = [
    Signer(f"witness.example/{name}", bytes([number]) * 32, Kind.COSIGNATURE)
    for number, name in ((1, "ministry"), (2, "member"))
]


@pytest.fixture(name="long", scope="module")
def a_long_journal(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Write 700 entries: full tiles, partial ones, two levels."""
    return Written(tmp_path_factory.mktemp("long") / "journal").write(3).fill(690).write(7)


@pytest.fixture(name="copy")
def a_copy_to_alter(long: Written, tmp_path: Path) -> Written:
    """Give a copy of the long journal."""
    shutil.copytree(long.folder, tmp_path / "journal")
    return Written(tmp_path / "journal", Hand(long.hand.now_ms))


def cosigned(note: Note, witness: Signer, time_ms: int) -> Note:
    """Let a witness sign a checkpoint."""
    return note.with_signatures(parse_signatures(witness.sign(note.text, time_ms // 1000)))


def test_an_honest_journal_is_whole(long: Written) -> None:
    """All entries, all bodies; nothing wrong, nothing unfinished; an empty one as well."""
    found = long.audit()

    assert (found.entries, len(found.kept), found.is_whole) == (700, 700, True)
    assert (found.unfinished, found.origin) == ([], SIGNER.name)
    assert found.root == Checkpoint.parse(long.note().text).root


def test_an_empty_journal_is_whole(tmp_path: Path) -> None:
    """Nothing was done yet."""
    found = Written(tmp_path / "journal").audit()

    assert (found.entries, found.is_whole) == (0, True)


def test_any_flipped_bit_in_any_file_shows(copy: Written) -> None:
    """Tiles of hashes, bundles, bodies, the checkpoint: 40 bits of each file."""
    chance = random.Random(1)  # noqa: S311 - which bits are flipped is no secret.
    missed = []
    for name in copy.files():
        path = copy.folder / name
        whole = path.read_bytes()
        for _ in range(40):
            bit = chance.randrange(len(whole) * 8)
            spoiled = bytearray(whole)
            spoiled[bit // 8] ^= 1 << bit % 8
            path.write_bytes(spoiled)
            with suppress(BadNote, UnicodeDecodeError):  # Then it is no checkpoint any more.
                if copy.audit().is_whole:
                    missed.append((name, bit))
        path.write_bytes(whole)

    assert missed == []
    assert copy.audit().is_whole


def test_any_missing_file_shows(copy: Written) -> None:
    """What the checkpoint covers is asked for; an older partial tile is not."""
    for name in copy.files():
        if name == "checkpoint" or (".p/" in name and not name.endswith(".p/188")):
            continue
        shutil.move(copy.folder / name, copy.folder.parent / "away")

        assert faults(copy.audit()) & {"missing", "body"}, name
        shutil.move(copy.folder.parent / "away", copy.folder / name)


@pytest.mark.parametrize("name", ["tile/entries/000", "tile/0/001", "bodies/002", "checkpoint"])
def test_a_cut_file_shows(copy: Written, name: str) -> None:
    """By one byte or by half."""
    whole = (copy.folder / name).read_bytes()
    for kept in (len(whole) - 1, len(whole) // 2, 0):
        (copy.folder / name).write_bytes(whole[:kept])
        with suppress(BadNote):  # Then it is no checkpoint any more.
            assert not copy.audit().is_whole, kept


def put_back(written: Written, name: str, act: str = "other") -> Note:
    """Copy the journal now, go on, and put the copy in its place; give what was seen between."""
    old = written.folder.with_name(name)
    shutil.copytree(written.folder, old)
    seen = written.write(5, act).note()
    shutil.rmtree(written.folder)
    shutil.move(old, written.folder)
    return seen


def test_a_journal_put_back_to_an_older_state_shows_by_what_was_seen(copy: Written) -> None:
    """By itself it is sound: that is why a checkpoint is noted, or a witness signs it."""
    seen = put_back(copy, "old")

    assert copy.audit().is_whole
    found = copy.audit([seen])
    assert faults(found) == {"view"}
    assert "705 entries then and has 700 now" in found.findings[0].text


def test_a_journal_that_went_on_otherwise_shows_by_what_was_seen(copy: Written) -> None:
    """Put back and written on: as many entries, other ones."""
    seen = put_back(copy, "old")
    copy.write(9, "instead")

    assert copy.audit().is_whole
    assert faults(copy.audit([seen])) == {"view"}


def test_two_views_for_two_witnesses_show(copy: Written) -> None:
    """Whichever of the two journals is shown, one signature does not lie on it."""
    at_ms = copy.hand.now_ms
    seen = put_back(copy, "old")
    other = copy.write(5, "instead").note()
    notes = [cosigned(seen, WITNESSES[0], at_ms), cosigned(other, WITNESSES[1], at_ms + 9000)]

    found = copy.audit(notes, [each.verifier for each in WITNESSES])

    assert faults(found) == {"view"}
    assert found.witnesses == {WITNESSES[0].name: 705, WITNESSES[1].name: 705}


def test_honest_cosignatures_are_counted(long: Written) -> None:
    """Each witness with the largest number of entries that it signed."""
    note = long.note()
    notes = [cosigned(note, each, long.hand.now_ms) for each in WITNESSES]

    found = long.audit([note, *notes], [each.verifier for each in WITNESSES])

    assert found.is_whole
    assert found.witnesses == {each.name: 700 for each in WITNESSES}


def test_a_forged_checkpoint_shows(copy: Written) -> None:
    """Of another key, and one that the right key signed over other entries."""
    text = copy.note().text
    stranger = Signer(SIGNER.name, bytes(32))
    head = Checkpoint.parse(text)
    path = copy.folder / "checkpoint"

    path.write_text(f"{text}\n{stranger.sign(text)}", "utf-8")
    assert faults(copy.audit()) == {"checkpoint"}

    wrong = Checkpoint(head.origin, head.size, bytes(32))
    path.write_text(wrong.signed(SIGNER).render(), "utf-8")
    assert faults(copy.audit()) == {"altered"}

    other = Checkpoint("other.example", head.size, head.root)
    path.write_text(other.signed(SIGNER).render(), "utf-8")
    assert faults(copy.audit()) == {"checkpoint"}


def test_a_forged_memory_shows_as_such(long: Written) -> None:
    """What the journal never signed is no evidence against it; a forged witness is told."""
    text = long.note().text
    unsigned = parse_note(f"{text}\n{Signer(SIGNER.name, bytes(32)).sign(text)}")
    impostor = Signer(WITNESSES[0].name, bytes(32), Kind.COSIGNATURE)
    (lent,) = parse_signatures(impostor.sign(text, 1))
    claimed = type(lent)(lent.name, WITNESSES[0].verifier.key_id, lent.signed)

    assert faults(long.audit([unsigned])) == {"checkpoint"}
    known = [WITNESSES[0].verifier]
    assert faults(long.audit([long.note().with_signatures([claimed])], known)) == {"checkpoint"}


def test_entries_in_another_order_show(copy: Written) -> None:
    """In the bundle, in the bodies, or in both."""
    bundle, bodies = copy.folder / "tile/entries/001", copy.folder / "bodies/001"
    entry = 43
    raw, lines = bundle.read_bytes(), bodies.read_bytes().splitlines(keepends=True)
    swapped = raw[entry : 2 * entry] + raw[:entry] + raw[2 * entry :]

    bodies.write_bytes(b"".join([lines[1], lines[0], *lines[2:]]))
    assert faults(copy.audit()) == {"body"}
    bundle.write_bytes(swapped)
    assert {"altered"} <= faults(copy.audit())


def test_a_repeated_body_shows(copy: Written) -> None:
    """Each entry has one."""
    bodies = copy.folder / "bodies/001"
    lines = bodies.read_bytes().splitlines(keepends=True)
    bodies.write_bytes(b"".join([lines[0], *lines]))

    assert faults(copy.audit()) == {"body"}


def test_a_clock_that_is_set_back_shows(tmp_path: Path) -> None:
    """Once for each time, with the entry; a clock that is kept right does not."""
    written = Written(tmp_path / "journal").write(3)
    written.hand.now_ms -= CLOCK_TOLERANCE_MS // 2
    assert written.write(3).audit().is_whole

    written.hand.now_ms -= 3_600_000
    found = written.write(3).audit()

    assert faults(found) == {"clock"}
    assert len(found.findings) == 1
    assert "before entry 6" in found.findings[0].text


@pytest.mark.parametrize("off_ms", [-3_600_000, 3_600_000])
def test_a_clock_set_back_around_a_witness_shows(tmp_path: Path, off_ms: int) -> None:
    """Entries that claim to be younger than their cosignature, or older than one before them."""
    written = Written(tmp_path / "journal").write(5)
    note = cosigned(written.note(), WITNESSES[0], written.hand.now_ms + off_ms)
    found = written.write(5).audit([note], [WITNESSES[0].verifier])

    assert faults(found) == {"clock"}


def test_a_body_that_goes_without_a_word_shows(copy: Written) -> None:
    """Its proof would remain, but nobody said that its time had come."""
    bodies = copy.folder / "bodies/001"
    lines = bodies.read_bytes().splitlines(keepends=True)
    bodies.write_bytes(b"".join(lines[:-1]))

    found = copy.audit()

    assert faults(found) == {"body"}
    assert "entry 511 is gone" in found.findings[0].text


def test_bodies_deleted_in_their_time_leave_a_whole_journal(copy: Written) -> None:
    """An entry says which; leaves and proofs stay, and so does what is younger."""
    before_ms = copy.hand.now_ms - 2000
    proofs = {index: copy.journal.prove(index) for index in (0, 300, 699)}
    leaves = {index: copy.journal.leaf(index).encode() for index in proofs}
    gone = copy.journal.delete_bodies(before_ms)
    copy.journal.append({"operation": "retention", "bodies_deleted": gone})

    found = copy.audit()

    assert (found.is_whole, found.entries) == (True, 701)
    assert gone == [(0, 698)]
    assert found.kept == [698, 699, 700]
    for index, proof in proofs.items():
        assert proof.require(leaves[index], SIGNER.verifier).size == 700
        again = copy.journal.prove(index)
        assert again.require(copy.journal.leaf(index).encode(), SIGNER.verifier).size == 701


def test_an_export_while_entries_come_in_is_whole(copy: Written) -> None:
    """Its checkpoint is the older one; the partial tiles of that filled up and went."""
    old = copy.note()
    copy.fill(400)
    (copy.folder / "checkpoint").write_text(old.render(), "utf-8")

    found = copy.audit()

    assert not (copy.folder / "tile/entries/002.p").exists()
    assert (found.entries, found.findings) == (700, [])
    assert found.unfinished


def test_what_a_killed_writer_left_is_no_fault(copy: Written) -> None:
    """It was never acknowledged: a body beyond the checkpoint, half a line, a tile too many."""
    last = copy.folder / "bodies/002"
    body = last.read_bytes().splitlines(keepends=True)[-1].replace(b"699 ", b"700 ", 1)
    last.write_bytes(last.read_bytes() + body + b"701 1")
    (copy.folder / "tile/0/002.p/189").write_bytes(bytes(189 * 32))

    found = copy.audit()

    assert found.is_whole
    assert set(found.unfinished) == {"bodies/002", "tile/0/002.p/189"}
