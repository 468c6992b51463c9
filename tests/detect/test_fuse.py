"""Every term stays in its bounds; the sum starts from the base rate."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special

from hinomi.detect import fuse
from hinomi.errors import ConfigError
from hinomi.govern.parameters import Register, default_register

REGISTER = default_register()
Column = NDArray[np.float64]
COUNTS = st.floats(0, 1e9)


def column(*numbers: float) -> Column:
    """Give a column."""
    return np.array(numbers, dtype=np.float64)


def test_a_ledger_adds_its_columns() -> None:
    """Total is the sum; an empty ledger is the base rate."""
    ledger = fuse.Ledger(2)
    assert fuse.probability(0.001, ledger).tolist() == pytest.approx([0.001, 0.001])

    ledger.add("one", column(1.0, 2.0))
    ledger.add("other", column(-0.5, 0.0))

    assert ledger.total().tolist() == [0.5, 2.0]
    expected = special.expit(special.logit(0.001) + column(0.5, 2.0))
    assert fuse.probability(0.001, ledger).tolist() == pytest.approx(expected.tolist())


@pytest.mark.parametrize(("code", "size"), [("one", 2), ("other", 3)])
def test_a_ledger_takes_each_column_once_and_of_its_size(code: str, size: int) -> None:
    """The same code again, or a wrong shape, is the caller's bug."""
    ledger = fuse.Ledger(2)
    ledger.add("one", column(0, 0))

    with pytest.raises(ValueError, match=code):
        ledger.add(code, np.zeros(size))


@given(services=st.integers(0, 10**9), slab=st.none() | st.floats(0, 1))
def test_the_base_rate_stays_where_the_register_says(services: int, slab: float | None) -> None:
    """Between the registered bounds; one C&C in the window is always thought possible."""
    low = REGISTER.number("fuse.base_rate_min")
    high = REGISTER.number("fuse.base_rate_max")

    rate = fuse.base_rate(services, slab, REGISTER)

    assert low <= rate <= high
    assert rate >= min(1 / max(services, 1), high)
    assert rate >= min(slab or 0.0, high)


@given(ratio=st.floats(-100, 1e4), rates=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted))
def test_enrichment_counts_the_less_the_less_of_a_discovery_it_is(
    ratio: float, rates: list[float]
) -> None:
    """Bounded; in full at the registered rate, falling to nothing at 1; never against its sign."""
    ratios = column(ratio, ratio, ratio, ratio)

    sure, near, far, none = fuse.enriched_term(ratios, column(0.0, *rates, 1.0), REGISTER)

    assert fuse.ENRICHED_LEAST <= none <= far <= near <= sure <= fuse.ENRICHED_MOST
    if ratio <= fuse.ENRICHED_FULL:
        assert sure == max(ratio, fuse.ENRICHED_LEAST)
    if ratio > 0:
        assert none == pytest.approx(0.0)
        limit = column(REGISTER.number("enrich.fdr"))
        assert fuse.enriched_term(column(ratio), limit, REGISTER)[0] == pytest.approx(sure)


@given(ratios=st.lists(st.floats(-50, 1_000), min_size=2))
def test_a_larger_ratio_never_ranks_lower(ratios: list[float]) -> None:
    """Bounded softly: the order of ratios stays."""
    term = fuse.enriched_term(column(*sorted(ratios)), np.zeros(len(ratios)), REGISTER)

    assert (np.diff(term) >= 0).all()


@given(clients=st.lists(st.integers(0, 10**6), min_size=1), lines=st.integers(100, 10**6))
def test_a_crowd_lowers_within_bounds(clients: list[int], lines: int) -> None:
    """The more of all lines meet it, the lower; popularity alone never acquits."""
    term = fuse.crowd_term(column(*sorted(clients)), lines, REGISTER)

    assert (np.diff(term) <= 0).all()
    assert (term <= 0).all()
    assert (term >= fuse.CROWD_LEAST).all()


def test_shares_of_a_small_network_mean_nothing() -> None:
    """Below a hundred lines everybody may meet a service."""
    assert fuse.crowd_term(column(99), 99, REGISTER).tolist() == [0]
    assert fuse.crowd_term(column(99), 100, REGISTER)[0] < -1


