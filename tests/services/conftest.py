"""Homes that are made once: one for each stage of a case, and two with records in their lake."""

from pathlib import Path

import pytest

from docket import NOW_MS, At, stages
from hinomi.model.case import CaseState
from hinomi.model.window import Window
from hinomi.services.detecting import Detection, run_detection
from hinomi.services.home import Home
from household import Household
from observed import with_botnet, with_few_records


@pytest.fixture(scope="session", name="made")
def homes_at_every_stage(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[CaseState | None, Household]:
    """Give one home for each stage; nobody changes these."""
    return stages(tmp_path_factory.mktemp("stages"), lambda: NOW_MS)


@pytest.fixture(name="at")
def a_home_at_a_stage(
    made: dict[CaseState | None, Household], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> At:
    """Give who gives a home of one's own whose case is at a stage; None: that has no case."""

    def copied(stage: CaseState | None = None, name: str = "home") -> Household:
        return made[stage].copy(tmp_path / name, monkeypatch)

    return copied


@pytest.fixture(scope="session", name="botnet")
def a_home_with_a_botnet(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Give a lake with a C&C server that is listed, beside ordinary servers and an own one."""
    return with_botnet(tmp_path_factory.mktemp("botnet"))


@pytest.fixture(scope="session", name="few")
def a_home_with_few_records(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Give a lake with one listed server that four lines met."""
    return with_few_records(tmp_path_factory.mktemp("few"))


@pytest.fixture(scope="session", name="found")
def a_detection(botnet: Home) -> Detection:
    """Detect once, over everything."""
    return run_detection(botnet, Window(), top=50)
