"""Rank fusion of the three plain baselines: what a practitioner would do with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.bench.baselines.interface import Baseline, ranked
from hinomi.bench.baselines.known_overlap import KnownOverlap
from hinomi.bench.baselines.odd_ports import OddPorts
from hinomi.bench.baselines.scanner_fan_in import ScannerFanIn
from hinomi.detect import passes
from hinomi.detect.columns import floats, keys, positions
from hinomi.detect.observe import Lists
from hinomi.detect.orient import SERVICE
from hinomi.govern.parameters import Register

# Tuned 2026-11-22, see `tuning`: average precision 0.425, mean over five worlds;
# 10 reaches 0.428, which is no difference, and 60 is what the paper uses.
DAMPING: Final = 60.0


def plain() -> tuple[Baseline, ...]:
    """Give the baselines that are fused, as tuned for themselves."""
    return (OddPorts(), ScannerFanIn(), KnownOverlap())


@dataclass(frozen=True, slots=True, kw_only=True)
class Fused:
    """
    Average the ranks that the plain baselines give a service.

    Notes:
        Ranks say nothing of sampling: nothing changed for 1 in 10,000. Equal scores share
        their mean rank; what one of them leaves out has the rank after its last. Cost: the
        sum of the three.

    Source:
        Average of ranks: Borda's count. Reciprocal ranks: Cormack, Clarke and Buettcher
        (2009), Reciprocal rank fusion, SIGIR.
    """

    name: ClassVar[str] = "fused"
    source: ClassVar[str] = "rank average of the three plain ones; Cormack et al., SIGIR 2009"

    damping: float = DAMPING  # Of reciprocal ranks; infinite: the plain average of ranks.
    of: tuple[Baseline, ...] = field(default_factory=plain)

    def rank(
        self, engine: passes.Engine, survey: passes.Survey, lists: Lists, register: Register
    ) -> pa.Table:
        """Rank as `Baseline.rank` says; the score grows as the mean rank falls."""
        services = survey.services
        among = keys(services, SERVICE)
        score = np.zeros(services.num_rows)
        nothing = 0.0
        for each in self.of:
            table = each.rank(engine, survey, lists, register)
            last = table.num_rows + 1.0
            place = np.full(services.num_rows, last)
            place[positions(keys(table, SERVICE), among)] = mean_ranks(floats(table, "score"))
            score += self._worth(place)
            nothing += float(self._worth(np.array([last]))[0])
        return ranked(services, score - nothing, lists)  # Exactly 0 where none ranks it.

    def alternatives(self) -> Sequence["Fused"]:
        """Vary how much the first ranks count."""
        return [Fused(damping=damping) for damping in (1.0, 10.0, 60.0, np.inf)]

    def _worth(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        return -place if np.isinf(self.damping) else 1.0 / (self.damping + place)


def mean_ranks(descending: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give ranks from 1 to descending scores; equal ones share their mean, shape (n,)."""
    _, group, size = np.unique(-descending, return_inverse=True, return_counts=True)
    last = np.cumsum(size)
    return np.asarray((last - (size - 1) / 2.0)[group], dtype=np.float64)