@pytest.mark.parametrize(
    ("packets_in", "packets_out", "lines", "expected"),
    [(0, 20, 3, -3), (0, 19, 3, 0), (0, 20, 2, 0), (1, 19, 3, 0), (10, 10, 3, 0)],
)
def test_what_hardly_answers_is_a_victim(
    packets_in: int, packets_out: int, lines: int, expected: int
) -> None:
    """Twenty packets of three lines without an answer speak against; less is chance."""
    term = fuse.one_way_term(column(packets_in), column(packets_out), column(lines))

    assert term.tolist() == [expected]


@given(silent=COUNTS, clients=COUNTS)
def test_targets_lower_within_bounds(silent: float, clients: float) -> None:
    """Only where more lines knocked than spoke, by three units at most."""
    (term,) = fuse.target_term(column(silent), column(clients))

    assert -3.0 <= term <= 0.0
    assert term == 0 or silent > clients


@given(several=st.integers(0, 10**6), share=st.floats(0, 1))
def test_not_coming_back_is_a_chance_within_bounds(several: int, share: float) -> None:
    """Up to 0.95 where none of the clients seen twice returned, nothing where a third did."""
    (chance,) = fuse.momentary_chance(column(several), column(several * share))

    assert 0.0 <= chance <= 0.95
    if several < 3 or share >= 0.31:
        assert chance == 0
    if several >= 3 and share == 0:
        assert chance == pytest.approx(0.95 * several / (several + 2))


@given(packets=st.integers(0, 10**6), size=st.floats(0, 1_500))
def test_full_packets_are_a_chance_within_bounds(packets: int, size: float) -> None:
    """Short packets, or fewer than five, say nothing; full ones nearly all."""
    (chance,) = fuse.transfer_chance(column(packets), column(packets * size))

    assert 0.0 <= chance < 0.96
    if packets < 5 or size <= 499:
        assert chance == 0
    if packets >= 5 and size >= 1_201:
        assert chance > 0.95


@given(before=st.floats(-20, 15), chance=st.floats(0, 0.95))
def test_another_part_counts_in_full_however_sure(before: float, chance: float) -> None:
    """P(botnet server) x P(no other part): never in favour, never drowned."""
    (term,) = fuse.other_part(column(before), column(chance))

    assert term <= 1e-6
    assert special.expit(before + term) == pytest.approx(special.expit(before) * (1 - chance))


@given(lasted_ms=st.floats(0, 1e9), clients=st.integers(0, 50), hours=st.integers(0, 400))
def test_what_all_met_at_once_is_an_event(lasted_ms: float, clients: int, hours: int) -> None:
    """Only in windows of a day, of three clients or more, and below two hours."""
    (found,) = fuse.brief_term(column(lasted_ms), column(clients), hours)

    speaks = hours >= 24 and clients >= 3 and lasted_ms < 7_200_000
    assert fuse.BRIEF_LEAST <= found <= 0
    assert speaks or found == 0
    assert fuse.brief_term(column(0), column(3), 24)[0] == fuse.BRIEF_LEAST


def test_the_order_of_contact_and_infection_tells() -> None:
    """None before: the more, the surer, up to 3. Half before: as with anybody. None: nothing."""
    fresh = fuse.onset_term(column(1, 4, 400), column(0, 0, 0))
    usual = fuse.onset_term(column(0, 40, 40), column(0, 20, 40))

    assert fresh[0] < fresh[1] < fresh[2] == 3.0
    assert usual.tolist() == pytest.approx([0.0, np.log(0.5), np.log(0.5)], abs=1e-3)


@given(mesh=st.floats(0, 1), clients=st.integers(0, 10**6))
def test_meshes_lower_within_bounds(mesh: float, clients: int) -> None:
    """Only above half of the clients and on uncommon ports, by three units at most."""
    found = fuse.mesh_term(
        column(mesh * clients, mesh * clients), column(clients, clients), np.array([True, False])
    )

    assert -3.0 <= found[0] <= 0.0
    assert found[1] == 0
    if mesh < 0.49:
        assert found[0] == 0


