"""The collector's side: found is what t members hold, for any t and any number of members."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from corroborations import a_round, elements, junk, keys_of, named_often, play, tables_of
from hinomi.errors import ConfigError
from hinomi.share.private.combine import answer_to, combine
from hinomi.share.private.field import PRIME, Elements, inverse
from hinomi.share.private.rounds import Round
from hinomi.share.private.shares import OwnTables
from hinomi.share.private.wire import SentTables

_CASES = [(t, n) for t in range(2, 6) for n in range(3, 9)]


@pytest.mark.parametrize(("threshold", "members"), _CASES)
def test_members_open_what_t_of_them_hold_and_nothing_else(threshold: int, members: int) -> None:
    """Random sets of 0 to 100 services of 150, numbers with gaps; fewer than t open nothing."""
    agreed = a_round(threshold)
    chance = np.random.default_rng(100 * threshold + members)
    pool = elements(150)
    numbers = chance.choice(np.arange(1, 64), members, replace=False).tolist()
    sets = {
        number: {pool[at] for at in chance.choice(150, chance.integers(0, 101), replace=False)}
        for number in numbers
    }

    played = play(agreed, tables_of(agreed, sets, seed=threshold))

    assert played.elements() == named_often(sets, threshold)
    assert all(opened.unproven == 0 for opened in played.opened.values())


def test_fewer_members_than_the_threshold_find_nothing() -> None:
    """Two members with the same services at t = 3, and none at all."""
    agreed = a_round(3)
    tables = tables_of(agreed, {1: set(elements(50)), 2: set(elements(50))})

    assert play(agreed, tables).elements() == {1: set(), 2: set()}
    assert len(combine(agreed, {}).positions) == 0


@pytest.mark.parametrize("threshold", [2, 3, 4])
def test_found_is_what_interpolating_every_set_finds(threshold: int) -> None:
    """Each set of t whose polynomial is 0 at 0 lies in a group, and each group consists of such."""
    agreed = a_round(threshold)
    sets = {n: set(elements(30)) | set(elements(30, first=200 * (n % 2))) for n in range(1, 6)}
    tables = tables_of(agreed, sets)
    found = combine(agreed, tables)
    groups = set(zip(found.positions.tolist(), found.members.tolist(), strict=True))

    fitting = set()
    for chosen in combinations(sorted(tables), threshold):
        mask = sum(1 << number for number in chosen)
        fitting |= {(position, mask) for position in _zeros([tables[number] for number in chosen])}
    by_position: dict[int, list[int]] = {}
    for position, group in groups:
        by_position.setdefault(position, []).append(group)

    assert all(
        sum(group & mask == mask for group in by_position[position]) == 1
        for position, mask in fitting
    )
    assert {
        (position, sum(1 << number for number in chosen))
        for position, group in groups
        for chosen in combinations([n for n in tables if group >> n & 1], threshold)
    } == fitting


def _zeros(chosen: list[OwnTables]) -> list[int]:
    """Interpolate the shares of *chosen* at 0 in whole numbers; name the positions with zero."""
    weights = []
    for one in chosen:
        weight = 1
        for other in chosen:
            if other is not one:
                weight = weight * other.point * inverse(other.point - one.point) % PRIME
        weights.append(weight)
    columns = zip(*(one.shares.tolist() for one in chosen), strict=True)
    return [
        position
        for position, column in enumerate(columns)
        if sum(w * s for w, s in zip(weights, column, strict=True)) % PRIME == 0
    ]


def _given(number: int, shares: Elements, point: int | None = None) -> SentTables:
    """Describe what a member sent; its tokens are its number."""
    tokens = np.full(len(shares), number, np.uint32)
    return SentTables(number, b"", _point(number) if point is None else point, shares, tokens)


def _point(number: int) -> int:
    """Give each member a point of its own, which is not its number."""
    return PRIME - 5 * number


def _planted(agreed: Round, polynomials: dict[int, list[int]]) -> dict[int, SentTables]:
    """Give members shares that are random but for bin 5, where they lie on given polynomials."""
    chance = np.random.default_rng(5)
    shares = {
        number: chance.integers(0, PRIME, agreed.positions, np.uint64) for number in polynomials
    }
    for number, coefficients in polynomials.items():
        value = sum(c * _point(number) ** power for power, c in enumerate(coefficients, 1))
        shares[number][5] = value % PRIME
    return {number: _given(number, each) for number, each in shares.items()}


def test_two_groups_in_one_bin_are_told_apart() -> None:
    """Members 1, 2, 3 share one element and 4, 5, 6, 7 another in the same bin."""
    agreed = a_round(3)
    polynomials = {n: [123, 456] if n < 4 else [PRIME - 1, 7] for n in range(1, 8)}
    found = combine(agreed, _planted(agreed, polynomials))

    assert found.positions.tolist() == [5, 5]
    assert sorted(found.members.tolist()) == [0b1110, 0b11110000]


def test_a_false_group_does_not_hide_a_true_one() -> None:
    """Members 1 and 2 bend their shares to fit member 3's: 3, 4 and 5 are found all the same."""
    agreed = a_round(3)
    true, bent = [1000, 2000], [1000 + (2000 - 77) * _point(3), 77]  # The same value at 3's point.
    tables = _planted(agreed, {1: bent, 2: bent, 3: true, 4: true, 5: true})

    found = combine(agreed, tables)

    assert found.positions.tolist() == [5, 5]
    assert sorted(found.members.tolist()) == [0b1110, 0b111000]
    answer = answer_to(3, found, tables)
    assert answer.tokens.tolist() == [1, 2, 4, 5]
    assert answer.points.tolist() == [_point(number) for number in (1, 2, 4, 5)]


