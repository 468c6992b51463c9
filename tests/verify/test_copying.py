"""How much of one list is copied from another."""

from typing import Final

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copiedlists import DAYS, FIRST_DAY, mistakes, world
from hinomi.govern.parameters import default_register
from hinomi.verify.copying import TOGETHER, Clue, Copying, History, Kinship, clues

COPYING: Final = Copying()
SEEDS: Final = st.integers(0, 1 << 32)


def weighed(follower: History, leader: History, wrong: set[int] | None = None) -> dict[str, Clue]:
    """Give the clues by their code."""
    return {each.code: each for each in clues(follower, leader, wrong or set(), COPYING)}


def said(found: dict[str, Clue]) -> set[Kinship]:
    """Give all that the clues say."""
    return {each.says(COPYING.copy_share) for each in found.values()}


@settings(max_examples=60, deadline=None)
@given(
    seed=SEEDS,
    entries=st.integers(10, 1_600),
    slow=st.tuples(st.sampled_from([2.0, 4.0, 12.0]), st.sampled_from([2.0, 4.0, 12.0])),
    kind=st.sampled_from([{}, {"heavy": True}, {"weekly": True}]),
)
def test_lists_that_look_for_themselves_are_no_copies(
    seed: int, entries: int, slow: tuple[float, float], kind: dict[str, bool]
) -> None:
    """However good, however slow, however late on the same servers: no clue accuses them."""
    made = world(seed)
    one = made.finder(entries=entries, slow_days=slow[0])
    other = made.finder(entries=entries, slow_days=slow[1], **kind)

    found = weighed(one, other, mistakes(one, other))

    assert Kinship.COPY not in said(found)


@settings(max_examples=40, deadline=None)
@given(
    seed=SEEDS,
    entries=st.integers(100, 1_000),
    late=st.sampled_from([(0, 0), (0, 2), (1, 1), (3, 5), (0, 7)]),
)
def test_a_copy_is_found_whatever_its_delay(seed: int, entries: int, late: tuple[int, int]) -> None:
    """All of it follows within a week, and nearly all of it is said to be copied."""
    made = world(seed)
    leader = made.finder(entries=entries)
    copy = made.copier(leader, {}, share=1.0, entries=entries, late_days=late)

    found = weighed(copy, leader)

    assert found["following"].says(COPYING.copy_share) is Kinship.COPY
    assert found["following"].share > 0.9


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_the_share_of_a_partial_copy_is_estimated(share: float) -> None:
    """Of 60 estimates the median lies near the truth; no leader is accused of following."""
    estimates = []
    for seed in range(60):
        made = world(seed)
        leader, own = made.finder(entries=900), made.finder(entries=900)
        partial = made.copier(leader, own, share=share, entries=900)
        estimates.append(weighed(partial, leader)["following"].share)
        back = weighed(leader, partial)["following"]
        assert back.says(COPYING.copy_share) is not Kinship.COPY

    assert np.median(estimates) == pytest.approx(share, abs=0.06)
    assert np.quantile(np.abs(np.array(estimates) - share), 0.9) < 0.12


def test_the_interval_holds_the_true_share_as_often_as_it_says() -> None:
    """Of 100 partial copies, about ninety true shares or more lie in the interval of 0.9."""
    inside = 0
    for seed in range(100):
        made = world(seed)
        leader, own = made.finder(entries=500), made.finder(entries=500)
        partial = made.copier(leader, own, share=0.5, entries=500)
        found = weighed(partial, leader)["following"]
        inside += found.low <= 0.5 <= found.high

    assert inside >= 85


def test_shared_mistakes_accuse_where_days_cannot() -> None:
    """Two lists of the same day say nothing by their days; by their mistakes they do."""
    keys = range(40)
    one = dict.fromkeys(keys, FIRST_DAY)
    found = weighed(one, one, {1, 3, 5, 7, 9, 11, 13})

    assert found["mistakes"].says(COPYING.copy_share) is Kinship.COPY
    assert not found["following"].is_enough
    assert weighed(one, one, {1, 3})["mistakes"].says(COPYING.copy_share) is Kinship.UNDECIDED


def test_shared_truths_weigh_less_than_shared_mistakes() -> None:
    """The same seven entries in common: as truths nothing, as mistakes a copy."""
    made = world(11)
    one, other = made.finder(entries=300), made.finder(entries=300)
    shared = dict.fromkeys(range(1, 15, 2), FIRST_DAY + 100)

    without = weighed(one | shared, other | shared)
    with_them = weighed(one | shared, other | shared, set(shared))

    assert Kinship.COPY not in said(without)
    assert with_them["mistakes"].says(COPYING.copy_share) is Kinship.COPY


def test_small_lists_tell_nothing() -> None:
    """Twenty entries, all copied, are no proof: whoever asks is told that it is too little."""
    made = world(12)
    leader = made.finder(entries=20)

    assert said(weighed(leader, leader)) == {Kinship.UNDECIDED}


def test_entries_of_one_day_are_one_event() -> None:
    """A thousand entries taken over in one day do not make a habit."""
    leader = {key: FIRST_DAY + key % DAYS for key in range(3_000)}
    bulk = {key: FIRST_DAY + 200 for key in range(3_000) if 195 <= key % DAYS <= 200}
    ends = {10_000: FIRST_DAY, 10_001: FIRST_DAY + DAYS}

    found = weighed(bulk | ends, leader)

    assert said(found) == {Kinship.UNDECIDED}


def test_what_stood_there_at_the_beginning_does_not_count() -> None:
    """The first day of a history is when somebody began to look, not when the list learned."""
    start = dict.fromkeys(range(1_000), FIRST_DAY)
    later = {2_000 + n: FIRST_DAY + n for n in range(DAYS)}

    found = weighed(start | later, start)

    assert found["following"].found == 0


def test_a_copy_together_is_never_accused_by_that_alone() -> None:
    """Two good and quick lists look the same, so this clue can only clear."""
    made = world(13)
    one, other = (made.finder(entries=1_800, slow_days=0.5) for _ in range(2))

    assert weighed(one, other)[TOGETHER].low > COPYING.copy_share
    assert weighed(one, other)[TOGETHER].says(COPYING.copy_share) is Kinship.UNDECIDED


@given(
    one=st.dictionaries(st.integers(0, 50), st.integers(0, 99)),
    other=st.dictionaries(st.integers(0, 50), st.integers(0, 99)),
    wrong=st.sets(st.integers(0, 50)),
)
def test_any_histories_give_shares_and_intervals(
    one: dict[int, int], other: dict[int, int], wrong: set[int]
) -> None:
    """Nothing that a list can hold breaks the estimate or leaves 0..1."""
    for each in clues(one, other, wrong, COPYING):
        assert 0.0 <= each.low <= each.share <= each.high <= 1.0
        assert 0 <= each.found <= each.entries
        assert np.isfinite(each.by_chance)


def test_the_values_come_from_the_register() -> None:
    """What is registered is what is used."""
    register = default_register()
    some = next(iter(register.parameters.values()))
    values = {
        "copy_share": 0.4, "copy_days": 5, "least_entries": 7, "least_days": 3,
        "least_mistakes": 2, "shared_mistakes": 0.2, "interval": 0.8,
    }  # fmt: skip
    for name, value in values.items():
        parameter = msgspec.structs.replace(some, value=value)
        register = register.with_parameter(f"evidence.{name}", parameter)

    assert Copying.from_register(register) == Copying(**values)  # type: ignore[arg-type]  # Mixed kinds.
