"""Words that people leave at cases."""

import pytest

from hinomi.errors import UsageError
from hinomi.services.wording import MOST, said_words


def test_words_are_kept_without_addresses() -> None:
    """A subscriber's may be among them; the case has the server's."""
    said = said_words("  客先の 192.0.2.7 が 2001:db8::7 と話した\nfor days ", "the note")

    assert "192.0.2.7" not in said
    assert "2001:db8::7" not in said
    assert said.startswith("客先の")
    assert said.endswith("for days")


@pytest.mark.parametrize("wrong", ["", "  \n", "a\x1b[31mred", "bad\udcff", "x" * (MOST + 1)])
def test_what_is_no_text_is_refused(wrong: str) -> None:
    """Blank, control characters, bytes that are no UTF-8, and novels."""
    with pytest.raises(UsageError, match="the note"):
        said_words(wrong, "the note")
