"""Watching drills: a drop against earlier drills of like windows is an alarm."""

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hinomi.govern.parameters import Register
from hinomi.store.drills import DrillRecord

_LATEST: Final = 20  # Earlier drills that are looked at: what was years ago is another network.
_HOURS_RATIO: Final = 1.5  # A window so much longer shows other botnets.
_STANDARD_ERRORS: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """How a drill compares with those before it."""

    attained: float | None  # Share of the possible that was found.
    median: float | None  # The same of earlier drills; None: too few.
    earlier: int  # Earlier drills of like windows.
    alarm: bool


def watch(now: DrillRecord, before: Iterable[DrillRecord], register: Register) -> Watched:
    """
    Compare a drill with earlier ones of like windows.

    Args:
        now: The drill.
        before: All earlier ones, oldest first.
        register: Gives ``drill.drop_tolerance`` and ``drill.earlier_min``.

    Notes:
        It is an alarm if the share attained lies below the median of the earlier ones by
        more than the tolerance, and by more than three standard errors of what chance does
        to this drill: its botnets are found or not, each by itself.
    """
    alike = [each for each in before if _is_alike(now, each)][-_LATEST:]
    shares = [each.attained for each in alike if each.attained is not None]
    attained = now.attained
    if attained is None or len(shares) < max(register.integer("drill.earlier_min"), 1):
        return Watched(attained=attained, median=None, earlier=len(shares), alarm=False)
    median = statistics.median(shares)
    # Of the chance that the median leaves each botnet, not of the drill's own: none found
    # would otherwise look certain.
    recall = min(median * now.possible / now.botnets, 1.0)
    error = math.sqrt(now.botnets * recall * (1.0 - recall)) / now.possible
    drop = max(register.number("drill.drop_tolerance"), _STANDARD_ERRORS * error)
    return Watched(
        attained=attained, median=median, earlier=len(shares), alarm=attained < median - drop
    )


def _is_alike(now: DrillRecord, other: DrillRecord) -> bool:
    longer, shorter = max(now.hours, other.hours), min(now.hours, other.hours)
    return (
        (now.plan, now.sampling_interval) == (other.plan, other.sampling_interval)
        and shorter > 0
        and longer <= _HOURS_RATIO * shorter
    )
