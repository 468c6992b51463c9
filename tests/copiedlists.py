"""Made-up lists whose kinship is known: of their own, copied, copied in part, of one mother."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.verify.copying import History

FIRST_DAY: Final = 20_000
DAYS: Final = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """
    Servers that are born on days of one year, and the lists that find them.

    A server is an even number, a mistake an odd one.
    """

    random: np.random.Generator
    servers: int

    def finder(
        self,
        *,
        entries: int,
        slow_days: float = 4.0,
        mistakes: float = 0.05,
        heavy: bool = False,
        weekly: bool = False,
    ) -> dict[int, int]:
        """
        Make a list that looks for itself.

        Args:
            entries: So many it has, as far as there are servers.
            slow_days: So long after their birth it finds servers, on average.
            mistakes: Share of entries that are its own mistakes.
            heavy: Some take far longer than others (log-normal), instead of geometric.
            weekly: It publishes on one day of the week.
        """
        wrong = round(entries * mistakes)
        right = self.random.choice(self.servers, min(entries - wrong, self.servers), replace=False)
        births = FIRST_DAY + (right * 7919) % DAYS
        if heavy:
            late = self.random.lognormal(np.log(slow_days) - 0.5, 1.0, right.size)
        else:
            late = self.random.geometric(1.0 / (slow_days + 1.0), right.size).astype(np.float64) - 1
        found = dict(zip((2 * right).tolist(), (births + late).astype(int).tolist(), strict=True))
        for key in self.random.integers(1 << 40, size=wrong):
            found[int(2 * key + 1)] = FIRST_DAY + int(self.random.integers(DAYS))
        if weekly:
            found = {key: day + (-day) % 7 for key, day in found.items()}
        return found

    def copier(
        self,
        leader: History,
        own: History,
        *,
        share: float,
        entries: int,
        late_days: tuple[int, int] = (0, 2),
    ) -> dict[int, int]:
        """
        Make a list of which *share* is taken from *leader*, and the rest from *own*.

        What stands in both counts as its own: it would have it without the leader.
        """
        taken = self._some(leader, round(entries * share))
        rest = self._some(own, entries - len(taken))
        late = self.random.integers(late_days[0], late_days[1] + 1, len(taken))
        copied = {key: leader[key] + int(days) for key, days in zip(taken, late, strict=True)}
        return {
            key: min(copied.get(key, 1 << 40), rest.get(key, 1 << 40))
            for key in copied.keys() | rest.keys()
        }

    def _some(self, history: History, count: int) -> dict[int, int]:
        keys = [int(str(key)) for key in history]
        chosen = self.random.permutation(len(keys))[:count]
        return {keys[n]: history[keys[n]] for n in chosen.tolist()}


def world(seed: int, servers: int = 2_000) -> World:
    """Draw a world."""
    return World(random=np.random.default_rng(seed), servers=servers)


def mistakes(*lists: History) -> set[int]:
    """Give the keys that are no servers."""
    return {int(str(key)) for each in lists for key in each if int(str(key)) % 2}
