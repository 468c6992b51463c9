"""What a service lacks of a C&C server is measured from the likely C&Cs of the window."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.detect.contrast import lacking, turned, typical
from hinomi.detect.features import Columns
from hinomi.detect.judge import Judgement, judge
from hinomi.detect.model import ORDINARY, Model
from hinomi.engine.duckdb import DuckEngine
from surveys import small_network, survey
from tinymodels import SMALL, tiny_model

USUAL = {"enriched": 4.0, "alike": 3.0, "upper": 0.2, "onset": -0.1}
WEIGHTS = st.floats(-10, 10)


class Tabular(Model):
    """A model that says of each service how many of them come before it."""

    def contributions(self, columns: Columns, row: int) -> dict[str, float]:
        """Give the row itself under one reason, its negative under another."""
        return {"alike": float(row), "size": -float(row) * len(columns), ORDINARY: -3.0}


@pytest.fixture(scope="module", name="learned")
def a_learned_judgement(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """Judge the small network, sampled, by a model."""
    folder: Path = tmp_path_factory.mktemp("learned")
    scratch = tmp_path_factory.mktemp("scratch")
    with DuckEngine(scratch, threads=1) as engine:
        return judge(engine, survey(engine, folder, small_network()), {}, SMALL, tiny_model())


def with_likely(judged: Judgement, rows: list[int]) -> Judgement:
    """Let the model find *rows* likely, and no other service."""
    assert judged.view is not None
    several = np.full(len(judged.survey.services), 3, dtype=np.int64)
    services = judged.survey.services
    services = services.set_column(services.column_names.index("clients"), "clients", [several])
    evidence = np.full(several.size, -9.0)
    evidence[rows] = 40.0
    view = replace(judged.view, model=Tabular(judged.view.model.card, "", ""), evidence=evidence)
    observed = replace(judged.observed, survey=replace(judged.survey, services=services))
    return replace(judged, observed=observed, view=view)


def test_what_is_typical_is_shown_by_three_in_four_of_the_likely_ones(learned: Judgement) -> None:
    """Of each reason by itself; the evidence on an ordinary service is none."""
    found = typical(with_likely(learned, [0, 1, 2, 3, 9]))

    columns = len(learned.view.columns) if learned.view is not None else 0
    assert found == {"alike": 1.0, "size": -3.0 * columns}


def test_two_likely_ones_do_not_tell_what_is_typical(learned: Judgement) -> None:
    """One of them may be anything: what a service lacks is then not said."""
    assert typical(with_likely(learned, [0, 5])) == {}


def test_without_a_model_nothing_is_typical(learned: Judgement) -> None:
    """The terms of added evidence are measured from no service."""
    assert typical(replace(learned, view=None)) == {}


def test_what_is_typical_is_kept_but_not_beyond_the_judgement(learned: Judgement) -> None:
    """The same object is given again; a judgement made of another looks anew."""
    judged = with_likely(learned, [0, 1, 5])

    assert typical(judged) is typical(judged)
    assert typical(replace(judged, view=None)) == {}


def test_what_a_service_lacks_is_measured_from_a_cc() -> None:
    """Hardly more suspects than an ordinary service's: far fewer than a C&C's."""
    told = lacking({"enriched": 0.5, ORDINARY: -3.0}, USUAL)

    assert told == {"enriched": -3.5, ORDINARY: 1.0}


def test_what_a_service_has_of_a_cc_speaks_for_it_still() -> None:
    """Why it was looked at is not lost, and what speaks against a C&C as well stays."""
    parts = {"alike": 2.0, "upper": 0.3, "onset": -0.5, "size": -2.0, ORDINARY: -3.0}

    assert lacking(parts, USUAL) == parts


def test_without_what_is_typical_nothing_changes() -> None:
    """As is told of a window without likely C&Cs."""
    parts = {"alike": 0.1, ORDINARY: -3.0}

    assert lacking(parts, {}) == parts


@given(
    st.dictionaries(st.sampled_from([*USUAL, "size"]), WEIGHTS),
    st.dictionaries(st.sampled_from([*USUAL, "size"]), WEIGHTS),
    WEIGHTS,
)
def test_the_sum_is_kept(parts: dict[str, float], usual: dict[str, float], start: float) -> None:
    """Whatever is compared with what, the reasons weigh what the model said."""
    parts = {**parts, ORDINARY: start}

    told = lacking(parts, usual)

    assert told.keys() == parts.keys()
    assert sum(told.values()) == pytest.approx(sum(parts.values()), abs=1e-9)
    assert all(told[code] <= parts[code] for code in parts if code != ORDINARY)


@pytest.mark.parametrize(
    ("code", "numbers", "said"),
    [
        ("alike", {}, "not-alike"),
        ("enriched", {}, "not-enriched"),
        ("manner", {}, "manner"),
        ("persistence", {"several": 5, "returned": 2}, "momentary"),
        ("persistence", {"several": 4, "returned": 2}, "persistence"),
        ("size", {"size_in": 1_300.0}, "transfer"),
        ("size", {"size_in": 90.0}, "size"),
        ("knocking", {"probing_share": 0.1, "silent": 0}, "probed"),
        ("knocking", {"probing_share": 0.0, "silent": 2}, "probed"),
        ("knocking", {"probing_share": 0.0, "silent": 0}, "knocking"),
        ("popularity", {"clients": 4}, "few"),
        ("popularity", {"clients": 5}, "popularity"),
    ],
)
def test_what_speaks_against_has_words_of_its_own(
    code: str, numbers: dict[str, float], said: str
) -> None:
    """By what was measured; what speaks for keeps its name."""
    counted = {"suspects": 3, "clients": 4, "joint_share": 0.9, **numbers}

    assert turned(code, -0.1, counted) == said
    assert turned(code, 0.1, counted) == code


@pytest.mark.parametrize(
    ("suspects", "said"), [(0, "joint"), (3, "joint"), (4, "enriched"), (8, "enriched")]
)
def test_suspects_are_not_claimed_where_other_finds_made_them(suspects: int, said: str) -> None:
    """Eight of ten clients are suspects, most of them only since they meet other likely C&Cs."""
    counted = {"suspects": suspects, "clients": 10, "joint_share": 0.8}

    assert turned("enriched", 0.1, counted) == said
