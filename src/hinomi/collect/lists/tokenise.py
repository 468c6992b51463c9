"""
Entries inside the own networks become pseudonyms before a list is kept, whatever the list.

A single address becomes the pseudonym of its line. A range needs a decision, since a
prefix cannot be pseudonymised and still be a prefix:

- An IPv4 /24 or shorter, an IPv6 /48 or shorter: kept in plain. It names a part of the
  network, as routing tables do, and no subscriber. It matches no line either, since
  lines are pseudonyms; that is the price, and the reason not to widen ranges by hand.
- A longer prefix singles out few lines, up to one. It is kept as the pseudonyms of all
  its lines where at most 256 addresses (IPv4) or /64 networks (IPv6) have to be asked
  for, else refused: the operator names the lines, or the whole /48.

Ranges outside the own networks are left as they are; of a longer prefix every address
(IPv4) or /64 (IPv6) is asked for before it counts as outside.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from hinomi.collect.lists.intake import V4_BITS, collapse
from hinomi.errors import MalformedDocument
from hinomi.model.address import Address, from_int, is_v4, to_int
from hinomi.model.listed import ListEntry

MatchOwn = Callable[[Address], Address | None]
"""Gives the pseudonym of the line that has an address; None outside the own networks."""

_HOST: Final = 128
_NAMES_NO_LINE: Final = {True: V4_BITS + 24, False: 48}
"""Longest prefix that names no subscriber, by "is IPv4"."""

_SUBNET: Final = 64


def tokenise_entries(
    entries: Iterable[ListEntry], match_own: MatchOwn, *, name: str = "the list"
) -> tuple[ListEntry, ...]:
    """
    Put pseudonyms in the place of own addresses.

    Args:
        entries: As a file holds them, in plain.
        match_own: Gives a line's pseudonym for an address inside the own networks. Of an
            address that lines share by port it sees the address alone.
        name: Of the list, for messages.

    Returns:
        The entries, each once: two addresses of one line have become the same.

    Raises:
        MalformedDocument: If a range inside the own networks can neither be kept in
            plain nor as its lines.
    """
    done, _ = collapse(part for entry in entries for part in _tokenise(entry, match_own, name=name))
    return done


def _tokenise(entry: ListEntry, match_own: MatchOwn, *, name: str) -> Iterable[ListEntry]:
    if entry.own or entry.length <= _NAMES_NO_LINE[is_v4(entry.base)]:
        return (entry,)
    if entry.length >= _HOST - 8:
        return _unless_outside(
            entry, [_one(entry, step, match_own) for step in _steps(entry, _HOST)]
        )
    if entry.length > _SUBNET:
        return _unless_outside(entry, [_subnet(entry, entry.base, entry.length, match_own, name)])
    if entry.length >= _SUBNET - 8:
        parts = [_subnet(entry, step, _SUBNET, match_own, name) for step in _steps(entry, _SUBNET)]
        return _unless_outside(entry, parts)
    if all(match_own(step) is None for step in _steps(entry, _SUBNET)):
        return (entry,)
    raise MalformedDocument(
        "a range inside the own networks that singles out lines but has too many to keep "
        "as pseudonyms: name the lines, or a /48 or shorter",
        name,
    )


def _unless_outside(entry: ListEntry, parts: list[ListEntry]) -> Iterable[ListEntry]:
    """Give *parts* if one of them is an own line, else the range as it was."""
    return parts if any(part.own for part in parts) else (entry,)


def _one(entry: ListEntry, address: Address, match_own: MatchOwn) -> ListEntry:
    pseudonym = match_own(address)
    if pseudonym is None:
        return replace(entry, base=address, length=_HOST)
    return replace(entry, base=pseudonym, length=_HOST, own=True)


def _subnet(
    entry: ListEntry, base: Address, length: int, match_own: MatchOwn, name: str
) -> ListEntry:
    """Make one entry of a subnet that is, or lies in, one line."""
    first, last = match_own(base), match_own(_last(base, length))
    if first != last:
        raise MalformedDocument(
            "a range inside the own networks that splits into many lines: name the lines",
            name,
        )
    if first is None:
        return replace(entry, base=base, length=length)
    return replace(entry, base=first, length=_HOST, own=True)


def _steps(entry: ListEntry, length: int) -> Iterator[Address]:
    first, step = to_int(entry.base), 1 << (_HOST - length)
    return (from_int(first + i * step) for i in range(1 << (length - entry.length)))


def _last(base: Address, length: int) -> Address:
    return from_int(to_int(base) | ((1 << (_HOST - length)) - 1))
