"""Suspects among clients: share and not count, against a null that the window teaches."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special, stats

from hinomi.detect import enrich
from hinomi.detect.enrich import Enrichment, Null
from hinomi.govern.parameters import Register, default_register

Column = NDArray[np.float64]
REGISTER = default_register()
NOTHING = np.zeros(0)
UNTAUGHT = enrich.learn_null(NOTHING, NOTHING, NOTHING)
SHIFTS = np.arange(-3.0, 5.01, 0.5)


def point_null(shift: float = 0.0) -> Null:
    """Give the null in which benign services differ from expectation by *shift* alone."""
    return Null(np.isclose(SHIFTS, shift).astype(np.float64), 0.001)


def weighed(
    clients: Column, seen: Column, expected: Column, null: Null = UNTAUGHT, least: float = 0.0
) -> Enrichment:
    """Weigh services by the shipped register."""
    shares = np.full(clients.size, least)
    return enrich.enrich(clients, seen, expected, null=null, least_share=shares, register=REGISTER)


def column(*numbers: float) -> Column:
    """Give a column."""
    return np.array(numbers, dtype=np.float64)


@settings(deadline=None)
@given(clients=st.integers(1, 500), share=st.floats(1e-6, 1e-3))
def test_more_suspects_never_lower_the_ratio(clients: int, share: float) -> None:
    """Where suspects are rare, as they are: one more suspect speaks no less for a C&C."""
    seen = np.arange(clients + 1, dtype=np.float64)
    met = np.full(seen.size, float(clients))

    ratio = weighed(met, seen, met * share).log_ratio

    assert np.diff(ratio).min() > -1e-9
    assert ratio[-1] > ratio[0]


@settings(deadline=None)
@given(clients=st.integers(1, 500), share=st.floats(1e-3, 0.5))
def test_where_suspects_are_common_the_grids_make_small_steps_at_most(
    clients: int, share: float
) -> None:
    """The two grids of shares overlap there: a suspect more may cost a third of a unit."""
    seen = np.arange(clients + 1, dtype=np.float64)
    met = np.full(seen.size, float(clients))

    ratio = weighed(met, seen, met * share).log_ratio

    assert np.diff(ratio).min() > -1 / 3


@settings(deadline=None)
@given(clients=st.integers(2, 300), share=st.floats(1e-6, 0.5))
def test_more_suspects_never_raise_the_p_value(clients: int, share: float) -> None:
    """As many suspects or more: the more were seen, the rarer by chance."""
    seen = np.arange(clients + 1, dtype=np.float64)
    met = np.full(seen.size, float(clients))

    found = weighed(met, seen, met * share)

    assert (np.diff(found.chance) <= 1e-12).all()
    assert found.chance[0] == 1.0
    assert ((found.chance >= 0) & (found.chance <= 1)).all()


@pytest.mark.parametrize("share", [0.002, 0.02, 0.1])
def test_p_values_are_conservative_under_the_null(share: float) -> None:
    """Drawn from the null itself, p-values below a come in at most a of the services."""
    chance = np.random.default_rng(11)
    weights = np.array([0.2, 0.6, 0.2])
    shifts = chance.choice([-0.5, 0.0, 0.5], p=weights, size=40_000)
    clients = chance.integers(2, 200, shifts.size).astype(np.float64)
    truth = special.expit(special.logit(share) + shifts)
    seen = chance.binomial(clients.astype(int), truth).astype(np.float64)
    null = Null(
        np.array([dict(zip((-0.5, 0.0, 0.5), weights, strict=True)).get(s, 0.0) for s in SHIFTS]),
        0.01,
    )

    found = weighed(clients, seen, clients * share, null)

    for level in (0.001, 0.01, 0.05, 0.2):
        slack = 4 * np.sqrt(level / shifts.size)
        assert (found.chance <= level).mean() <= level + slack
    assert (found.rate <= 0.05).sum() <= 2


def test_with_a_null_of_no_scatter_the_p_value_is_the_binomial_tail() -> None:
    """Whole suspects, no shift: P(X >= seen) of a binomial."""
    found = weighed(column(20), column(6), column(2), point_null())

    assert found.chance[0] == pytest.approx(stats.binom.sf(5, 20, 0.1))


def test_weighed_suspects_are_rounded_down_from_seven_tenths() -> None:
    """0.7 counts as one, 0.69 as none, 1.69 as one."""
    met, expected = np.full(4, 20.0), np.full(4, 0.2)

    chance = weighed(met, column(0.69, 0.7, 1.0, 1.69), expected, point_null()).chance

    assert chance[0] == 1.0
    assert chance[1] == pytest.approx(chance[2]) == pytest.approx(chance[3])
    assert chance[2] == pytest.approx(1 - 0.99**20)


def test_a_popular_service_of_ordinary_share_is_no_discovery() -> None:
    """Ten thousand clients of whom as many are suspects as among all: however many that is."""
    base = 0.01
    clients = np.append(np.full(300, 50.0), 10_000.0)
    seen = np.append(np.random.default_rng(3).binomial(50, base, 300), 100.0).astype(np.float64)
    null = enrich.learn_null(clients, seen, clients * base)

    found = weighed(clients, seen, clients * base, null)

    assert found.rate[-1] > REGISTER.number("enrich.fdr")
    assert found.log_ratio[-1] < 0
    assert found.effect[-1] == pytest.approx(1.0)


def test_the_share_matters_and_not_the_count() -> None:
    """Nine suspects of ten clients beat forty of ten thousand, where one in a hundred is usual."""
    few, many = weighed(column(10, 10_000), column(9, 40), column(0.1, 100)).log_ratio

    assert few > 10
    assert many < 0


def test_a_popular_service_that_is_mostly_suspects_is_found_too() -> None:
    """Popularity alone acquits nobody."""
    found = weighed(column(2_000), column(1_800), column(20))

    assert found.log_ratio[0] > 100
    assert found.rate[0] < 1e-9


def test_missing_evidence_is_nearly_neutral() -> None:
    """A service without suspects loses at most what silent families leave: ln 0.3."""
    clients = column(1, 5, 50, 5_000)

    ratio = weighed(clients, np.zeros(4), clients * 0.01).log_ratio

    silent = np.log(REGISTER.number("enrich.silent_families"))
    assert (ratio >= silent - 1e-9).all()
    assert (ratio < 0).all()


def test_what_nobody_spoke_with_says_nothing() -> None:
    """No clients: ratio 0, p-value 1, no discovery."""
    found = weighed(column(0), column(0), column(0))

    assert (found.log_ratio[0], found.chance[0], found.rate[0]) == (0.0, 1.0, 1.0)


def test_one_client_is_never_a_discovery() -> None:
    """A single suspected client cannot enrich, and does not cost the others."""
    clients, seen = column(1, 20), column(1, 15)
    alone = weighed(clients[1:], seen[1:], clients[1:] * 0.001)

    found = weighed(clients, seen, clients * 0.001)

    assert found.rate[0] == 1.0
    assert found.rate[1] == alone.rate[0]


def test_a_cloud_must_show_what_its_family_shows() -> None:
    """Where a sister shows a share of 0.65, a share of 0.2 speaks less for a C&C."""
    clients, seen, expected = column(100), column(20), column(5)

    free = weighed(clients, seen, expected).log_ratio[0]
    bound = weighed(clients, seen, expected, least=0.65).log_ratio[0]

    assert bound < 0 < free


@given(least=st.floats(0, 1))
def test_every_least_share_leaves_a_share_to_show(least: float) -> None:
    """Even a least share of 1 leaves the largest of the grid: the ratio stays a number."""
    found = weighed(column(10), column(10), column(0.1), least=least)

    assert np.isfinite(found.log_ratio[0])
    assert found.log_ratio[0] > 10


def simple_null(shift: float, size: int, cc: int) -> tuple[Column, Column, Column]:
    """Draw benign services that differ from expectation by *shift*, and *cc* C&Cs last."""
    chance = np.random.default_rng(7)
    clients = chance.integers(50, 400, size + cc).astype(np.float64)
    expected = clients * 0.02
    share = np.full(size + cc, special.expit(special.logit(0.02) + shift))
    share[size:] = 0.8
    return clients, chance.binomial(clients.astype(int), share).astype(np.float64), expected


@pytest.mark.parametrize("shift", [-1.0, 0.0, 1.0])
def test_the_null_recovers_how_benign_services_scatter(shift: float) -> None:
    """All differ from expectation alike: the weight gathers there."""
    null = enrich.learn_null(*simple_null(shift, 2_000, 0))

    near = np.abs(SHIFTS - shift) <= 0.5
    assert null.weights.sum() == pytest.approx(1.0)
    assert null.weights[near].sum() > 0.95
    assert SHIFTS @ null.weights == pytest.approx(shift, abs=0.1)


def test_the_slab_takes_the_ccs_out_of_the_null() -> None:
    """Forty C&Cs among two thousand: the slab is their share, the null is not widened."""
    null = enrich.learn_null(*simple_null(0.0, 1_960, 40))

    assert null.slab == pytest.approx(0.02, abs=0.005)
    assert null.weights[SHIFTS >= 1.5].sum() < 0.01


@settings(deadline=None)
@given(
    clients=st.lists(st.integers(0, 300), min_size=1, max_size=40),
    share=st.floats(1e-6, 0.5),
    seed=st.integers(0, 2**32 - 1),
)
def test_weights_of_the_null_sum_to_one(clients: list[int], share: float, seed: int) -> None:
    """Whatever is seen: weights are shares that sum to 1, the slab is a share or nothing."""
    met = np.array(clients, dtype=np.float64)
    seen = np.random.default_rng(seed).random(met.size) * met

    null = enrich.learn_null(met, seen, met * share)

    assert null.weights.sum() == pytest.approx(1.0)
    assert (null.weights >= 0).all()
    assert null.slab is None or 0 <= null.slab <= 1
    assert (null.slab is None) == (max(clients) < 2)


@given(activity=st.lists(st.integers(0, 2**40), min_size=1, max_size=50))
def test_activity_has_two_bins_a_doubling(activity: list[int]) -> None:
    """Four times the activity is four bins up; more activity is never a lower bin."""
    lines = np.sort(np.maximum(np.array(activity), 1))

    place = enrich.activity_bin(lines)

    assert (np.diff(place) >= 0).all()
    assert (enrich.activity_bin(lines * 4) == place + 4).all()


def test_a_busy_line_is_expected_to_be_as_suspect_as_busy_lines_are() -> None:
    """Half of the busy lines are suspects, none of the quiet ones: expectation follows."""
    activity = np.repeat([2, 200], 100)
    weight = np.where((activity == 200) & (np.arange(200) % 2 == 0), 1.0, 0.0)

    expected = enrich.expected_weight(activity, weight)

    assert expected[activity == 200] == pytest.approx(np.full(100, 0.5), abs=0.01)
    assert (expected[activity == 2] < 0.01).all()


@given(
    lines=st.lists(st.tuples(st.integers(0, 1_000), st.floats(0, 1)), max_size=60),
)
def test_expectation_is_a_share_of_at_most_a_half(lines: list[tuple[int, float]]) -> None:
    """Never nothing, never more than a half, one per line."""
    activity = np.array([line[0] for line in lines], dtype=np.int64)
    weight = np.array([line[1] for line in lines], dtype=np.float64)

    expected = enrich.expected_weight(activity, weight)

    assert expected.shape == activity.shape
    assert ((expected > 0) & (expected <= 0.5)).all()


def test_the_shipped_register_is_the_one_of_these_tests(register: Register) -> None:
    """The facts above are told for the parameters that ship."""
    assert register.version == REGISTER.version
