"""What every run says of its model and of drift."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hinomi.detect.drift import Drift
from hinomi.model.window import Window
from hinomi.services.detecting import Detection, run_detection
from hinomi.services.explaining import explain_service
from hinomi.services.home import Home
from hinomi.services.models import shipped_model
from hinomi.services.modelwatch import warn_of_drift
from teachable import INTERVAL, server, teachable_home

SHIPPED = {"name": "default", "digest": shipped_model().digest}


@pytest.fixture(name="home", scope="module")
def a_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Give a window of which models speak."""
    return teachable_home(tmp_path_factory.mktemp("watch") / "home", windows=1)


@pytest.fixture(name="found", scope="module")
def a_detection(home: Home) -> Detection:
    """Detect once."""
    return run_detection(home, Window(), top=5)


def test_a_result_names_its_model(found: Detection) -> None:
    """Name and digest of what spoke."""
    assert found.model == {**SHIPPED, "spoke": True}


def test_a_result_tells_of_drift(found: Detection) -> None:
    """Every column of the card is compared; this made-up window is unlike what was learned."""
    assert found.drift is not None
    assert found.drift.index.keys() == shipped_model().model.card.measures.keys()
    assert found.drift.services > 60
    assert found.drift.interval == INTERVAL
    assert found.drift.drifted


def test_an_explanation_names_its_model(home: Home) -> None:
    """One service too."""
    told = explain_service(home, server(0), 6, 6_667)

    assert told["model"] == {**SHIPPED, "spoke": True}


def test_where_no_model_speaks_there_is_no_drift(tmp_path: Path) -> None:
    """An empty lake: the model is named, and said not to have spoken."""
    found = run_detection(teachable_home(tmp_path / "home", windows=0), Window(), top=5)

    assert found.model == {**SHIPPED, "spoke": False}
    assert found.drift is None


def _drift(interval: int, **index: float) -> Drift:
    return Drift(
        services=100,
        index=index,
        threshold=0.25,
        spread={},
        interval=interval,
        known_intervals=(1_000, 10_000),
    )


def test_drift_is_logged_above_the_threshold() -> None:
    """By the names of the columns; sampling that was not learned on its own."""
    with capture_logs() as logs:
        warn_of_drift(SHIPPED, _drift(64, span=0.9, habit=0.1))

    drifted, sampled = logs
    assert (drifted["event"], drifted["columns"]) == ("window-drifted", "span")
    assert (sampled["event"], sampled["interval"]) == ("sampling-not-learned", 64)


def test_an_ordinary_window_logs_nothing() -> None:
    """Below the threshold, at a known interval; or no model spoke."""
    with capture_logs() as logs:
        warn_of_drift(SHIPPED, _drift(4_096, span=0.1))
        warn_of_drift(SHIPPED, None)

    assert logs == []
