"""Words that people leave at cases: cleaned of what no case book may keep, or refused."""

from typing import Final

from hinomi.errors import UsageError
from hinomi.telemetry import mask_addresses

MOST: Final = 4_000
"""Longest words, in characters."""


def said_words(words: str, what: str) -> str:
    """
    Give words as they are kept: without addresses, since a subscriber's may be among them.

    Args:
        words: As a person said them.
        what: What they are, for messages.

    Raises:
        UsageError: If they are blank, too long, or hold what is no text.
    """
    said = words.strip()
    if not said:
        raise UsageError(f"{what} is blank: say it in words for whoever looks later")
    if len(said) > MOST:
        raise UsageError(f"{what} has {len(said):,} characters: say it in {MOST:,}")
    if not all(each.isprintable() or each in "\n\t" for each in said):
        raise UsageError(f"{what} holds characters that are no text: leave them out")
    return mask_addresses(said)
