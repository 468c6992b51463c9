"""How often somebody may come: a bucket of leave that fills up evenly, one for each name."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

NAMES_MOST: Final = 4096
"""Of so many names the last visit is known; whoever came longest ago is forgotten first."""


class Buckets:
    """Leave to come, by name: so many times at once, and then so many times a minute."""

    def __init__(
        self, *, most: int, per_minute: float, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        """
        Begin with full buckets.

        Args:
            most: What a bucket holds, at least 1.
            per_minute: How fast it fills up again.
            ticks: Seconds that never go back.
        """
        self._most = float(most)
        self._per_second = per_minute / 60
        self._ticks = ticks
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, name: str) -> bool:
        """Take leave out of the bucket of *name* for one time; False: it is empty."""
        with self._lock:
            now_s = self._ticks()
            level, at_s = self._kept.pop(name, (self._most, now_s))
            level = min(self._most, level + (now_s - at_s) * self._per_second)
            may = level >= 1
            self._kept[name] = (level - 1 if may else level, now_s)
            while len(self._kept) > NAMES_MOST:
                self._kept.popitem(last=False)
        return may
