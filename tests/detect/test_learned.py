"""The base rate is the window's own; evidence is weighed, lists keep their word within bounds."""

from pathlib import Path
from types import SimpleNamespace
from typing import Final, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from hinomi.detect import fuse, passes
from hinomi.detect.judge import judge
from hinomi.detect.learned import LEAST_LINES, NEVER, View, base_rate, speaks_for, weigh
from hinomi.detect.observe import Observed
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import default_register
from hinomi.model.address import Address
from hinomi.model.listed import ListEntry, ListKind, Role
from surveys import CC, CC_PORT, clock, entry, row_of, small_network, survey
from tinymodels import tiny_model

REGISTER: Final = default_register()
HIGHEST: Final = REGISTER.number("learned.base_rate_max")


def seen(size: int, *, listed: int = 0, alone: int = 0, crowded: int = 0) -> Observed:
    """Give services of which the first are listed, of those the first crowded; the last alone."""
    place = np.arange(size)
    found = SimpleNamespace(
        listed=place < listed,
        teaches=(place < listed) & (place >= crowded),
        several=place < size - alone,
    )
    return cast("Observed", found)


def mixture(rate: float, size: int, apart: float, seed: int) -> NDArray[np.float64]:
    """Draw log likelihood ratios of two bells of which *rate* are C&Cs."""
    rng = np.random.default_rng(seed)
    is_cc = rng.random(size) < rate
    return apart * (rng.normal(size=size) + apart * is_cc) - apart**2 / 2


@pytest.mark.parametrize(("role", "tier"), [(Role.UPPER, 2), (None, 1)])
def test_a_list_names_the_tier_before_the_model(
    engine: DuckEngine, tmp_path: Path, role: Role | None, tier: int
) -> None:
    """The role of an entry stands; without one, its clients tell."""
    found = survey(engine, tmp_path, small_network())
    lists = {ListKind.KNOWN_CC: [entry(CC, CC_PORT, **({"role": role} if role else {}))]}

    judged = judge(engine, found, lists, REGISTER, tiny_model())

    assert judged.tier[row_of(found, CC, CC_PORT)] == tier
    sinkhole = judge(engine, found, {ListKind.SINKHOLES: [entry(CC)]}, REGISTER, tiny_model())
    assert sinkhole.tier[row_of(found, CC, CC_PORT)] == 0


@pytest.mark.parametrize("rate", [0.0005, 0.002, 0.008])
def test_the_base_rate_of_a_known_mixture_is_found(rate: float) -> None:
    """Whatever share was put in comes out, from evidence alone."""
    evidence = mixture(rate, 60_000, 4.0, 5)

    assert base_rate(evidence, seen(60_000), REGISTER) == pytest.approx(rate, rel=0.25)


def test_listed_services_and_those_of_one_line_are_left_out() -> None:
    """Lists do not make C&Cs commoner, and what nobody looked at does not make them rarer."""
    evidence = mixture(0.004, 20_000, 4.0, 6)
    framed = np.concatenate([np.full(500, 9.0), evidence, np.full(50_000, NEVER)])

    whole = base_rate(framed, seen(framed.size, listed=500, alone=50_000), REGISTER)

    assert whole == pytest.approx(base_rate(evidence, seen(evidence.size), REGISTER))


def test_the_base_rate_stays_within_the_register() -> None:
    """Everything suspicious, nothing suspicious, nothing at all."""
    low = REGISTER.number("fuse.base_rate_min")

    assert base_rate(np.full(1_000, 9.0), seen(1_000), REGISTER) == HIGHEST
    assert base_rate(np.zeros(0), seen(0), REGISTER) == HIGHEST
    rate = base_rate(np.full(10**6, -9.0), seen(10**6), REGISTER)
    assert low <= rate < 1e-5


def test_one_cc_is_always_thought_possible() -> None:
    """In a window where nothing speaks for any, about one in all its services."""
    assert 0.5e-4 < base_rate(np.full(10_000, -6.0), seen(10_000), REGISTER) < 2e-4


