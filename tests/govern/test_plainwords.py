"""What subscribers are told is said in both languages, and of everything that is done."""

import re
from collections.abc import Iterator
from string import Formatter

import msgspec
import pytest

from hinomi.govern.matrix import Data, LegalBasis, Power, Purpose
from hinomi.govern.parameters import default_register
from hinomi.govern.plainwords import Words, plain_words
from hinomi.model.flow import CONVERSATIONS
from hinomi.services.mandates import Operation

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
LOAN_WORDS = re.compile(r"\((?:通信の秘密|正当業務行為|総務省)\)")
"""Terms of law that stand in the English text beside their translation, in their own letters."""


def every() -> Iterator[tuple[str, Words]]:
    """Yield all words with the place where they stand."""
    wording = plain_words()
    for group in msgspec.structs.fields(wording):
        found = getattr(wording, group.name)
        for place, words in found.items() if isinstance(found, dict) else enumerate(found):
            yield f"{group.name}.{place}", words


def names_in(text: str) -> set[str]:
    """Name the braces of a text."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize(("place", "words"), [*every()])
def test_everything_is_said_in_both_languages(place: str, words: Words) -> None:
    """Neither is left out, copied from the other, or has other facts in it."""
    assert words.en.strip()
    assert words.ja.strip()
    assert not JAPANESE.search(LOAN_WORDS.sub("", words.en)), "Japanese in the English text"
    assert words.ja != words.en
    braces = names_in(words.en)
    if place not in {"texts.day_value", "texts.month_value"}:
        assert names_in(words.ja) == braces
    assert JAPANESE.search(words.ja) or braces or words.ja == "0"


def test_every_column_of_a_record_is_explained() -> None:
    """The table of the code is what is told: nothing more, nothing less, in its order."""
    told = [name for each in plain_words().columns for name in each.names]

    assert told == CONVERSATIONS.names


def test_every_act_purpose_basis_and_power_has_its_words() -> None:
    """A new door cannot be opened without being explained on the page."""
    words = plain_words()

    assert {each.word for each in Operation} <= words.operations.keys()
    assert {each.value for each in Purpose} <= words.purposes.keys()
    assert {each.value for each in LegalBasis} <= words.bases.keys()
    assert {each.value for each in Power} <= words.powers.keys()


def test_what_analyses_reads() -> None:
    """Acts that count as accesses are those that may analyse flow records, and no other."""
    reading = {name for name, each in plain_words().operations.items() if each.reads}

    assert reading == {
        each.word
        for each in Operation
        if Power.ANALYSE in each.powers and each.data is Data.FLOW_RECORDS
    }


def test_every_registered_time_limit_has_its_kind_of_data() -> None:
    """No time limit of the shipped register stands on the page under its technical name."""
    known = tuple(each.parameter for each in plain_words().data.values() if each.parameter)
    limits = [name for name in default_register().parameters if name.startswith("retention.")]

    assert [name for name in limits if not name.startswith(known)] == []


def test_there_are_five_documents_with_a_title_of_their_own() -> None:
    """The page tells the gist of all five."""
    documents = plain_words().documents

    assert len({each.title.ja for each in documents}) == 5
    assert len({each.title.en for each in documents}) == 5


def test_words_are_filled_in() -> None:
    """Braces take the facts."""
    words = Words("1 in {n}", "{n}個に1個")

    assert words.render("en", n=5) == "1 in 5"
    assert words.render("ja", n=5) == "5個に1個"
