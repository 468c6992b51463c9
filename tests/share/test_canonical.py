"""The same facts are always the same bytes (RFC 8785)."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.errors import MalformedDocument
from hinomi.share.canonical import digest, render_canonical, require_canonical

TEXTS = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abcdefgh_", min_size=1), inner, max_size=3)
    ),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.text("abcdefgh_", min_size=1), VALUES, max_size=5)


@given(document=DOCUMENTS)
def test_the_order_of_names_does_not_matter(document: dict[str, object]) -> None:
    """Nor does anything else but the facts."""
    body = render_canonical(document)

    assert render_canonical(dict(reversed(document.items()))) == body
    require_canonical(body, render_canonical(document), "x")


def test_the_form_is_that_of_the_standard() -> None:
    """Names sorted, no blanks, UTF-8 as it is, control characters escaped."""
    body = render_canonical({"b": [1, True, None], "a": '\u706b\u2028\n\x01/"'})

    assert body == '{"a":"\u706b\u2028\\n\\u0001/\\"","b":[1,true,null]}'.encode()


@pytest.mark.parametrize("body", [b'{"a": 1}', b'{"a":1}\n', b'{"a":1.0}', b'{"a":2}'])
def test_another_text_of_the_same_facts_is_refused(body: bytes) -> None:
    """It would be another document under another digest."""
    with pytest.raises(MalformedDocument, match="8785"):
        require_canonical(body, render_canonical({"a": 1}), "x")


def test_a_number_that_is_none_cannot_be_written() -> None:
    """JSON has no infinity."""
    with pytest.raises(ValueError, match="JSON"):
        render_canonical({"a": float("inf")})


def test_the_digest_is_sha_256() -> None:
    """In 64 hex digits."""
    assert digest(b"abc") == hashlib.sha256(b"abc").hexdigest()
