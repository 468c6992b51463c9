"""Single addresses against the own networks: which are ours, and of which line."""

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from hinomi.collect.lists.tokenise import MatchOwn
from hinomi.collect.ownership import NOT_OWN, OwnTable
from hinomi.govern.pseudonym import LineCipher
from hinomi.model.address import Address, to_int
from hinomi.model.network import OwnNetwork
from hinomi.services.home import Home
from hinomi.store.casebook import CaseBook


def is_own_address(home: Home, address: Address) -> bool:
    """Tell whether *address* lies in the own networks as they are now."""
    with home.casebook() as casebook:
        table = OwnTable(casebook.own_networks())
    hi, lo = np.array([address.hi], np.int64), np.array([address.lo], np.int64)
    return bool(table.find(hi, lo, np.array([home.clock()], np.int64))[0] != NOT_OWN)


def own_matcher_of(home: Home, casebook: CaseBook) -> MatchOwn:
    """Give `own_matcher` of a home, now; a hub has no own networks, and no key of lines."""
    if home.is_hub:
        return lambda _address: None
    return own_matcher(casebook.own_networks(), home.cipher(), home.clock())


def own_matcher(networks: Sequence[OwnNetwork], cipher: LineCipher, now_ms: int) -> MatchOwn:
    """
    Give the function that turns an own address, as of *now_ms*, into its line's pseudonym.

    Notes:
        Lists are mostly foreign: a search in the sorted prefixes settles those, and only
        what may be ours costs a look into the table (0.1 ms).
    """
    table = OwnTable(networks)
    starts, ends = spans(networks)
    when = np.array([now_ms], dtype=np.int64)
    no_port, no_proto = np.zeros(1, dtype=np.int32), np.zeros(1, dtype=np.int16)

    def match(address: Address) -> Address | None:
        number = to_int(address)
        place = bisect_right(starts, number) - 1
        if place < 0 or number > ends[place]:
            return None
        hi, lo = np.array([address.hi], np.int64), np.array([address.lo], np.int64)
        network = table.find(hi, lo, when)
        if network[0] == NOT_OWN:
            return None
        key_hi, key_lo = table.line_keys(network, hi, lo, no_port, no_proto)
        return cipher.tokenise_one(Address(int(key_hi[0]), int(key_lo[0])))

    return match


def spans(networks: Sequence[OwnNetwork]) -> tuple[list[int], list[int]]:
    """Give first and last addresses of disjoint spans, ascending, that together are *networks*."""
    starts: list[int] = []
    ends: list[int] = []
    for first, last in sorted(
        (to_int(each.base), to_int(each.base) | ((1 << (128 - each.length)) - 1))
        for each in networks
    ):
        if ends and first <= ends[-1]:
            ends[-1] = max(ends[-1], last)
        else:
            starts.append(first)
            ends.append(last)
    return starts, ends
