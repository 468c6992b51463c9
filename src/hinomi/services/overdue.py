"""Noticing that retention has not run: what should be gone is still there."""

import structlog

from hinomi.clock import day_of, parse_time
from hinomi.govern.holdings import DataClass
from hinomi.govern.retention import DAY_MS, Cutoffs
from hinomi.services.home import Home

_log = structlog.get_logger(__name__)


def overdue_days(home: Home) -> int:
    """
    Tell for how many whole days flow information has been due; 0 where all is in time.

    It looks at the names of keys alone, and so costs nothing.
    """
    cutoff_ms = Cutoffs(home.register, home.clock()).ms(DataClass.DAY_KEYS)
    due = [day for day in home.keeper.days() if day < day_of(cutoff_ms)]
    return (cutoff_ms - parse_time(due[0])) // DAY_MS - 1 if due else 0


def warn_if_overdue(home: Home) -> None:
    """Log a warning where something has been due for more than a day."""
    if days := overdue_days(home):
        _log.warning("retention-overdue", days=days, do="hinomi retention run")
