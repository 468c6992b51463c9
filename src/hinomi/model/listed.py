"""Entries of the lists an operator brings: known C&C, benign, scanners, sinkholes, suspects."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hinomi.model.address import Address

HUB_LIST: Final = "hub"
"""The source of the list that the hub gives its members; no operator's list is called so."""


class ListKind(StrEnum):
    """What a list says of its entries."""

    KNOWN_CC = "known-cc"
    BENIGN = "benign"
    SCANNERS = "scanners"
    SINKHOLES = "sinkholes"
    SUSPECTS = "suspects"


class Role(StrEnum):
    """The part a listed C&C server plays in its botnet."""

    INITIAL_CONTACT = "initial-contact"
    C2 = "c2"
    UPPER = "upper"
    SINKHOLE = "sinkhole"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEntry:
    """
    One line of a list: an address or prefix, where stated with protocol and port.

    *own* says that the base is a line's pseudonym: entries inside the own networks are
    tokenised on entry and are never kept in plain.
    """

    base: Address
    length: int = 128  # Bits of the 128-bit form: an IPv4 /24 is 120.
    proto: int | None = None  # None: any.
    port: int | None = None  # None: any.
    role: Role = Role.UNKNOWN
    label: str = ""  # Class or family, as the source names it.
    first_listed_ms: int | None = None
    last_listed_ms: int | None = None
    own: bool = False
