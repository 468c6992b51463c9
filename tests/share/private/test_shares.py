"""The member's side: what its tables give away, and what it opens."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from corroborations import (
    MEMBERS_KEY,
    a_round,
    elements,
    junk,
    keys_of,
    named_often,
    play,
    seeded,
    tables_of,
)
from hinomi.errors import ConfigError, MalformedDocument
from hinomi.share.private.answers import Answer
from hinomi.share.private.combine import answer_to, combine
from hinomi.share.private.field import PRIME, add, inverse, multiply, subtract
from hinomi.share.private.rounds import INSERTIONS, Round
from hinomi.share.private.shares import NOBODY, OwnTables, Stream, choose, make_tables, open_answer
from hinomi.share.private.wire import encode_tables, tables_bytes

_WRONG_KEY = bytes(32)


def test_the_same_set_and_the_same_random_bytes_give_the_same_tables() -> None:
    """In whatever order, and however often, elements are named: nothing else enters."""
    agreed = a_round()
    keys, own = keys_of(agreed), elements(40)
    once = make_tables(agreed, keys, 3, own, seeded(agreed, 1))
    again = make_tables(agreed, keys, 3, own[::-1] + own[:5], seeded(agreed, 1))

    assert encode_tables(agreed, keys, once) == encode_tables(agreed, keys, again)


def test_tables_are_random_unless_somebody_says_otherwise() -> None:
    """By default no two tables are filled up alike."""
    agreed = a_round()
    one, other = (make_tables(agreed, keys_of(agreed), 3, elements(5)) for _ in range(2))

    assert (one.shares == other.shares).mean() < 0.1


def test_a_seed_gives_the_same_bytes_within_a_round_only() -> None:
    """However many are asked for at once; another round's bytes are others."""
    one, again = (Stream(bytes(32), a_round(epoch=1)) for _ in range(2))
    other = Stream(bytes(32), a_round(epoch=2))

    whole = one(40)
    assert again(15) + again(25) == whole
    assert other(40) != whole


@pytest.mark.parametrize("count", [0, 1, 100])
def test_tables_are_as_long_whatever_a_member_holds(count: int) -> None:
    """Nothing, one, or as much as the round takes: the same number of bytes."""
    agreed = a_round()
    own = make_tables(agreed, keys_of(agreed), 3, elements(count), seeded(agreed, 1))

    assert len(encode_tables(agreed, keys_of(agreed), own)) == tables_bytes(agreed)


def test_what_a_round_does_not_take_is_refused() -> None:
    """More services than the capacity, in one line; elements and numbers that are none."""
    agreed = a_round()
    with pytest.raises(ConfigError, match="100 services of a member and here are 101"):
        make_tables(agreed, keys_of(agreed), 3, elements(101), seeded(agreed, 1))
    with pytest.raises(ValueError, match="19 bytes"):
        make_tables(agreed, keys_of(agreed), 3, [b"short"], seeded(agreed, 1))
    with pytest.raises(ValueError, match="number"):
        make_tables(agreed, keys_of(agreed), 64, elements(1), seeded(agreed, 1))


def _uniform(values: NDArray[np.uint64], bits: int) -> float:
    """Give the p-value of the upper three of *bits* being uniform."""
    cells = np.bincount((values >> np.uint64(bits - 3)).astype(np.int64), minlength=8)
    return float(stats.chisquare(cells).pvalue)


def _together(one: OwnTables, other: OwnTables) -> float:
    """Give the p-value of two members' shares, by point, being uniform together."""
    a = multiply(one.shares, inverse(one.point)) >> np.uint64(58)
    b = multiply(other.shares, inverse(other.point)) >> np.uint64(58)
    cells = np.bincount((a * np.uint64(8) + b).astype(np.int64), minlength=64)
    return float(stats.chisquare(cells).pvalue)


