"""Homes at each stage of a case, by the wall's clock: commands know no other."""

from pathlib import Path

import pytest

from docket import At, stages
from hinomi.clock import wall_clock
from hinomi.model.case import CaseState
from household import Household


@pytest.fixture(scope="session", name="made")
def homes_at_every_stage(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[CaseState | None, Household]:
    """Give one home for each stage; nobody changes these."""
    return stages(tmp_path_factory.mktemp("stages"), wall_clock)


@pytest.fixture(name="at")
def a_home_at_a_stage(
    made: dict[CaseState | None, Household], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> At:
    """Give who gives a home of one's own whose case is at a stage; None: that has no case."""

    def copied(stage: CaseState | None = None, name: str = "home") -> Household:
        return made[stage].copy(tmp_path / name, monkeypatch)

    return copied
