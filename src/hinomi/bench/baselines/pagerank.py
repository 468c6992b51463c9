"""Personalised PageRank over who talks to whom, from listed C&Cs and scanning lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse

from hinomi.bench.baselines.interface import ranked
from hinomi.bench.baselines.known_overlap import teachers
from hinomi.bench.baselines.scanner_fan_in import scanning_lines
from hinomi.detect import passes
from hinomi.detect.columns import floats, keys, positions
from hinomi.detect.observe import Lists
from hinomi.detect.orient import LINE, SERVICE
from hinomi.govern.parameters import Register

# Tuned 2026-11-22, see `tuning`: average precision 0.259, mean over five worlds; walks that
# restart in 0.15 of the steps reach 0.261, which is no difference and takes thrice as long.
RESTART: Final = 0.5
LISTED_SHARE: Final = 0.2
DEGREE_POWER: Final = 0.75

_STEPS_MOST: Final = 100
_CLOSE: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRank:
    """
    Rank by personalised PageRank on the graph of lines and the services they spoke with.

    Notes:
        BotTrack runs HITS-like scores on the host dependency graph, clusters them and marks
        the cluster that holds honeypot hits; with a known set the personalised walk is the
        same idea in its usual form. Changed for 1 in 10,000: edges are not weighted, since
        a pair is hardly seen twice; the walk is divided by a power of the degree, without
        which public services lead. Cost: 8 bytes an edge to fetch, two sparse matrices of
        12 bytes an edge, some dozens of products.

    Source:
        Francois, Wang, State and Engel (2011), BotTrack, NETWORKING. Personalised walk:
        Jeh and Widom (2003), WWW.
    """

    name: ClassVar[str] = "pagerank"
    source: ClassVar[str] = "BotTrack, NETWORKING 2011 (PageRank from seeds)"

    restart: float = RESTART  # Chance of each step to return to a seed, 0..1.
    listed_share: float = LISTED_SHARE  # Of the restarts, those at listed C&Cs; else scanners.
    degree_power: float = DEGREE_POWER  # 0 ranks by the walk alone, 1 by walk per client.

    def rank(
        self, engine: passes.Engine, survey: passes.Survey, lists: Lists, register: Register
    ) -> pa.Table:
        """Rank as `Baseline.rank` says; the score is the walk's share over clients^power."""
        services = survey.services
        clients = floats(services, "clients")
        graph = contact_graph(engine, survey)
        listed = teachers(survey, lists).astype(np.float64)
        scanning = np.zeros(survey.lines.num_rows)
        found = positions(keys(scanning_lines(survey, register), LINE), keys(survey.lines, LINE))
        scanning[found[found >= 0]] = 1.0
        seeds = _seeds(listed, scanning, self.listed_share)
        walk = personalised(graph, *seeds, restart=self.restart)
        # Nobody gains by being a seed himself.
        reached = np.maximum(walk - self.restart * seeds[0], 0.0)
        return ranked(services, reached / np.maximum(clients, 1.0) ** self.degree_power, lists)

    def alternatives(self) -> Sequence["PageRank"]:
        """Vary how far the walk goes, where it starts and how much the degree takes away."""
        return [
            PageRank(restart=restart, listed_share=listed, degree_power=power)
            for restart in (0.15, 0.5, 0.85)
            for listed in (0.2, 0.5, 0.8)
            for power in (0.25, 0.5, 0.75)
        ]


def contact_graph(engine: passes.Engine, survey: passes.Survey) -> sparse.csr_array:
    """
    Build the graph of contacts.

    Returns:
        Shape (services, lines), 1 where the line spoke with the service, in the order of
        `survey.services` and `survey.lines`.
    """
    held = engine.keep_table(_numbered(survey.services, SERVICE, "service"))
    lines = engine.keep_table(_numbered(survey.lines, LINE, "line"))
    rows, columns = [], []
    for part in survey.parts:
        edges = engine.fetch(_edges(engine.table([part.pairs]), held, lines))
        rows.append(edges.column("service").to_numpy())
        columns.append(edges.column("line").to_numpy())
    row, column = np.concatenate(rows), np.concatenate(columns)
    shape = (survey.services.num_rows, survey.lines.num_rows)
    return sparse.csr_array((np.ones(row.size, dtype=np.float32), (row, column)), shape=shape)


def personalised(
    graph: sparse.csr_array,
    of_services: NDArray[np.float64],
    of_lines: NDArray[np.float64],
    *,
    restart: float,
) -> NDArray[np.float64]:
    """
    Walk at random between services and lines, returning to seeds.

    Args:
        graph: Shape (services, lines).
        of_services: Share of the restarts at each service; shape (services,).
        of_lines: The same of each line; shape (lines,). Both together sum to 1, or to 0.
        restart: Chance of each step to return, above 0.

    Returns:
        Share of the time spent at each service, shape (services,).

    Notes:
        A walk that cannot go on is lost, which lowers all alike.
    """
    leave_service = _inverse(np.asarray(graph.sum(axis=1), dtype=np.float64))
    leave_line = _inverse(np.asarray(graph.sum(axis=0), dtype=np.float64))
    back = graph.T.tocsr()
    at_service, at_line = of_services.copy(), of_lines.copy()
    for _ in range(_STEPS_MOST):
        next_service = restart * of_services + (1 - restart) * (graph @ (at_line * leave_line))
        next_line = restart * of_lines + (1 - restart) * (back @ (at_service * leave_service))
        change = np.abs(next_service - at_service).sum() + np.abs(next_line - at_line).sum()
        at_service, at_line = next_service, next_line
        if change < _CLOSE:
            break
    return np.asarray(at_service, dtype=np.float64)


def _seeds(
    listed: NDArray[np.float64], scanning: NDArray[np.float64], listed_share: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share the restarts out; where one kind of seed is missing, the other has them all."""
    if not listed.any() or not scanning.any():
        listed_share = 1.0 if listed.any() else 0.0
    return (
        listed_share * listed / max(float(listed.sum()), 1.0),
        (1 - listed_share) * scanning / max(float(scanning.sum()), 1.0),
    )


def _numbered(table: pa.Table, names: Sequence[str], number: str) -> pa.Table:
    return table.select(names).append_column(
        number, pa.array(np.arange(table.num_rows, dtype=np.int32))
    )


def _edges(pair: Any, held: Any, lines: Any) -> Any:
    spoke = pair.filter(pair.spoke == 1).select(*SERVICE, *LINE)
    return spoke.inner_join(held, SERVICE).inner_join(lines, LINE).select("service", "line")


def _inverse(degree: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(1.0, degree, out=np.zeros_like(degree), where=degree > 0)