@pytest.mark.parametrize("shared", [0, 50, 100])
def test_shares_below_the_threshold_look_random(shared: int) -> None:
    """
    Worlds that differ only below the threshold look alike to the hub.

    Two of five members hold *shared* services in common, at t = 3: shares and tokens
    of each, and those of both together, are uniform (p > 0.001), and no bin fits.
    """
    agreed = a_round(3)
    sets = {n: set(elements(100 - shared, first=1000 * n)) for n in (1, 2)}
    sets |= {n: set(elements(n, first=1000 * n)) for n in (3, 4, 5)}
    for number in (1, 2):
        sets[number] |= set(elements(shared))
    tables = tables_of(agreed, sets, seed=shared)

    for own in tables.values():
        assert _uniform(own.shares, 61) > 0.001
        assert _uniform(own.tokens.astype(np.uint64), 32) > 0.001
    assert _together(tables[1], tables[2]) > 0.001
    assert _uniform(subtract(tables[1].shares, tables[2].shares), 61) > 0.001
    assert len(play(agreed, tables).found.positions) == 0


def test_the_look_at_randomness_sees_what_is_there() -> None:
    """At t = 2 the shares of two members with the same services are far from random together."""
    agreed = a_round(2)
    tables = tables_of(agreed, {1: set(elements(100)), 2: set(elements(100))})

    assert _together(tables[1], tables[2]) < 1e-9


def test_what_fits_does_not_tell_how_much_a_member_holds() -> None:
    """
    A member with 10 services is seen in as many bins as one that is full up.

    Made-up elements push real ones aside as real ones would: without them the member with few
    would be seen in half as many bins again.
    """
    agreed = a_round(3)
    seen = {1: 0, 2: 0}
    for seed in range(30):
        sets = {n: set(elements(10)) for n in range(1, 6)}
        sets[2] |= set(elements(90, first=5000))
        tables = tables_of(agreed, sets, seed.to_bytes(32, "big"), seed)
        found = combine(agreed, tables)
        for number in seen:
            seen[number] += int((found.members >> np.uint64(number) & np.uint64(1)).sum())

    difference = abs(seen[1] - seen[2])
    assert difference < 4 * np.sqrt(seen[1] + seen[2])
    assert min(seen.values()) > 2000


def _guessed(tables: OwnTables, guess: OwnTables) -> int:
    """Count the bins in which both hold the same share: how a guess is confirmed."""
    return int((tables.shares == guess.shares).sum())


def _guess(agreed: Round, key: bytes, table: OwnTables, own: list[bytes]) -> OwnTables:
    """Make tables of a guess at the point that came with a member's own ones."""
    point = table.point.to_bytes(16, "big")
    first = iter([point])
    stream = seeded(agreed, 9)
    return make_tables(
        agreed, keys_of(agreed, key), 1, own, lambda count: next(first, None) or stream(count)
    )


def test_only_the_key_confirms_a_guess() -> None:
    """
    Whoever knows what a member may hold confirms it with the key, and not without.

    So a member that works with the hub, or a stolen key, ends the secrecy: with it every
    service that can be named is tried.
    """
    agreed = a_round(3)
    own = elements(100)
    table = tables_of(agreed, {1: set(own)})[1]
    with_key = _guess(agreed, MEMBERS_KEY, table, own)
    without = _guess(agreed, _WRONG_KEY, table, own)

    assert with_key.point == without.point == table.point
    assert _guessed(table, with_key) > 1000
    assert _guessed(table, without) == 0


def test_an_epochs_tables_say_nothing_about_the_next() -> None:
    """The same services at the same point share no bin from one epoch to the next."""
    one = tables_of(a_round(3, epoch=1), {1: set(elements(100))})[1]
    other = _guess(a_round(3, epoch=2), MEMBERS_KEY, one, elements(100))

    assert one.point == other.point

    assert _guessed(one, other) == 0


def _claim(agreed: Round, tables: dict[int, OwnTables], number: int) -> Answer:
    """Answer as a hub that claims: in every bin, all members hold what *number* holds."""
    others = sum(1 << other for other in tables if other != number)
    tokens = np.stack([tables[n].tokens for n in sorted(tables) if n != number], axis=1)
    points = np.array([tables[n].point for n in sorted(tables) if n != number], np.uint64)
    positions = np.arange(agreed.positions, dtype=np.uint32)
    members = np.full(agreed.positions, others, np.uint64)
    return Answer(number, positions, members, points, tokens.ravel())


