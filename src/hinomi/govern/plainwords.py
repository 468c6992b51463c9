"""The words in which subscribers are told what is done, in two languages side by side."""

import tomllib
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

Language = Literal["ja", "en"]


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing said in both languages."""

    en: str
    ja: str

    def render(self, language: Language, **named: object) -> str:
        """Say it in *language*, with what is *named* in its braces."""
        return (self.ja if language == "ja" else self.en).format(**named)


class ColumnWords(Words, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one column of a record means; two halves of one number are told together."""

    names: tuple[str, ...]


class DataWords(Words, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A kind of data, and where it stands how long it is kept."""

    parameter: str = ""  # How the registered parameter's name begins.
    fixed: Literal["", "always", "run"] = ""  # Kept for good, or for one run; nobody sets it.
    at_hub: bool = False  # A hub alone has it: it stands on no page of a provider.


class OperationWords(Words, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An act as the journal names it."""

    reads: bool = False  # Stored records are analysed.
    outward: bool = False  # Something leaves the system, or reaches a person.
    at_hub: bool = False  # A hub alone does it: it stands on no page of a provider.


class DocumentWords(Words, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A public document, and its gist."""

    day: str  # As exact as it is known.
    title_en: str
    title_ja: str

    @property
    def title(self) -> Words:
        """What it is called."""
        return Words(self.title_en, self.title_ja)


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All words of the page."""

    texts: dict[str, Words]
    columns: tuple[ColumnWords, ...]
    data: dict[str, DataWords]
    purposes: dict[str, Words]
    bases: dict[str, Words]
    powers: dict[str, Words]
    operations: dict[str, OperationWords]
    reasons: dict[str, Words]
    discarded: dict[str, Words]
    roles: dict[str, Words]
    documents: tuple[DocumentWords, ...]


@cache
def plain_words() -> Wording:
    """Give the words that ship with hinomi."""
    file = resources.files("hinomi.govern").joinpath("transparency.toml")
    return msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Wording)
