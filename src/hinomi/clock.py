"""The one place that knows what time it is, so that tests can say so instead."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime

Clock = Callable[[], int]
"""Returns the present in milliseconds since the Unix epoch, UTC."""


def wall_clock() -> int:
    """Read the system's clock, in ms since the Unix epoch."""
    return time.time_ns() // 1_000_000


def render_time(time_ms: int) -> str:
    """Render ms since the Unix epoch as ISO 8601 UTC, to the second, with a final Z."""
    moment = datetime.fromtimestamp(time_ms // 1000, tz=UTC)
    return moment.replace(tzinfo=None).isoformat() + "Z"


def date_of(time_ms: int) -> date:
    """Give the day, UTC, of a time in ms since the Unix epoch."""
    return datetime.fromtimestamp(time_ms // 1000, UTC).date()


def day_of(time_ms: int) -> str:
    """Name the day, UTC, of a time in ms since the Unix epoch, as in 2026-01-31."""
    return date_of(time_ms).isoformat()


def parse_time(text: str) -> int:
    """
    Parse ISO 8601 (a date, or a date and time) to ms since the Unix epoch.

    Args:
        text: For example ``2026-01-31`` or ``2026-01-31T23:00:00Z``; no zone means UTC.

    Raises:
        ValueError: If *text* is no ISO 8601 time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
