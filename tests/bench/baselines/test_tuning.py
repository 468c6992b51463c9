"""Tuning by average precision on development worlds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pytest

from hinomi.bench.baselines.forest import TrueForest
from hinomi.bench.baselines.interface import Observed, ranked
from hinomi.bench.baselines.tuning import precision_of, quality, tune
from hinomi.detect import passes
from hinomi.detect.observe import Lists
from hinomi.govern.parameters import Register
from surveys import CC, CC_PORT, LOADER, LOADER_PORT, row_of


@dataclass(frozen=True)
class Oracle:
    """Ranks the C&C after so many others."""

    before: int
    name: ClassVar[str] = "oracle"
    source: ClassVar[str] = "none"

    def rank(
        self, engine: passes.Engine, survey: passes.Survey, lists: Lists, register: Register
    ) -> pa.Table:
        """Put the loader, which is listed, before all."""
        del engine, register
        score = np.zeros(survey.services.num_rows)
        others = [row for row in range(score.size) if row != row_of(survey, CC, CC_PORT)]
        score[others[: self.before]] = 3.0
        score[row_of(survey, CC, CC_PORT)] = 2.0
        score[row_of(survey, LOADER, LOADER_PORT)] = 4.0
        return ranked(survey.services, score, lists)

    def alternatives(self) -> "Sequence[Oracle]":
        """Three settings, the middle one best."""
        return [Oracle(3), Oracle(0), Oracle(1)]


def test_the_best_setting_comes_first(network: Observed) -> None:
    """With its precision on each world."""
    tried = tune(Oracle(3), [network, network])

    assert [each.baseline for each in tried] == [Oracle(0), Oracle(1), Oracle(3)]
    assert tried[0].precision == (1.0, 1.0)
    assert tried[0].mean > tried[1].mean > tried[2].mean > 0


def test_listed_services_count_neither_way(network: Observed) -> None:
    """The listed loader leads the list, and the C&C behind it is the first all the same."""
    assert quality(Oracle(0), network) == 1.0
    assert quality(Oracle(0), replace(network, lists={})) == 0.5


def test_what_the_survey_never_met_counts_as_missed(network: Observed) -> None:
    """A second detectable C&C that is nowhere in the survey halves the precision."""
    row = network.truth.slice(0, 1).to_pylist()[0] | {"remote_port": 7}
    truth = pa.concat_tables([network.truth, pa.Table.from_pylist([row])])

    assert quality(Oracle(0), replace(network, truth=truth)) == 0.5


def test_an_empty_ranking_reaches_nothing(network: Observed) -> None:
    """It is no error either."""
    empty = ranked(network.survey.services, np.zeros(network.survey.services.num_rows), {})

    assert precision_of(empty, network) == 0.0


def test_a_forest_is_trained_on_the_other_worlds(
    network: Observed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never on the one it is judged on."""
    seen: list[Sequence[Observed]] = []

    def remember(self: TrueForest, worlds: Sequence[Observed]) -> TrueForest:
        seen.append(worlds)
        return self

    monkeypatch.setattr(TrueForest, "trained", remember)
    monkeypatch.setattr(TrueForest, "alternatives", lambda self: [self])
    second = replace(network, lists={})

    tune(TrueForest(), [network, second])

    assert [[each is second for each in worlds] for worlds in seen] == [[True], [False]]
