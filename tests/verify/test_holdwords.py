"""Every hold has words in two languages that name the same numbers."""

import string

import pytest

from hinomi.verify.holds import Words
from hinomi.verify.holdwords import KIND_NAMES, LIST_WORDS, WORDS
from hinomi.verify.listkinds import BenignKind

ALL = {**WORDS, **{f"list-{kind}": words for kind, words in LIST_WORDS.items()}}


def fields(text: str) -> set[str]:
    """Name the values that a text is filled from."""
    return {name.split("_ja")[0] for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("words", ALL.values(), ids=list(ALL))
def test_both_languages_name_the_same_numbers(words: Words) -> None:
    """Whoever reads one language is told no less than who reads the other."""
    assert fields(words.en) == fields(words.ja)
    assert fields(words.en)


@pytest.mark.parametrize("words", ALL.values(), ids=list(ALL))
def test_each_is_a_sentence(words: Words) -> None:
    """English ends with a full stop, Japanese with its own."""
    assert words.en.endswith(".")
    assert words.ja.endswith("。")


def test_every_kind_of_list_has_words_and_a_name() -> None:
    """No kind is left without."""
    assert set(LIST_WORDS) == set(KIND_NAMES) == set(BenignKind)
