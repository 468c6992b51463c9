"""
The member's side: make the tables of a round, and open what the hub's answer proves.

A member draws the point at which its shares are evaluated by itself, for each round: from tables
that were evaluated at the same point the hub could read which elements they have in common, so the
point must not be the hub's to choose. A member makes tables once in a round: whoever makes them
twice, at two points, gives the hub two voices for each of its services. To send them again, send
the same bytes: they come out the same from the same elements and the same random bytes (`Stream`).
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

from hinomi.errors import MalformedDocument
from hinomi.share.private.answers import Answer
from hinomi.share.private.elements import ELEMENT_BYTES
from hinomi.share.private.field import WORD_BYTES, Elements, draw_point, from_bytes
from hinomi.share.private.keys import BLOCK_BYTES, Blocks, RoundKeys
from hinomi.share.private.rounds import (
    CONFIRMATIONS,
    INSERTIONS,
    TABLES,
    Round,
    check_number,
)

TOKEN_BYTES: Final = 4

NOBODY: Final = -1
"""In `OwnTables.placed`: the bin holds a made-up element or a random number."""


class Stream:
    """
    Random bytes from a seed of 32: whoever keeps the seed can make the same tables again.

    The same seed gives other bytes in another round. Within a round it is for one set of elements:
    bins that differ between two tables from one seed are those that hold something.

    Source:
        RFC 5869 (HKDF), then AES-256 in counter mode from zero.
    """

    def __init__(self, seed: bytes, agreed: Round) -> None:
        kdf = HKDF(hashes.SHA256(), 32, salt=agreed.digest, info=b"hinomi fill")
        cipher = Cipher(algorithms.AES256(kdf.derive(seed)), modes.CTR(bytes(16)))
        self._context: CipherContext = cipher.encryptor()

    def __call__(self, count: int) -> bytes:
        """Give the next *count* bytes."""
        return self._context.update(bytes(count))


@dataclass(frozen=True, slots=True)
class OwnTables:
    """What a member made: *point*, *shares* and *tokens* go to the hub, all else stays."""

    number: int  # What the hub calls this member in the round; nothing follows from it.
    point: int = field(repr=False)  # Where the shares are evaluated; drawn by the member.
    shares: Elements = field(repr=False)  # Shape (positions,).
    tokens: NDArray[np.uint32] = field(repr=False)  # Shape (positions,).
    elements: tuple[bytes, ...] = field(repr=False)  # Ascending.
    placed: NDArray[np.int32] = field(repr=False)  # Element x INSERTIONS + insertion, or NOBODY.


@dataclass(frozen=True, slots=True)
class Opened:
    """What an answer proved to a member."""

    elements: tuple[bytes, ...] = field(repr=False)  # Ascending; at least t members named each.
    unproven: int  # Bins that the hub named without enough tokens that fit.


def choose(agreed: Round, keys: RoundKeys, elements: Iterable[bytes]) -> tuple[bytes, ...]:
    """
    Take of a member's elements as many as the round takes; where they are more, a fixed choice.

    Returns:
        Ascending, none twice.

    Notes:
        Those go in that come first under the round's key: so members leave the same ones
        out, and others in the next round. Nothing but the set itself enters the choice, and
        tables of a full choice look like any other.
    """
    own = sorted(set(elements))
    if len(own) <= agreed.capacity:
        return tuple(own)
    drawn = keys.blocks(own).tobytes()
    ranked = sorted((drawn[at * BLOCK_BYTES :][:BLOCK_BYTES], one) for at, one in enumerate(own))
    return tuple(sorted(one for _, one in ranked[: agreed.capacity]))


def make_tables(
    agreed: Round,
    keys: RoundKeys,
    number: int,
    elements: Iterable[bytes],
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> OwnTables:
    """
    Turn a member's elements into its tables.

    Args:
        agreed: The round.
        keys: Of this round.
        number: The member's number in this round, 1..LAST_NUMBER.
        elements: Of 19 bytes each; the same one twice counts once.
        random_bytes: Gives so many random bytes: first those of the point.

    Raises:
        ConfigError: If there are more elements than the round takes; see `choose`.
        ValueError: If an element has another length, or the number is none (the caller's bug).

    Notes:
        0.3 s of CPU at 10,000 elements and t = 3, whatever the member holds. Made-up
        elements fill the set up to the capacity: else the share of its bins that fit would tell
        the hub how many services the member holds.
    """
    check_number(number)
    own = tuple(sorted(set(elements)))
    if any(len(one) != ELEMENT_BYTES for one in own):
        raise ValueError(f"an element has {ELEMENT_BYTES} bytes")
    agreed.check_capacity(len(own))
    point = draw_point(random_bytes)
    made_up = random_bytes(BLOCK_BYTES * (agreed.capacity - len(own)))
    blocks = np.concatenate(
        [
            keys.blocks(own),
            np.frombuffer(made_up, np.uint8).reshape(-1, BLOCK_BYTES),
        ]
    )
    shares = np.empty((TABLES, agreed.bins), np.uint64)
    tokens = np.empty((TABLES, agreed.bins), np.uint32)
    placed = np.empty((TABLES, agreed.bins), np.int32)
    for table in range(TABLES):
        places = _places(agreed, keys, blocks, table)
        shares[table] = from_bytes(random_bytes(WORD_BYTES * agreed.bins))
        tokens[table] = np.frombuffer(random_bytes(TOKEN_BYTES * agreed.bins), ">u4")
        for insertion in range(INSERTIONS):
            bins = np.flatnonzero((places >= 0) & (places % INSERTIONS == insertion))
            there = blocks[places[bins] // INSERTIONS]
            shares[table, bins] = keys.shares(there, table, insertion, agreed.threshold, point)
            tokens[table, bins] = keys.tokens(there, table, insertion, point)
        placed[table] = np.where(places < len(own) * INSERTIONS, places, NOBODY)
    return OwnTables(number, point, shares.ravel(), tokens.ravel(), own, placed.ravel())


def _places(agreed: Round, keys: RoundKeys, blocks: Blocks, table: int) -> NDArray[np.int32]:
    """Tell for each bin of a table which block it holds, times INSERTIONS, plus the insertion."""
    places = np.full(agreed.bins, NOBODY, np.int32)
    orders = keys.orders(blocks, table)
    for insertion in range(INSERTIONS):
        bins = keys.bins(blocks, table, insertion, agreed.bins)
        ranked = np.lexsort((orders, bins))
        taken, first = np.unique(bins[ranked], return_index=True)
        free = places[taken] == NOBODY
        places[taken[free]] = ranked[first[free]] * INSERTIONS + insertion
    return places


def open_answer(agreed: Round, keys: RoundKeys, own: OwnTables, answer: Answer) -> Opened:
    """
    Open the elements of which the hub's answer proves that enough members named them.

    Args:
        agreed: The round.
        keys: Of this round.
        own: What this member made in it.
        answer: The hub's, for this member.

    Raises:
        MalformedDocument: If it gives one point to two members, or the own one to another: what one
            member can prove would count twice.
        ValueError: If the answer is another member's (the caller's bug).

    Notes:
        A bin is proven if tokens of t - 1 other points fit the own element in it. Tokens
        that do not fit are left aside: a member that sends junk must not keep others
        from opening what t of them named. The hub cannot know what made-up elements are,
        so bins of these, which no other member can hold, count as unproven.
    """
    if answer.number != own.number:
        raise ValueError("the answer is for another member")
    points = {own.point, *answer.points.tolist()}
    if len(points) <= len(answer.points):
        raise MalformedDocument("two members have the same point", "the hub's answer")
    blocks = keys.blocks(own.elements)
    placed = own.placed[answer.positions]
    voices = np.ones(len(placed), np.int64)  # The own one.
    tables = answer.positions.astype(np.int64) // agreed.bins
    kinds = np.where(placed == NOBODY, NOBODY, tables * INSERTIONS + placed % INSERTIONS)
    for kind in np.unique(kinds[kinds != NOBODY]).tolist():
        table, insertion = divmod(kind, INSERTIONS)
        rows = np.flatnonzero(kinds == kind)
        for point, holds, tokens in answer.tokens_of(rows):
            there = rows[holds]
            drawn = blocks[placed[there] // INSERTIONS]
            fits = keys.tokens(drawn, table, insertion, point) == tokens
            voices[there] += fits
    proven = (placed != NOBODY) & (voices >= agreed.threshold)
    counts = np.bincount(placed[proven] // INSERTIONS, minlength=len(own.elements))
    opened = np.flatnonzero(counts >= CONFIRMATIONS)
    return Opened(tuple(own.elements[at] for at in opened), int((~proven).sum()))
