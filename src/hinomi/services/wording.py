"""Words that people leave: cleaned of what no case book may keep, or refused."""

import unicodedata
from typing import Final

from hinomi.errors import UsageError
from hinomi.telemetry import mask_addresses

MOST: Final = 4_000
"""Longest words, in characters."""

LINE_MOST: Final = 300
"""Longest line, in characters."""


def said_words(words: str, what: str) -> str:
    """
    Give words as they are kept: without addresses, since a subscriber's may be among them.

    Args:
        words: As a person said them.
        what: What they are, for messages.

    Raises:
        UsageError: If they are blank, too long, or hold what is no text.
    """
    said = _with_blanks(words).strip()
    if not said:
        raise UsageError(f"{what} is blank: say it in words for whoever looks later")
    if len(said) > MOST:
        raise UsageError(f"{what} has {len(said):,} characters: say it in {MOST:,}")
    if not all(each.isprintable() or each in "\n\t" for each in said):
        raise UsageError(f"{what} holds characters that are no text: leave them out")
    return mask_addresses(said)


def one_line(words: str, what: str) -> str:
    """
    Give words of one line, such as a name, as they are kept.

    Args:
        words: As a person said them.
        what: What they are, for messages.

    Raises:
        UsageError: If they are blank, too long, or not of one line.
    """
    said = _with_blanks(words).strip()
    if not said or not said.isprintable() or len(said) > LINE_MOST:
        raise UsageError(f"{what} is to be words of one line, {LINE_MOST} letters at most")
    return said


def _with_blanks(words: str) -> str:
    """Put a plain blank for any other, such as the one of Japanese, as wide as its letters."""
    return "".join(" " if unicodedata.category(each) == "Zs" else each for each in words)
