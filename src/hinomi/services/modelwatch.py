"""What every run says of its model: which one it was, and whether the window is like its kind."""

from collections.abc import Mapping

import structlog

from hinomi.detect.drift import Drift, drift
from hinomi.detect.judge import Judgement
from hinomi.services.home import Home
from hinomi.services.models import KeptModel

_log = structlog.get_logger(__name__)


def model_used(kept: KeptModel, judged: Judgement) -> dict[str, object]:
    """Name the model in use for JSON, and tell whether it spoke of this window."""
    return {"name": kept.name, "digest": kept.digest, "spoke": judged.view is not None}


def drift_of(home: Home, judged: Judgement) -> Drift | None:
    """Compare a window with what its model was learned on; None where no model spoke."""
    if judged.view is None:
        return None
    return drift(
        judged.observed.columns,
        judged.observed.several,
        judged.view.model.card,
        judged.survey.extent.interval,
        home.register.number("model.drift_max"),
    )


def warn_of_drift(model: Mapping[str, object], found: Drift | None) -> None:
    """Log a warning where columns drifted, and one where the sampling is another."""
    if found is None:
        return
    if found.drifted:
        _log.warning(
            "window-drifted",
            model=model["name"],
            columns=" ".join(found.drifted),
            threshold=found.threshold,
        )
    if not found.knows_interval:
        _log.warning("sampling-not-learned", model=model["name"], interval=found.interval)
