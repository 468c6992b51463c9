"""Holds: what keeps a finding from being listed, why, and who may lift it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from hinomi.govern.parameters import Register
from hinomi.model.case import ServiceClass

Values = Mapping[str, float | int | str]


class Lift(StrEnum):
    """Who may lift a hold: weakest hold first."""

    REVIEWER = "reviewer"  # With a reason of their own.
    EVIDENCE = "evidence"  # A reviewer, once independent methods speak of this very port.
    REIDENTIFICATION = "re-identification"  # Through the door that has a mandate of its own.
    NOBODY = "nobody"  # It goes when what it rests on goes: an entry that its list drops.


RANK: Final = {lift: rank for rank, lift in enumerate(Lift)}
"""How strong a hold is."""


class Words(NamedTuple):
    """How one hold reads; the fields are filled from its values."""

    en: str
    ja: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """
    One thing that keeps a service from being listed.

    It is no evidence: it changes no probability, deletes nothing and acquits nobody.
    """

    code: str  # Stable name, such as `list-cdn` or `mail-port`.
    text: str  # One English sentence, with the numbers it rests on.
    text_ja: str  # The same in Japanese.
    lift: Lift
    suggests: ServiceClass | None = None  # What kind of server it speaks for.
    values: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The registered numbers by which guards go."""

    popular_share: float  # Of all lines: what so many meet is popular.
    popular_lines: int  # Fewest lines of a window in which a share says something.
    few_suspects_share: float  # Of the clients: fewer suspects speak of a common service.
    contrary_share: float  # Of the clients: more suspects speak against an innocent one.
    unanswered_share: float  # Of the lines that were seen with it.
    unanswered_lines: int  # Fewest of those.
    many_names: int
    many_services: int  # Kinds of services on one address.
    narrow_v4_bits: int  # A sinkhole entry as long as this or longer speaks of single hosts.
    narrow_v6_bits: int
    lift_methods: int  # Independent methods that `Lift.EVIDENCE` asks for.
    made_up_hosts: bool  # Whether addresses of nobody are hosts: in laboratories and exercises.


def limits_of(register: Register) -> Limits:
    """
    Take the numbers from the register.

    Raises:
        ConfigError: If one is missing.
    """
    return Limits(
        popular_share=register.number("guards.popular_share"),
        popular_lines=register.integer("guards.popular_lines"),
        few_suspects_share=register.number("guards.few_suspects_share"),
        contrary_share=register.number("guards.contrary_share"),
        unanswered_share=register.number("guards.unanswered_share"),
        unanswered_lines=register.integer("guards.unanswered_lines"),
        many_names=register.integer("guards.many_names"),
        many_services=register.integer("guards.many_services"),
        narrow_v4_bits=register.integer("guards.narrow_v4_bits"),
        narrow_v6_bits=register.integer("guards.narrow_v6_bits"),
        lift_methods=register.integer("guards.lift_methods"),
        made_up_hosts=register.integer("guards.made_up_hosts") == 1,
    )


def hold(
    words: Words,
    code: str,
    lift: Lift,
    values: Values,
    suggests: ServiceClass | None = None,
) -> Hold:
    """Put one hold into words; *values* has at least the numbers that the words name."""
    return Hold(
        code=code,
        text=words.en.format_map(values),
        text_ja=words.ja.format_map(values),
        lift=lift,
        suggests=suggests,
        values={name: _rounded(value) for name, value in values.items()},
    )


def _rounded(value: float | str) -> float | int | str:
    return float(f"{value:.6g}") if isinstance(value, float) else value
