"""The base rate is that of training; evidence is weighed, lists keep their word within bounds."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Final, cast

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from hinomi.detect import fuse, passes
from hinomi.detect.judge import judge
from hinomi.detect.learned import NEVER, View, base_rate, of_listed, speaks_for, weigh
from hinomi.detect.observe import Observed
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import default_register
from hinomi.model.address import Address
from hinomi.model.listed import ListEntry, ListKind, Role
from surveys import CC, CC_PORT, clock, entry, row_of, small_network, survey
from tinymodels import SMALL, tiny_model

REGISTER: Final = SMALL
HIGHEST: Final = REGISTER.number("learned.base_rate_max")
LOWEST: Final = REGISTER.number("fuse.base_rate_min")


def seen(
    size: int, *, listed: int = 0, alone: int = 0, crowded: int = 0, probing: float = 0.0
) -> Observed:
    """Give services of which the first are listed, of those the first crowded; the last alone."""
    place = np.arange(size)
    found = SimpleNamespace(
        listed=place < listed,
        exact=place < listed,
        teaches=(place < listed) & (place >= crowded),
        several=place < size - alone,
        survey=SimpleNamespace(services=pa.table({"clients": np.full(size, 4)})),
        pooled=SimpleNamespace(probing=np.full(size, probing)),
    )
    return cast("Observed", found)


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


@pytest.mark.parametrize(("learned_rate", "used"), [(0.002, 0.002), (0.5, HIGHEST), (1e-9, LOWEST)])
def test_the_base_rate_is_that_of_training_within_the_register(
    learned_rate: float, used: float
) -> None:
    """A window full of suspicion does not make C&Cs commoner."""
    model = tiny_model()
    card = msgspec.structs.replace(model.card, base_rate=learned_rate)

    assert base_rate(replace(model, card=card), REGISTER) == used


def view_of(evidence: NDArray[np.float64], **columns: NDArray[np.float64]) -> View:
    """Give a view with this evidence."""
    none = np.zeros(evidence.size)
    return View(tiny_model(), {"rule_upper": none, **columns}, evidence, none.astype(np.int64))


def test_evidence_moves_a_list_within_bounds() -> None:
    """Listed: 4 up, 1.6 down, 6 down in a crowd; unlisted: in full. One line: lists alone."""
    ledger = fuse.Ledger(6)
    evidence = np.array([-19.0, 19.0, -9.0, 3.0, -9.0, 9.0])
    observed = seen(6, listed=4, crowded=1)

    weigh(ledger, view_of(evidence), observed)

    as_usual = 4.3 * np.log(2.0)
    assert ledger.terms["learned"].tolist() == pytest.approx(
        [-6.0, 4.0, -1.6, 0.4 * (3.0 - as_usual), -9.0, 9.0]
    )
    alone = fuse.Ledger(2)
    weigh(alone, view_of(np.array([NEVER, NEVER])), seen(2, listed=1, alone=2))
    assert alone.terms["learned"].tolist() == [0.0, NEVER]
    scanned = fuse.Ledger(2)
    weigh(scanned, view_of(np.array([NEVER, NEVER])), seen(2, listed=1, alone=2, probing=4.0))
    assert scanned.terms["learned"].tolist() == [-2.5, NEVER]


def test_the_more_clients_the_more_there_should_be_to_see() -> None:
    """The same evidence on a listed service of 2 clients and of 20, 200: less, and no less yet."""
    yes, clients = np.ones(3, dtype=bool), np.array([2, 20, 200])
    few, some, many = of_listed(np.full(3, 4.0), clients, exact=yes, teaches=yes)

    assert few == pytest.approx(1.6)
    assert few > some == many


def test_of_an_address_alone_evidence_tells_which_service_is_meant() -> None:
    """It counts in full, between the same bounds."""
    yes, no = np.ones(3, dtype=bool), np.zeros(3, dtype=bool)

    moved = of_listed(np.array([-9.0, 2.5, 9.0]), np.full(3, 20), exact=no, teaches=yes)

    assert moved.tolist() == [-1.6, 2.5, 4.0]


def test_likely_servers_have_a_tier() -> None:
    """Fronts among the clients, or suspects; without even odds, or without both, undecided."""
    fronts, surplus = np.array([0.9, 0.9, 0.0, 0.0]), np.array([9.0, 9.0, 9.0, 0.0])
    view = view_of(np.zeros(4), front_share=fronts, joint_surplus=surplus)

    assert view.tier_of(np.array([0.9, 0.1, 0.9, 0.9])).tolist() == [2, 0, 1, 0]


def test_models_speak_for_sampled_windows_of_many_lines(engine: DuckEngine, tmp_path: Path) -> None:
    """Not where single contacts can be told apart, not for a handful of lines."""
    sampled = survey(engine, tmp_path, small_network())

    assert speaks_for(sampled, REGISTER)
    assert not speaks_for(sampled, default_register())
    assert not speaks_for(survey(engine, tmp_path, small_network(sampling_interval=1)), REGISTER)
    assert not speaks_for(
        survey(engine, tmp_path, clock(1, CC, sampling_interval=10_000)), REGISTER
    )
    assert not speaks_for(survey(engine, tmp_path, []), REGISTER)


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
