"""
Roles, and what each may do: a table in data (``roles.toml`` beside this file).

An act is known by its word. Acts on flow information are the operations of
``services/mandates.py``; those that govern the home itself are `Act`.
"""

import tomllib
from collections.abc import Collection
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from hinomi.errors import NotPermitted


class Role(StrEnum):
    """What a person is in this home."""

    ANALYST = "analyst"
    REVIEWER = "reviewer"
    PRIVACY_OFFICER = "privacy-officer"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    RESEARCHER = "researcher"


class Act(StrEnum):
    """An act that governs or shows the home, and touches no flow information."""

    STATUS = "status"
    JOURNAL_READ = "journal read"
    JOURNAL_WITNESSED = "journal witnessed"
    MANDATES_SHOW = "mandates show"
    MANDATES_RULE = "mandates rule"
    PARAMETERS_SHOW = "parameters show"
    PARAMETERS_ADOPT = "parameters adopt"
    PARAMETERS_RESTORE = "parameters restore"
    PEOPLE_SHOW = "people show"
    PEOPLE_RESTORE = "people restore"
    APPROVALS_SHOW = "approvals show"
    BREAK_GLASS = "break-glass"
    REVIEW = "review"
    RESEARCH_SHOW = "research show"

    @property
    def word(self) -> str:
        """The word that stands for it in the table and in the journal."""
        return self.value

    @property
    def governs(self) -> bool:
        """Tell whether it must work while the register is in disorder: it mends or shows that."""
        return self is not Act.STATUS


class Kind(StrEnum):
    """An act that takes four eyes."""

    REIDENTIFY = "re-identify"
    PARAMETER_CHANGE = "parameter-change"
    PEOPLE_CHANGE = "people-change"
    BULK_EXPORT = "bulk-export"
    PUBLICATION = "publication"
    RESEARCH_RELEASE = "research-release"


class FourEyes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who may ask for an act of one kind, and who of the others may approve it."""

    ask: tuple[Role, ...]
    approve: tuple[Role, ...]
    approvals: int  # By so many others, or by all who may where they are fewer.
    break_glass: bool  # May it be done at once in an emergency?


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole table of ``roles.toml``."""

    roles: dict[Role, dict[Literal["en", "ja"], str]]  # What each is called.
    acts: dict[str, tuple[Role, ...]]
    four_eyes: dict[Kind, FourEyes]

    def may(self, roles: Collection[Role], word: str) -> bool:
        """Tell whether one of *roles* lets its bearer do what *word* stands for."""
        return not set(roles).isdisjoint(self.acts.get(word, ()))


@cache
def table() -> Table:
    """Read the table that ships with hinomi."""
    text = resources.files("hinomi.govern").joinpath("roles.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Table)


def require(roles: Collection[Role], word: str, who: str) -> None:
    """
    Return if one of *roles* permits the act that *word* stands for.

    Raises:
        NotPermitted: If none does; the line names the roles that would.
    """
    if not table().may(roles, word):
        raise refusal(who, f"do {word!r}", table().acts.get(word, ()))


def refusal(who: str, deed: str, needed: Collection[Role]) -> NotPermitted:
    """Say in one line that *who* may not do *deed*, and which role may."""
    if not needed:
        return NotPermitted(f"{who} may not {deed}: no role may")
    return NotPermitted(f"{who} may not {deed}: that is for {name_roles(needed)}")


def name_roles(roles: Collection[Role]) -> str:
    """Name *roles* in words: "the role analyst or operator"."""
    names = [role.value for role in roles]
    *others, last = names
    return f"the role {', '.join(others)} or {last}" if others else f"the role {last}"
