"""Checkpoints and proofs: written as the specifications have them, read as strictly."""

from dataclasses import replace

import pytest

from hinomi.govern.checkpoint import Checkpoint, Proof
from hinomi.govern.edge import Edge
from hinomi.govern.merkle import inclusion_proof, leaf_hash
from hinomi.govern.note import BadNote, Signer
from hinomi.govern.tiles import stored_in

SIGNER = Signer("hinomi.example/1", bytes(range(32)))
LEAVES = [str(number).encode() for number in range(7)]
PUBLISHED = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


def proof_of(index: int) -> Proof:
    """Prove one of seven leaves."""
    edge = Edge()
    tiles = {(each.level, each.number): each.content for each in edge.add(LEAVES)}
    stored = stored_in(lambda level, number, _: tiles[level, number], 7)
    head = Checkpoint(SIGNER.name, 7, edge.root())
    path = tuple(inclusion_proof(stored, index, 7))
    return Proof(index, path, head.signed(SIGNER), b"told")


def test_the_published_example_is_read_and_written() -> None:
    """C2SP tlog-checkpoint."""
    head = Checkpoint.parse(PUBLISHED)

    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert head.render() == PUBLISHED


def test_a_signed_checkpoint_is_a_note_of_its_journal() -> None:
    """Its text is the checkpoint, its signature the journal's."""
    head = Checkpoint(SIGNER.name, 7, leaf_hash(b""))
    note = head.signed(SIGNER)

    note.require(SIGNER.verifier)
    assert Checkpoint.parse(note.text) == head


@pytest.mark.parametrize(
    "text",
    [
        "", "a\n1\n", "\n1\n" + PUBLISHED.split("\n")[2] + "\n", PUBLISHED + "extension\n",
        PUBLISHED.replace("20852163", "020852163"), PUBLISHED.replace("20852163", "-1"),
        PUBLISHED.replace("20852163", "\u0661"), PUBLISHED.replace("q2I=", "q2I"),
        PUBLISHED.replace("CsUY", ""), PUBLISHED.rstrip(),
    ],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    """Two lines, four, sizes of another spelling, hashes of another length."""
    with pytest.raises(BadNote):
        Checkpoint.parse(text)


@pytest.mark.parametrize("index", range(7))
def test_a_proof_survives_its_file_and_proves_its_leaf(index: int) -> None:
    """And no other one."""
    proof = Proof.parse(proof_of(index).render())

    assert proof == proof_of(index)
    assert proof.require(LEAVES[index], SIGNER.verifier).size == 7
    with pytest.raises(BadNote, match=f"entry {index} is not shown"):
        proof.require(b"other", SIGNER.verifier)
    with pytest.raises(BadNote, match="not shown"):
        replace(proof, index=(index + 1) % 7).require(LEAVES[index], SIGNER.verifier)


def test_a_proof_from_another_journal_is_none() -> None:
    """By its key, and by the origin that the key is named for."""
    proof = proof_of(2)
    other = Signer("other.example", bytes(32))
    head = replace(Checkpoint.parse(proof.note.text), origin=other.name)

    with pytest.raises(BadNote, match="did not sign"):
        proof.require(LEAVES[2], other.verifier)
    with pytest.raises(BadNote, match=r"of the journal other\.example"):
        replace(proof, note=head.signed(SIGNER)).require(LEAVES[2], SIGNER.verifier)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"), ("index 2", "index 02"),
        ("index 2\n", ""), ("index 2", "place 2"), ("extra ", "extra !"), ("\n\n", "\n"),
    ],
)  # fmt: skip
def test_what_is_no_proof_is_refused(was: str, becomes: str) -> None:
    """Another version, another spelling, parts missing."""
    rendered = proof_of(2).render()
    assert was in rendered

    with pytest.raises(BadNote):
        Proof.parse(rendered.replace(was, becomes))
