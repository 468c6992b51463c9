"""A drill's numbers for Prometheus, as a file that its node exporter collects (textfile)."""

from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from hinomi.services.drillresult import HALF, NINE_TENTHS, Drill
from hinomi.store.durable import replace_durably

_PREFIX: Final = "hinomi_drill_"
_READABLE: Final = 0o644  # The node exporter is another user; there are no addresses in it.


def render_metrics(drill: Drill) -> bytes:
    """Render the numbers of *drill* in the text format of Prometheus."""
    registry = CollectorRegistry()
    kept, watched = drill.record, drill.watched
    single = {
        "timestamp_seconds": ("When the drill ended, Unix time", kept.ran_ms / 1_000),
        "alarm": ("1 if the share attained dropped against earlier drills", int(kept.alarm)),
        "botnets": ("Botnets planted", kept.botnets),
        "found": ("C&C servers found that no list named", kept.found),
        "possible": ("C&C servers that could be found at all", kept.possible),
        "attained": ("Found, as a share of the possible", watched.attained),
        "attained_median": ("Median of the same over earlier drills", watched.median),
        "others": ("Candidates that are neither the drill's nor listed", kept.others),
        "wrong": ("Services of the drill that are no C&C servers and were found", kept.wrong),
    }
    for name, (text, value) in single.items():
        if value is not None:
            Gauge(_PREFIX + name, text, registry=registry).set(value)
    labels = ("pace", "size")
    recall = Gauge(_PREFIX + "recall", "Share of the botnets found", labels, registry=registry)
    bound = Gauge(_PREFIX + "bound", "Share that could be found", labels, registry=registry)
    for cell in drill.cells:
        recall.labels(cell.pace, str(cell.size)).set(cell.recall)
        bound.labels(cell.pace, str(cell.size)).set(cell.possible / max(cell.botnets, 1))
    limit = Gauge(
        _PREFIX + "limit_lines",
        "Smallest botnet of which this share is found",
        ("pace", "share"),
        registry=registry,
    )
    for each in drill.pace_limits:
        for share, size in ((HALF, each.half), (NINE_TENTHS, each.nine_tenths)):
            if size is not None:
                limit.labels(each.pace, str(share)).set(size)
    return generate_latest(registry)


def write_metrics(drill: Drill, path: Path) -> None:
    """
    Put the numbers of *drill* in place of what *path* held: never half of them.

    Raises:
        Unavailable: If the disk refuses; the old file stays.
    """
    replace_durably(path, render_metrics(drill), mode=_READABLE)
