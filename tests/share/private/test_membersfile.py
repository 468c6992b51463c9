"""The file of the members' key comes back whole, or is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.errors import MalformedDocument
from hinomi.share.private.membersfile import (
    CHECK_DIGITS,
    check_of,
    parse_members_key,
    render_members_key,
)

KEY = bytes(range(32))


@given(key=st.binary(min_size=32, max_size=32))
def test_a_key_comes_back(key: bytes) -> None:
    """As it was, with digits that people can compare."""
    assert parse_members_key(render_members_key(key), "file") == key
    assert len(check_of(key)) == CHECK_DIGITS
    assert check_of(key) != check_of(bytes([key[0] ^ 1]) + key[1:])


@pytest.mark.parametrize(
    "changed",
    [{"format": "hinomi-members-key-2"}, {"key": "AAAA"}, {"key": "?"}, {"check": "0" * 24},
     {"key": "A" * 43 + "="}, {"more": 1}, {"key": 7}],
)  # fmt: skip
def test_what_was_changed_is_refused(changed: dict[str, object]) -> None:
    """In one line that does not show the key."""
    told = {**json.loads(render_members_key(KEY)), **changed}
    with pytest.raises(MalformedDocument) as error:
        parse_members_key(json.dumps(told).encode(), "file")

    assert "AAEC" not in str(error.value)


@given(content=st.binary(max_size=200))
def test_anything_else_is_refused(content: bytes) -> None:
    """Without a traceback."""
    with pytest.raises(MalformedDocument):
        parse_members_key(content, "file")