@pytest.mark.parametrize("threshold", [2, 3, 4])
def test_a_hub_that_lies_opens_nothing_below_the_threshold(threshold: int) -> None:
    """A hub that claims all bins of all members gets what t members named, and no more."""
    agreed = a_round(threshold)
    sets = {n: set(elements(20, first=1000 * n)) for n in range(1, 6)}
    for held in range(2, 6):  # Ten services that two members name, ten that three do, ...
        for number in range(1, held + 1):
            sets[number] |= set(elements(10, first=100_000 * held))
    tables = tables_of(agreed, sets)

    for number, own in tables.items():
        opened = open_answer(agreed, keys_of(agreed), own, _claim(agreed, tables, number))
        assert set(opened.elements) == named_often(sets, threshold)[number]
        assert opened.unproven > agreed.positions / 2


def test_a_token_counts_for_its_point_alone() -> None:
    """A hub that gives one member's tokens out as those of three opens nothing."""
    agreed = a_round(3)
    tables = tables_of(agreed, {1: set(elements(50)), 2: set(elements(50))})
    forged = tables | {n: replace(tables[2], number=n, point=n) for n in (3, 4)}

    claim = _claim(agreed, forged, 1)

    assert open_answer(agreed, keys_of(agreed), tables[1], claim).elements == ()


@pytest.mark.parametrize("whose", [1, 2])
def test_one_point_does_not_count_twice(whose: int) -> None:
    """
    An answer that gives one point to two members, or the own one to another, is none.

    Under two numbers the same token would prove two voices.
    """
    agreed = a_round(3)
    tables = tables_of(agreed, {1: set(elements(50)), 2: set(elements(50))})
    claim = _claim(agreed, tables | {3: replace(tables[whose], number=3)}, 1)

    with pytest.raises(MalformedDocument, match="two members have the same point"):
        open_answer(agreed, keys_of(agreed), tables[1], claim)


@pytest.mark.parametrize("number", [1, 5])
def test_a_hub_that_deals_one_number_twice_sees_no_bin_agree(number: int) -> None:
    """
    What two of three members have in common stays hidden, whatever numbers the hub deals.

    Seven services at t = 3, and every bin of both tables compared: no share and no token is the
    same, since each member drew its own point.
    """
    agreed = a_round(3, capacity=300)
    keys = keys_of(agreed)
    sets = [elements(7) + elements(200, first=1000 * each) for each in (1, 2)]
    one, other = (
        make_tables(agreed, keys, number, own, seeded(agreed, seed))
        for seed, own in enumerate(sets)
    )

    assert one.point != other.point
    assert not (one.shares == other.shares).any()
    assert not (one.tokens == other.tokens).any()
    by = [multiply(own.shares, inverse(own.point)) for own in (one, other)]
    assert not (by[0] == by[1]).any()


def test_a_point_is_drawn_first_and_never_zero() -> None:
    """From the member's own random bytes: where they say zero, from the next ones."""
    agreed = a_round()
    keys = keys_of(agreed)
    drawn = iter([bytes(16), bytes(15) + b"\x09"])
    stream = seeded(agreed, 1)

    own = make_tables(agreed, keys, 3, (), lambda count: next(drawn, None) or stream(count))
    again = [make_tables(agreed, keys, number, (), seeded(agreed, 1)) for number in (3, 4)]

    assert own.point == 9
    assert again[0].point == again[1].point
    assert make_tables(agreed, keys, 3, (), seeded(agreed, 2)).point != again[0].point


def test_what_is_more_than_a_round_takes_is_chosen_alike() -> None:
    """Members leave out the same, and in another round others; what fits goes in whole."""
    agreed, later = a_round(), a_round(epoch=8)
    own = elements(150)
    chosen = set(choose(agreed, keys_of(agreed), own[::-1] + own))
    others = set(choose(agreed, keys_of(agreed), elements(250, first=50)))

    assert len(chosen) == agreed.capacity
    common = set(elements(100, first=50))
    assert len(chosen & others & common) > 20  # By chance about 100 x 100 / 150 x 100 / 250.
    assert others & common <= chosen
    assert set(choose(later, keys_of(later), own)) != chosen
    assert choose(agreed, keys_of(agreed), own[50:]) == tuple(own[50:])


