"""Rounds of private corroboration for tests: elements, members, and what comes out for whom."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from hinomi.model.address import from_int
from hinomi.model.service import Service
from hinomi.share.private.combine import Found, answer_to, combine
from hinomi.share.private.elements import pack
from hinomi.share.private.keys import RoundKeys
from hinomi.share.private.rounds import Round
from hinomi.share.private.shares import Opened, OwnTables, Stream, make_tables, open_answer

MEMBERS_KEY = bytes(range(32))
_FIRST = 0x20010DB8 << 96  # 2001:db8::


def a_round(threshold: int = 3, *, epoch: int = 7, capacity: int = 100) -> Round:
    """Agree on a small round."""
    return Round(hub="hub.example", epoch=epoch, threshold=threshold, capacity=capacity)


def keys_of(agreed: Round, members_key: bytes = MEMBERS_KEY) -> RoundKeys:
    """Derive the keys of a round from the key that all members of these tests share."""
    return RoundKeys.derive(members_key, agreed)


def elements(count: int, *, first: int = 0) -> list[bytes]:
    """Name *count* services of the documentation range."""
    return [
        pack(Service(from_int(_FIRST + 1 + number), 6, 443))
        for number in range(first, first + count)
    ]


def seeded(agreed: Round, number: int) -> Stream:
    """Give random bytes that are the same in every run."""
    return Stream(number.to_bytes(32, "big"), agreed)


def tables_of(
    agreed: Round, sets: Mapping[int, set[bytes]], members_key: bytes = MEMBERS_KEY, seed: int = 0
) -> dict[int, OwnTables]:
    """Let each member make its tables."""
    keys = keys_of(agreed, members_key)
    return {
        number: make_tables(agreed, keys, number, own, seeded(agreed, 1000 * seed + number))
        for number, own in sets.items()
    }


@dataclass(frozen=True)
class Played:
    """What hub and members know after a round."""

    found: Found
    opened: dict[int, Opened]

    def elements(self) -> dict[int, set[bytes]]:
        """Give what each member opened."""
        return {number: set(opened.elements) for number, opened in self.opened.items()}


def play(agreed: Round, tables: Mapping[int, OwnTables]) -> Played:
    """Combine the tables and let every member open its answer."""
    found = combine(agreed, tables)
    keys = keys_of(agreed)
    return Played(
        found,
        {
            number: open_answer(agreed, keys, own, answer_to(number, found, tables))
            for number, own in tables.items()
        },
    )


def named_often(sets: Mapping[int, set[bytes]], threshold: int) -> dict[int, set[bytes]]:
    """Give for each member those of its elements that enough members hold: the truth."""
    counts = Counter(one for own in sets.values() for one in own)
    return {
        number: {one for one in own if counts[one] >= threshold} for number, own in sets.items()
    }


def junk(own: OwnTables, seed: int, *, shares: bool = True, tokens: bool = True) -> OwnTables:
    """Replace what a member sends by random numbers."""
    chance = np.random.default_rng(seed)
    size = len(own.shares)
    return replace(
        own,
        shares=chance.integers(0, 2**61 - 1, size, np.uint64) if shares else own.shares,
        tokens=chance.integers(0, 2**32, size, np.uint32) if tokens else own.tokens,
    )
