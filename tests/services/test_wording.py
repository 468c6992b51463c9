"""Words that people leave, at cases and elsewhere."""

import pytest

from hinomi.errors import UsageError
from hinomi.services.wording import LINE_MOST, MOST, one_line, said_words


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


@pytest.mark.parametrize("blank", ["\u3000", "\u00a0", "\u2003"])
def test_a_wide_blank_is_a_blank(blank: str) -> None:
    """As people type it between words of Japanese."""
    assert said_words(f"{blank}届出{blank}第七号{blank}", "the reason") == "届出 第七号"
    assert one_line(f"日本ネット{blank}株式会社", "an organisation") == "日本ネット 株式会社"


@pytest.mark.parametrize(
    "wrong", ["a\u2028b", "a\u2029b", "a\x85b", "a\u200bb", "a\u202eb", "a\x00b"]
)
def test_separators_of_lines_and_what_nobody_sees_are_no_words(wrong: str) -> None:
    """What stands there for machines alone is refused."""
    for take in (said_words, one_line):
        with pytest.raises(UsageError, match="the note"):
            take(wrong, "the note")


@pytest.mark.parametrize("wrong", ["", "\u3000", "two\nlines", "a\tb", "x" * (LINE_MOST + 1)])
def test_a_line_is_one_and_short(wrong: str) -> None:
    """Neither blank nor a novel."""
    with pytest.raises(UsageError, match=r"an organisation .* one line, 300 letters"):
        one_line(wrong, "an organisation")