@given(prior=st.floats(5e-6, 1e-3))
def test_a_list_lifts_to_its_reliability(prior: float) -> None:
    """Whatever the base rate: with the port, without it, and as much of it as is alive."""
    listed, alive = np.array([1, 1, 1, 0], dtype=bool), np.array([1.0, 1.0, 0.5, 1.0])
    names_port = np.array([1, 0, 1, 1], dtype=bool)
    ledger = fuse.Ledger(4)
    ledger.add("listed", fuse.listed_term(listed, alive, names_port, prior, REGISTER))

    found = fuse.probability(prior, ledger)

    exact = REGISTER.number("known.right_share")
    address = REGISTER.number("known.right_share_address")
    assert found.tolist() == pytest.approx([exact, address, exact / 2, prior])


def test_what_is_called_in_vain_is_dead() -> None:
    """Who spoke with it shows it alive; every call without an answer halves the odds, to 1/33."""
    spoke = np.array([True, False, False, False, False])

    asked = column(9, 0, 1, 3, 10**9)
    found = fuse.alive_chance(spoke, asked, tcp=np.ones(5, dtype=bool))

    assert found[:4].tolist() == pytest.approx([1.0, 1 / 2, 1 / 3, 1 / 9])
    assert found[4] == pytest.approx(1 / 33)


def test_of_udp_one_direction_may_be_all_that_is_seen() -> None:
    """However much was sent without an answer: one in three is in use."""
    found = fuse.alive_chance(np.zeros(2, bool), column(1, 20), tcp=np.zeros(2, bool))

    assert found.tolist() == pytest.approx([1 / 3, 1 / 3])


def test_a_sinkhole_is_no_cc_however_enriched() -> None:
    """All that enrichment can say, at the highest base rate, stays below even odds."""
    ledger = fuse.Ledger(1)
    ledger.add("enriched", column(fuse.ENRICHED_MOST))
    ledger.add("sinkhole", column(fuse.SINKHOLE))

    assert fuse.probability(REGISTER.number("fuse.base_rate_max"), ledger)[0] < 0.5


def taught(shift: float, slope: float) -> Register:
    """Give a register in which answered cases taught something."""
    like = REGISTER.parameters["fuse.behaviour_most"]
    register = REGISTER
    for name, value in (("fuse.answers_shift", shift), ("fuse.answers_slope", slope)):
        register = register.with_parameter(name, msgspec.structs.replace(like, value=value))
    return register


def test_a_register_in_which_answers_taught_nothing_changes_no_bit() -> None:
    """0 and 1, stated or not, give the very same numbers."""
    ledger = fuse.Ledger(500)
    ledger.add("any", np.random.default_rng(1).normal(0.0, 9.0, 500))
    plain = special.expit(special.logit(0.001) + ledger.total())

    assert fuse.answers(REGISTER) == fuse.answers(taught(0.0, 1.0)) == fuse.Answers()
    assert np.array_equal(fuse.probability(0.001, ledger), plain)
    assert np.array_equal(fuse.probability(0.001, ledger, fuse.answers(taught(0.0, 1.0))), plain)


@given(
    shift=st.floats(-5, 5),
    slope=st.floats(0.05, 5),
    weights=st.lists(st.floats(-15, 15), min_size=2, max_size=20),
)
def test_what_answers_taught_keeps_the_ranks(
    shift: float, slope: float, weights: list[float]
) -> None:
    """More evidence is never less probable, and the ledger stays as it is."""
    ledger = fuse.Ledger(len(weights))
    ledger.add("any", column(*sorted(weights)))

    moved = fuse.probability(0.001, ledger, fuse.answers(taught(shift, slope)))

    assert (np.diff(moved) >= 0).all()
    assert ledger.total().tolist() == sorted(weights)
    expected = special.expit(shift + slope * (special.logit(0.001) + column(*sorted(weights))))
    assert moved.tolist() == pytest.approx(expected.tolist())


@pytest.mark.parametrize("slope", [0.0, -0.5])
def test_a_slope_that_turns_ranks_round_is_refused(slope: float) -> None:
    """One line names the parameter."""
    with pytest.raises(ConfigError, match=r"fuse\.answers_slope"):
        fuse.answers(taught(0.0, slope))
