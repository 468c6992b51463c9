"""
Kinds of members and doors of the hub: who may use what, as a table in data (``outlets.toml``).

Three things decide, and each can only shut: this table, which a lawyer can read; the register,
which admits kinds and opens doors; and what is known of the member (`hub.admission`).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import resources
from itertools import product
from typing import Literal, Self, TypeVar

import msgspec

from hinomi.errors import ConfigError
from hinomi.govern.parameters import Register
from hinomi.model.member import MemberKind, Outlet

Words = dict[Literal["en", "ja"], str]


class Answer(StrEnum):
    """What the table says of a kind and an outlet."""

    PERMITTED = "permitted"
    ONCE_ADMITTED = "once-admitted"  # Shut by the register that ships with hinomi.
    REFUSED = "refused"  # Whatever the register says.


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is said of some pairs, why, and where that comes from."""

    kinds: tuple[MemberKind, ...]
    outlets: tuple[Outlet, ...]
    answer: Answer
    en: str
    ja: str
    seed: str  # Number of the public document.
    passage: str  # Where in it.
    passage_ja: str


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kinds: dict[MemberKind, Words]
    outlets: dict[Outlet, Words]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The whole table: every pair of kind and outlet once."""

    kinds: Mapping[MemberKind, Words]  # What each is called.
    outlets: Mapping[Outlet, Words]
    rows: tuple[Row, ...]
    _by_pair: Mapping[tuple[MemberKind, Outlet], Row] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_pair: dict[tuple[MemberKind, Outlet], Row] = {}
        for row in self.rows:
            for pair in product(row.kinds, row.outlets):
                if pair in by_pair:
                    raise ValueError(f"two rows speak of {pair[0]} and {pair[1]}")
                by_pair[pair] = row
        for kind, outlet in product(MemberKind, Outlet):
            if (kind, outlet) not in by_pair:
                raise ValueError(f"no row speaks of {kind} and {outlet}")
        if missing := (set(MemberKind) - set(self.kinds)) | (set(Outlet) - set(self.outlets)):
            raise ValueError(f"no words are there for {sorted(missing)}")
        object.__setattr__(self, "_by_pair", by_pair)

    def ask(self, kind: MemberKind, outlet: Outlet) -> Row:
        """Give the row that speaks of a kind and an outlet."""
        return self._by_pair[kind, outlet]

    def not_refused(self, kind: MemberKind) -> tuple[Outlet, ...]:
        """Name the outlets that members of a kind may use, as far as this table goes."""
        return tuple(each for each in Outlet if self.ask(kind, each).answer is not Answer.REFUSED)


@dataclass(frozen=True, slots=True)
class Openings:
    """What the register of a hub admits: kinds of members, and doors."""

    kinds: frozenset[MemberKind]
    outlets: frozenset[Outlet]

    @classmethod
    def from_register(cls, register: Register) -> Self:
        """
        Read ``hub.kinds`` and ``hub.outlets``: what they do not name stays out, or shut.

        Raises:
            ConfigError: If they name what does not exist: somebody meant something by it.
        """
        return cls(
            kinds=_named(register, "hub.kinds", MemberKind),
            outlets=_named(register, "hub.outlets", Outlet),
        )

    def refusal(self, kind: MemberKind, outlet: Outlet | None) -> str | None:
        """
        Say why members of a kind may not use an outlet here; None: they may.

        Args:
            kind: Of the member.
            outlet: None: what every admitted member may, such as asking what epoch it is.
        """
        if outlet is not None and table().ask(kind, outlet).answer is Answer.REFUSED:
            return f"{outlet} is not for members of the kind {kind}"
        if kind not in self.kinds:
            return f"members of the kind {kind} are not admitted (hub.kinds)"
        if outlet is not None and outlet not in self.outlets:
            return f"{outlet} is shut for everybody (hub.outlets)"
        return None

    def open_to(self, kind: MemberKind) -> tuple[Outlet, ...]:
        """Name the outlets that stand open to members of a kind."""
        return tuple(each for each in Outlet if self.refusal(kind, each) is None)


@cache
def table() -> Table:
    """Read the table that ships with hinomi."""
    text = resources.files("hinomi.hub").joinpath("outlets.toml").read_text(encoding="utf-8")
    document = msgspec.convert(tomllib.loads(text), _Document)
    return Table(document.kinds, document.outlets, document.rows)


Named = TypeVar("Named", MemberKind, Outlet)


def _named(register: Register, parameter: str, among: type[Named]) -> frozenset[Named]:
    words = register.text(parameter).split()
    known = {each.value: each for each in among}
    if unknown := [word for word in words if word not in known]:
        raise ConfigError(
            f"register: {parameter} names {unknown[0]!r}; what there is: {' '.join(known)}"
        )
    return frozenset(known[word] for word in words)
