"""Proofs and requests of a home: what they say is what was written, also of what is gone."""

from pathlib import Path

import pytest

from hinomi.errors import NotFound
from hinomi.govern.checkpoint import Proof
from hinomi.govern.journal import Altered
from hinomi.govern.note import BadNote
from hinomi.services.auditing import (
    audit_home,
    check_proof,
    create_witness,
    prove,
    request_for,
    sign_as_witness,
    take_answer,
)
from hinomi.services.home import Home, create_home, open_home


@pytest.fixture(name="home")
def a_home(tmp_path: Path) -> Home:
    """Make a home with three entries."""
    (tmp_path / "own.txt").write_text("192.0.2.0/24\n", "utf-8")
    create_home(tmp_path / "home", tmp_path / "own.txt", 10_000)
    home = open_home(tmp_path / "home")
    home.journal().append_many([{"operation": "test", "who": "tester"}] * 2)
    return home


def test_a_proof_holds_what_was_written(home: Home) -> None:
    """Word for word; what somebody writes into the file is not believed."""
    key = home.journal().verifier
    proof = prove(home, 1)

    assert check_proof(proof, key).entry == list(home.journal().entries())[1]
    parsed = Proof.parse(proof)
    forged = Proof(1, parsed.path, parsed.note, parsed.extra.replace(b"tester", b"nobody"))
    with pytest.raises(Altered, match="entry 1"):
        check_proof(forged.render(), key)
    with pytest.raises(BadNote):
        check_proof(Proof(1, parsed.path, parsed.note).render(), key)
    with pytest.raises(NotFound, match="no entry 3"):
        prove(home, 3)


def test_a_deleted_entry_is_still_proved(home: Home) -> None:
    """That it was there and when; not what it said. A proof from before says that as well."""
    key, before = home.journal().verifier, prove(home, 1)
    gone = home.journal().delete_bodies(2**50)
    home.journal().append({"operation": "retention", "bodies_deleted": gone})

    assert check_proof(prove(home, 1), key).entry is None
    assert check_proof(before, key).entry is not None
    assert audit_home(home, [], []).is_whole


def test_a_witness_is_asked_from_where_it_stands(home: Home, tmp_path: Path) -> None:
    """The first time from nothing, then from the last that it signed; another one's answer not."""
    key = create_witness(tmp_path / "w", "witness.example/1")
    other = create_witness(tmp_path / "v", "witness.example/2")
    journals = [home.journal().verifier]

    request = request_for(home, key)
    answer = sign_as_witness(tmp_path / "w", request, journals, home.clock)
    assert take_answer(home, request, answer.body, key) == 3
    with pytest.raises(BadNote):
        take_answer(home, request, answer.body, other)
    home.journal().append({"operation": "test"})

    assert request_for(home, key).startswith("old 3\n")
    assert request_for(home, other).startswith("old 0\n")
