"""Every reason has words in both languages, and both name the same numbers."""

import re
from string import Formatter

import pytest

from hinomi.detect.catalogue import HABITS, REASONS

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def fields(words: str) -> set[str]:
    """Name the fields of a sentence; what exists per language goes by one name."""
    named = {name for _, name, _, _ in Formatter().parse(words) if name}
    return {name.removesuffix("_ja") for name in named}


@pytest.mark.parametrize("code", REASONS)
def test_a_reason_reads_alike_in_both_languages(code: str) -> None:
    """Same fields, each language its own, whole sentences; the code is a stable name."""
    words = REASONS[code]

    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
    assert fields(words.en) == fields(words.ja)
    assert words.en.endswith(".")
    assert words.ja.endswith("。")
    assert JAPANESE.search(words.ja)


@pytest.mark.parametrize("code", REASONS)
def test_numbers_are_rounded_for_people(code: str) -> None:
    """Whatever is no whole number or name has a format; no field is given by position."""
    whole = {
        "clients", "suspects", "fronts", "silent", "several", "returned", "packets_in",
        "packets_out", "contacts", "failed", "siblings", "shared_with", "port", "refused",
        "port_services", "address_ports", "address_clients", "telling", "before",
    }  # fmt: skip
    text = {"source", "until", "habit", "habit_ja"}

    for words in REASONS[code]:
        for _, name, spec, _ in Formatter().parse(words):
            if name is not None:
                assert name in whole | text or spec, name


def test_habits_have_words_in_both_languages() -> None:
    """One phrase per habit of ports, none twice."""
    assert all(words.en and JAPANESE.search(words.ja) for words in HABITS)
    assert len({words.en for words in HABITS}) == len({words.ja for words in HABITS}) == len(HABITS)