@given(st.sets(st.integers(0, 400), max_size=300), st.integers(0, 400))
def test_one_element_more_pushes_out_one_at_most(numbers: set[int], more: int) -> None:
    """A finding that enough lines met only just goes in, and at most one other stays out."""
    agreed = a_round()
    pool = elements(401)
    keys = keys_of(agreed)
    before = set(choose(agreed, keys, [pool[at] for at in numbers]))
    after = set(choose(agreed, keys, [pool[at] for at in numbers | {more}]))

    assert after - before <= {pool[more]}
    assert len(before - after) <= len(after - before)


def test_one_proven_bin_opens_nothing() -> None:
    """Two bins have to be proven for each element."""
    agreed = a_round(2)
    sets = {1: set(elements(1)), 2: set(elements(1))}
    tables = tables_of(agreed, sets)
    found = combine(agreed, tables)
    whole = answer_to(1, found, tables)

    for count, opened in ((1, 0), (2, 1), (3, 1)):
        part = replace(
            whole,
            positions=whole.positions[:count],
            members=whole.members[:count],
            tokens=whole.tokens[:count],
        )
        answer = open_answer(agreed, keys_of(agreed), tables[1], part)
        assert (len(answer.elements), answer.unproven) == (opened, 0)


def test_an_answer_for_another_member_is_a_bug() -> None:
    """Numbers have to match."""
    agreed = a_round(2)
    tables = tables_of(agreed, {1: set(), 2: set()})

    with pytest.raises(ValueError, match="another member"):
        open_answer(agreed, keys_of(agreed), tables[1], _claim(agreed, tables, 2))


@pytest.mark.parametrize("what", ["shares", "tokens", "both"])
def test_a_member_that_sends_junk_changes_nothing_for_others(what: str) -> None:
    """
    Junk neither makes an element for others nor hides one that t others hold.

    What it can do: withhold its own voice, where t - 1 others would have needed it.
    """
    agreed = a_round(3)
    sets = {n: set(elements(20)) | set(elements(20, first=1000 * n)) for n in range(1, 6)}
    for number in (1, 2, 5):
        sets[number] |= set(elements(10, first=900_000))  # Needs the voice of member 5.
    tables = tables_of(agreed, sets)
    tables[5] = junk(tables[5], 1, shares=what != "tokens", tokens=what != "shares")

    opened = play(agreed, tables).elements()

    honest = {number: own for number, own in sets.items() if number != 5}
    assert {n: opened[n] for n in honest} == named_often(honest, 3)


def test_bent_shares_win_no_voice() -> None:
    """
    A member with the key makes two others' different services fit, and opens neither.

    Knowing what members 1 and 2 hold, member 3 sets its share on the polynomial through
    theirs wherever these differ, with tokens for what member 1 holds. The hub sees
    groups; members 1 and 2 are shown these bins; tokens do not fit, and nothing is opened.
    """
    agreed = a_round(3)
    keys = keys_of(agreed)
    sets = {n: set(elements(100, first=1000 * n)) for n in (1, 2)}
    tables = tables_of(agreed, sets | {3: set()})
    one, two, three = (tables[n] for n in (1, 2, 3))
    u, v = (multiply(own.shares, inverse(own.point)) for own in (one, two))
    steep = multiply(subtract(v, u), inverse(two.point - one.point))
    line = add(u, multiply(steep, (three.point - one.point) % PRIME))  # Through both, at 3's.
    held = (one.placed != NOBODY) & (two.placed != NOBODY)
    shares = np.where(held, multiply(line, three.point), three.shares)
    tokens = three.tokens.copy()
    blocks = keys.blocks(one.elements)
    for position in np.flatnonzero(held):
        element, insertion = divmod(int(one.placed[position]), INSERTIONS)
        table = int(position) // agreed.bins
        tokens[position] = keys.tokens(
            blocks[element : element + 1], table, insertion, three.point
        )[0]
    tables[3] = replace(three, shares=shares, tokens=tokens)

    played = play(agreed, tables)

    assert len(played.found.positions) == held.sum() > 1000
    assert played.elements() == {1: set(), 2: set(), 3: set()}
    assert played.opened[1].unproven == held.sum()


def test_what_is_secret_is_not_shown() -> None:
    """What may end in a log names neither elements nor shares."""
    own = tables_of(a_round(), {1: set(elements(3))})[1]

    assert repr(own) == "OwnTables(number=1)"
