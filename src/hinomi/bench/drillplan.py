"""
What a drill plants: botnets of every size and pace, spread over rounds.

A round must not change the network that it measures: so few lines play bots in it that the
base rate stays the network's own. What does not fit into the rounds is left out, and said.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.detect.limits import PACKETS_A_DAY, SEEN_LINES
from hinomi.errors import ConfigError

_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a bot calls, and how much it says."""

    name: str  # As in `detect.limits.PACKETS_A_DAY`.
    period_s: int
    reconnects: bool  # Each call is a connection of its own.

    @property
    def per_tick(self) -> int:
        """Packets of one call, both directions."""
        return round(PACKETS_A_DAY[self.name] * self.period_s / _DAY_S)


PACES: Final = (
    Pace(name="60 s keep-alive", period_s=60, reconnects=False),
    Pace(name="5 min beacon", period_s=300, reconnects=True),
    Pace(name="hourly beacon", period_s=3_600, reconnects=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedBotnet:
    """One botnet to plant: a C&C server that no list names, and its bots."""

    size: int  # Lines.
    pace: Pace
    scans: bool  # Its bots probe others as well.
    twin: bool  # It has a second C&C server, which the drill's own list names.


def parse_sizes(text: str) -> tuple[int, ...]:
    """
    Read the registered sizes: whole numbers, ascending, separated by spaces.

    Raises:
        ConfigError: If they are none, or one of them is below the lines that make a find.
    """
    words = text.split()
    sizes = tuple(int(word) for word in words if word.isdecimal())
    if not sizes or len(sizes) != len(words) or list(sizes) != sorted(set(sizes)):
        raise ConfigError(
            "register: drill.sizes is no ascending row of whole numbers such as '5 10 20 40'"
        )
    if sizes[0] < SEEN_LINES:
        raise ConfigError(f"register: drill.sizes begins below {SEEN_LINES}, which nobody can find")
    return sizes


def plan_rounds(
    sizes: Sequence[int],
    each: int,
    *,
    rounds: int,
    budget: int,
    shares: tuple[float, float],
    rng: np.random.Generator,
) -> list[list[PlannedBotnet]]:
    """
    Spread *each* botnets of every size and pace over rounds, as far as they fit.

    Args:
        sizes: Lines of a botnet.
        each: Botnets wanted of each size and pace.
        rounds: So many at most.
        budget: Lines that may play bots in one round.
        shares: Of the botnets whose bots scan, and of those with a listed twin, 0..1.
        rng: Source of chance.

    Returns:
        The botnets of each round. First comes one of every size and pace, then a second, so
        that all are planted alike; a round with none is left out.
    """
    room = [budget] * rounds
    placed: list[list[PlannedBotnet]] = [[] for _ in range(rounds)]
    for _ in range(each):
        for size in sizes:
            for pace in PACES:
                scans, twin = (bool(rng.random() < share) for share in shares)
                place = int(np.argmax(room))
                if size <= room[place]:
                    room[place] -= size
                    placed[place].append(
                        PlannedBotnet(size=size, pace=pace, scans=scans, twin=twin)
                    )
    return [botnets for botnets in placed if botnets]


def seen_bound(chance: NDArray[np.float64], *, least: int = SEEN_LINES) -> float:
    """
    Tell how probable it is that at least *least* bots are sampled, each with its own chance.

    Args:
        chance: Probability of each bot to be sampled with its C&C server, shape (bots,), 0..1.
        least: Distinct bots that it takes.

    Returns:
        The upper tail of the Poisson binomial distribution, 0..1.

    Source:
        The recursion over trials: Chen and Liu (1997), Statistica Sinica 7:875.
    """
    below = np.zeros(least)  # P(so many sampled), as long as they are too few.
    below[0] = 1.0
    for each in chance:
        below[1:] = below[1:] * (1.0 - each) + below[:-1] * each
        below[0] *= 1.0 - each
    return float(min(max(1.0 - below.sum(), 0.0), 1.0))


def detection_limit(shares: Iterable[tuple[int, float]], wanted: float) -> int | None:
    """
    Give the smallest size from which on the share found stays at *wanted* or above.

    Args:
        shares: Size in lines and share found, 0..1, of every size planted.
        wanted: Such as 0.5, half of them.

    Returns:
        None where even the largest size stays below.
    """
    limit = None
    for size, share in sorted(shares, reverse=True):
        if share < wanted:
            break
        limit = size
    return limit