@pytest.mark.parametrize("kind", ["random", "zeros", "copied", "constant"])
def test_junk_makes_no_group_for_others(kind: str) -> None:
    """Whatever one member sends, the groups among the others stay the same."""
    agreed = a_round(3)
    sets = {n: set(elements(20)) | set(elements(50, first=1000 * n)) for n in range(1, 6)}
    tables = tables_of(agreed, sets)
    without = combine(agreed, {n: own for n, own in tables.items() if n != 5})

    found = combine(agreed, tables | {5: replace(tables[5], shares=_junk(kind, tables))})

    assert (found.positions == without.positions).all()
    assert (found.members == without.members).all()


def _junk(kind: str, tables: dict[int, OwnTables]) -> Elements:
    if kind == "random":
        return junk(tables[5], 2).shares
    if kind == "copied":
        return tables[1].shares
    return np.full_like(tables[5].shares, 0 if kind == "zeros" else PRIME - 1)


def test_everybody_naming_everything_is_found_whole() -> None:
    """Eight members with the same 100 services: groups are whole, not one for each set of t."""
    agreed = a_round(3)
    sets = {n: set(elements(100)) for n in range(1, 9)}
    tables = tables_of(agreed, sets)
    found = combine(agreed, tables)

    assert (found.members == sum(1 << n for n in sets)).all()
    assert len(np.unique(found.positions)) == len(found.positions) > agreed.positions / 4


def test_an_answer_names_own_bins_and_others_tokens() -> None:
    """Sets of members come without the member itself; who has no bin gets an empty answer."""
    agreed = a_round(2)
    sets = {1: set(elements(10)), 2: set(elements(10)), 3: set(elements(10, first=500))}
    tables = tables_of(agreed, sets)
    found = combine(agreed, tables)
    answer = answer_to(1, found, tables)

    assert (answer.positions == found.positions).all()
    assert (answer.members == 1 << 2).all()
    assert (answer.tokens == tables[2].tokens[found.positions]).all()
    assert answer.points.tolist() == [tables[2].point]
    assert len(answer_to(3, found, tables).positions) == 0


def test_another_key_is_nobodys_voice() -> None:
    """A member with an old key is in no group, and what it holds stays its own."""
    agreed = a_round(2)
    own = {1: set(elements(50)), 2: set(elements(50))}
    tables = tables_of(agreed, own)
    tables[2] = tables_of(agreed, own, bytes(32))[2]

    assert play(agreed, {1: tables[1], 2: replace(tables[2])}).found.positions.size == 0
    assert keys_of(agreed).check_value() != keys_of(agreed, bytes(32)).check_value()


def test_what_cannot_be_combined_is_refused() -> None:
    """Shares of another size, numbers or points that are none, one point twice, work of hours."""
    agreed = a_round(3)
    with pytest.raises(ValueError, match="not of this round"):
        combine(agreed, {1: _given(1, np.zeros(5, np.uint64))})
    none = np.zeros(agreed.positions, np.uint64)
    with pytest.raises(ValueError, match="number"):
        combine(agreed, {0: _given(1, none)})
    for point in (0, PRIME):
        with pytest.raises(ValueError, match="evaluation point"):
            combine(agreed, {1: _given(1, none, point)})
    with pytest.raises(ValueError, match="the same point"):
        combine(agreed, {1: _given(1, none, 7), 2: _given(2, none, 7)})
    large = a_round(6, capacity=10_000)
    same = np.zeros(large.positions, np.uint64)
    with pytest.raises(ConfigError, match="60 members"):
        combine(large, {number: _given(number, same) for number in range(1, 61)})


def _missing_together(shared: int) -> float:
    """Correlate where members 1 and 2 are seen beside 3, 4 and 5; all five name 60 services."""
    agreed = a_round(3, capacity=300)
    seen = []
    for seed in range(6):
        sets = {n: set(elements(60)) for n in range(1, 6)}
        for number in (1, 2):
            sets[number] |= set(elements(shared, first=5_000))
            sets[number] |= set(elements(240 - shared, first=10_000 * number))
        tables = tables_of(agreed, sets, bytes([seed]) * 32, seed)
        members = combine(agreed, tables).members
        seen.append(members[members & np.uint64(0b111000) == 0b111000])
    together = np.concatenate(seen).astype(np.int64)
    return float(np.corrcoef(together >> 1 & 1, together >> 2 & 1)[0, 1])


def test_the_hub_can_work_out_how_much_two_members_share() -> None:
    """
    What the protocol does not hide: the size of what two members share below the threshold.

    The more they share, the more often both are pushed aside in the same bins.
    """
    assert _missing_together(0) < 0.3
    assert _missing_together(160) > 0.5
