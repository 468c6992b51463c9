"""Notes are read whole or not at all, and a signature is of its text, its key and its kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.govern.note import (
    SIGNATURES_MOST,
    BadNote,
    Kind,
    Note,
    Signer,
    Verifier,
    parse_note,
    parse_signatures,
)

PLAIN = Signer("hinomi.example/1", bytes(range(32)))
WITNESS = Signer("witness.example/w1", bytes(range(1, 33)), Kind.COSIGNATURE)
TEXT = "hinomi.example/1\n3\nline\n"


def signed(text: str = TEXT) -> Note:
    """Sign a text as journal and witness do."""
    return parse_note(f"{text}\n{PLAIN.sign(text)}{WITNESS.sign(text, 1_700_000_000)}")


def test_a_published_note_verifies() -> None:
    """The example of golang.org/x/mod/sumdb/note, with its published key."""
    peter = Verifier.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
    )
    line = (
        "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfq"
        "dngotpRZb6KE6RyyBwJnAM=\n"
    )

    assert parse_note(f"{text}\n{line}").require(peter) is None


def test_keys_survive_their_own_lines() -> None:
    """Public and secret, of both kinds; a line break at the end does no harm."""
    for signer in (PLAIN, WITNESS):
        assert Signer.parse(signer.render() + "\n") == signer
        assert Verifier.parse(signer.verifier.render() + "\n") == signer.verifier
    assert "seed" not in repr(PLAIN)


@pytest.mark.parametrize(
    "line",
    [
        "", "a", "a+b", "a+00000000+AQ==", PLAIN.render(),
        PLAIN.verifier.render().replace("hinomi", "homini"),
        PLAIN.verifier.render()[:-4] + "AAA=",
        Signer("a", bytes(32)).verifier.render().replace("a+", "b c+", 1),
    ],
)  # fmt: skip
def test_what_is_no_public_key_is_refused(line: str) -> None:
    """Another name, another key, a secret one: told in one line."""
    with pytest.raises(BadNote):
        Verifier.parse(line)


@pytest.mark.parametrize("cut", [0, 5, 30, -5])
def test_what_is_no_secret_key_is_refused_and_not_repeated(cut: int) -> None:
    """The message does not hold what might be half a secret."""
    line = PLAIN.render()[:cut]

    with pytest.raises(BadNote) as raised:
        Signer.parse(line)
    assert not line or line[-8:] not in str(raised.value)


def test_signatures_hold_for_their_text_and_key() -> None:
    """The journal's and the witness's, whose time is told."""
    note = parse_note(signed().render())

    assert note.text == TEXT
    assert note.require(PLAIN.verifier) is None
    assert note.require(WITNESS.verifier) == 1_700_000_000
    with pytest.raises(BadNote, match="did not sign"):
        note.require(Signer("other", bytes(range(32))).verifier)
    with pytest.raises(BadNote, match="did not sign"):
        note.require(Signer("hinomi.example/1", bytes(32)).verifier)


@pytest.mark.parametrize("signer", [PLAIN, WITNESS])
@given(data=st.data())
def test_any_other_text_is_not_signed(signer: Signer, data: st.DataObject) -> None:
    """One changed character is enough."""
    place = data.draw(st.integers(0, len(TEXT) - 2))
    text = TEXT[:place] + chr(ord(TEXT[place]) ^ 1) + TEXT[place + 1 :]
    forged = Note(text, signed().signatures)

    with pytest.raises(BadNote, match="wrong"):
        forged.require(signer.verifier)


def test_one_wrong_signature_in_a_keys_name_spoils_the_note() -> None:
    """A right one beside it does not help."""
    (right, _), (wrong, _) = signed().signatures, signed("other\n").signatures

    with pytest.raises(BadNote, match="wrong"):
        Note(TEXT, (right, wrong)).require(PLAIN.verifier)


def test_a_plain_signature_is_no_cosignature() -> None:
    """The kind is in the key's id."""
    alike = Verifier(PLAIN.name, PLAIN.verifier.public, Kind.COSIGNATURE)

    with pytest.raises(BadNote, match="did not sign"):
        signed().require(alike)


@pytest.mark.parametrize(
    "rendered",
    [
        "", "\n", "text\n", "text\n\n", "text\n\nno signature\n", "text\n\n\u2014 a b\n",
        "text\n\n\u2014 a AAAA\n", "text\r\n\n" + PLAIN.sign("text\r\n"),
        "text\n\n" + PLAIN.sign("text\n").rstrip(), "text\n\n" + PLAIN.sign("text\n") * 65,
        "text\n\n" + PLAIN.sign("text\n").replace("\u2014 ", "- "),
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(rendered: str) -> None:
    """Cut, without a signature, with control characters, with too many."""
    with pytest.raises(BadNote):
        parse_note(rendered)


def test_as_many_signatures_as_are_allowed_are_read() -> None:
    """And each once, where a note gets them twice."""
    lines = PLAIN.sign(TEXT) * SIGNATURES_MOST
    note = parse_note(f"{TEXT}\n{lines}")

    assert len(note.signatures) == SIGNATURES_MOST
    assert len(Note(TEXT, ()).with_signatures(parse_signatures(lines)).signatures) == 1
