"""An envelope says whom a copy was made for; its mark says so to the hub alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.govern.note import BadNote, Note, Signer, parse_signatures
from hinomi.share.envelope import Envelope, check_envelope, mark_of, sign_envelope, trace

KEY = bytes(range(32))
SIGNER = Signer("hub.example/envelope", bytes(32))
MEMBERS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)
NUMBERS = st.integers(1, 2**31 - 1)


def an_envelope(member: str = "isp-a", number: int = 7) -> Envelope:
    """Make one."""
    return Envelope(
        hub="hub.example/list",
        number=number,
        digest="0" * 64,
        member=member,
        mark=mark_of(KEY, member, number),
    )


@given(member=MEMBERS, number=NUMBERS)
def test_what_is_signed_is_read_again(member: str, number: int) -> None:
    """Every envelope comes back as it was, and of the same facts it is the same bytes."""
    envelope = an_envelope(member, number)
    rendered = sign_envelope(envelope, SIGNER)

    assert check_envelope(rendered, SIGNER.verifier) == envelope
    assert sign_envelope(envelope, SIGNER) == rendered


@given(first=st.tuples(MEMBERS, NUMBERS), second=st.tuples(MEMBERS, NUMBERS))
def test_no_two_copies_have_one_mark(first: tuple[str, int], second: tuple[str, int]) -> None:
    """Another member or another number is another mark; the same copy has always the same."""
    assert (mark_of(KEY, *first) == mark_of(KEY, *second)) == (first == second)


def test_a_mark_names_nobody_without_the_key() -> None:
    """It holds neither member nor number, and by another key it is another one."""
    mark = mark_of(KEY, "isp-a", 7)

    assert len(mark) == 32
    assert "isp" not in mark
    assert mark_of(bytes(32), "isp-a", 7) != mark


def test_a_mark_that_is_found_leads_to_its_copy() -> None:
    """The hub finds member and number; of a mark that is not its own it finds nothing."""
    mark = mark_of(KEY, "isp-b", 5)
    members, numbers = ("isp-a", "isp-b", "isp-c"), range(1, 10)

    assert trace(f" {mark.upper()}\n", KEY, iter(members), numbers) == ("isp-b", 5)
    assert trace(mark, KEY, ("isp-a", "isp-c"), numbers) is None
    assert trace("0" * 32, KEY, members, numbers) is None


def test_a_signature_of_somebody_else_is_none() -> None:
    """Not by another key, and not by the envelope key of another hub."""
    rendered = sign_envelope(an_envelope(), SIGNER)
    other = Signer("other.example/envelope", bytes(32))

    with pytest.raises(BadNote):
        check_envelope(rendered, Signer("hub.example/envelope", bytes([1] * 32)).verifier)
    with pytest.raises(BadNote, match="another hub"):
        check_envelope(sign_envelope(an_envelope(), other), other.verifier)


@pytest.mark.parametrize(
    ("line", "said"),
    [(0, "hinomi snapshot"), (2, "0"), (2, "x"), (3, "0" * 63), (4, "ISP A"), (5, "g" * 32)],
)
def test_a_text_of_another_form_is_no_envelope(line: int, said: str) -> None:
    """Also where the right key signed it."""
    lines = an_envelope().text().split("\n")
    lines[line] = said
    text = "\n".join(lines)
    rendered = Note(text, parse_signatures(SIGNER.sign(text))).render()

    with pytest.raises(BadNote):
        check_envelope(rendered, SIGNER.verifier)


@given(text=st.text(max_size=200))
def test_whatever_text_comes_is_an_envelope_or_a_bad_note(text: str) -> None:
    """Nothing else is raised."""
    try:
        Envelope.parse(text)
    except BadNote:
        return