def view_of(evidence: NDArray[np.float64], **columns: NDArray[np.float64]) -> View:
    """Give a view with this evidence."""
    return View(tiny_model(), dict(columns), evidence)


def test_evidence_moves_a_list_within_bounds() -> None:
    """Listed: up to 4 up, 2 down, 6 down in a crowd; unlisted: in full. One line: lists alone."""
    ledger = fuse.Ledger(6)
    evidence = np.array([-9.0, 9.0, -9.0, 1.0, -9.0, 9.0])
    observed = seen(6, listed=4, crowded=1)

    weigh(ledger, view_of(evidence), observed)

    assert ledger.terms["learned"].tolist() == [-6.0, 4.0, -2.0, 1.0, -9.0, 9.0]
    alone = fuse.Ledger(2)
    weigh(alone, view_of(np.array([NEVER, NEVER])), seen(2, listed=1, alone=2))
    assert alone.terms["learned"].tolist() == [0.0, NEVER]


def test_likely_servers_have_a_tier() -> None:
    """Fronts among the clients, or suspects; without even odds, or without both, undecided."""
    fronts, surplus = np.array([0.9, 0.9, 0.0, 0.0]), np.array([9.0, 9.0, 9.0, 0.0])
    view = view_of(np.zeros(4), front_share=fronts, joint_surplus=surplus)

    assert view.tier_of(np.array([0.9, 0.1, 0.9, 0.9])).tolist() == [2, 0, 1, 0]


def test_models_speak_for_sampled_windows_of_many_lines(engine: DuckEngine, tmp_path: Path) -> None:
    """Not where single contacts can be told apart, not for a handful of lines."""
    sampled = survey(engine, tmp_path, small_network())

    assert len(sampled.talking) >= LEAST_LINES
    assert speaks_for(sampled)
    assert not speaks_for(survey(engine, tmp_path, small_network(sampling_interval=1)))
    assert not speaks_for(survey(engine, tmp_path, clock(1, CC, sampling_interval=10_000)))
    assert not speaks_for(survey(engine, tmp_path, []))


def judged_in(
    engine: DuckEngine, folder: Path, buckets: int
) -> tuple[passes.Survey, NDArray[np.float64], NDArray[np.float64]]:
    """Judge the small network by the tiny model, in so many parts."""
    found = survey(engine, folder, small_network(), buckets=buckets)
    judged = judge(engine, found, {}, REGISTER, tiny_model())
    assert judged.view is not None
    return found, judged.view.evidence, judged.probability()


def test_parts_do_not_change_what_a_model_says(engine: DuckEngine, tmp_path: Path) -> None:
    """One part or seven: the same evidence, base rate and probability of every service."""
    one, seven = (judged_in(engine, tmp_path, buckets) for buckets in (1, 7))

    assert one[0].services.to_pylist() == seven[0].services.to_pylist()
    for before, after in zip(one[1:], seven[1:], strict=True):
        assert after == pytest.approx(before, abs=1e-9)


def test_the_same_evidence_twice_is_that_evidence(engine: DuckEngine, tmp_path: Path) -> None:
    """A list imported twice, an entry twice in it, a suspect named by two: nothing moves."""
    found = survey(engine, tmp_path, small_network())
    once = {
        ListKind.KNOWN_CC: [entry(CC, CC_PORT)],
        ListKind.SUSPECTS: [ListEntry(base=Address(1, bot), own=True) for bot in (2, 3, 90)],
    }
    twice = {kind: [*entries, *entries] for kind, entries in once.items()}

    before, after = (judge(engine, found, lists, REGISTER, tiny_model()) for lists in (once, twice))

    assert after.probability().tolist() == before.probability().tolist()
    assert after.kinds == before.kinds
    assert before.kinds["listed"] == 3
    place = row_of(found, CC, CC_PORT)
    assert before.listed[place]
    assert before.view is not None
    assert before.view.evidence[~before.observed.several].tolist() == [NEVER] * int(
        (~before.observed.several).sum()
    )
