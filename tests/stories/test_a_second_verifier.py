"""What hinomi writes, a verifier that knows only the specifications finds right."""

from pathlib import Path

import pytest

from c2sp import check_log, check_tlog_proof, merkle_tree_hash
from hinomi.govern import merkle
from journals import SIGNER, Written


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 700])
def test_it_finds_every_journal_whole(tmp_path: Path, count: int) -> None:
    """Written in batches and one by one; every tile, bundle and the signature."""
    written = Written(tmp_path / "journal").fill(count // 2).fill(count - count // 2)

    assert check_log(written.folder, SIGNER.verifier.render()) == count


def test_it_finds_every_proof_right(tmp_path: Path) -> None:
    """And a changed leaf wrong."""
    written = Written(tmp_path / "journal").fill(300)
    key = SIGNER.verifier.render()
    for index in (0, 1, 127, 128, 255, 256, 299):
        leaf, proof = written.journal.leaf(index).encode(), written.journal.prove(index).render()

        assert check_tlog_proof(proof, leaf, key) == index
        with pytest.raises(AssertionError):
            check_tlog_proof(proof, leaf[:-1] + bytes([leaf[-1] ^ 1]), key)


def test_it_finds_what_was_altered(tmp_path: Path) -> None:
    """One byte of a tile."""
    written = Written(tmp_path / "journal").fill(300)
    tile = written.folder / "tile/0/000"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])

    with pytest.raises(AssertionError, match="tile 0/0"):
        check_log(written.folder, SIGNER.verifier.render())


def test_both_agree_on_the_tree() -> None:
    """Of every size up to a hundred."""
    hashes = [merkle.leaf_hash(bytes([number])) for number in range(100)]

    for size in range(101):
        assert merkle_tree_hash(hashes[:size]) == merkle.tree_hash(hashes[:size])
