"""Known-client overlap: services whose clients are those of listed C&Cs, beyond chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import special

from hinomi.bench.baselines.interface import fan_in, named, ranked
from hinomi.detect import passes
from hinomi.detect.columns import floats, ints, keys
from hinomi.detect.observe import Lists
from hinomi.detect.orient import LINE
from hinomi.govern.parameters import Register
from hinomi.model.listed import ListKind

# Tuned 2026-11-22, see `tuning`: average precision 0.110, mean over five worlds.
SHARE_MOST: Final = 0.005

_FEW: Final = 3  # Clients that are no crowd, however small the network.


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownOverlap:
    """
    Rank by the hypergeometric tail of the clients shared with listed C&Cs.

    Notes:
        Changed for 1 in 10,000: the mutual contacts of two lines are too few to see, so
        the lines that met any listed C&C are one set, and each service is tested against
        it. All lines count as equally active. Cost: one look at the pairs of those lines.

    Source:
        Coskun, Dietrich and Memon (2010), Friends of an enemy, ACSAC (mutual contacts);
        Rahbarinia, Perdisci and Antonakakis (2015), Segugio, DSN (known machines).
    """

    name: ClassVar[str] = "known-overlap"
    source: ClassVar[str] = "Coskun et al., ACSAC 2010; Segugio, DSN 2015 (shared clients)"

    share_most: float = SHARE_MOST
    """A listed service that more of all lines meet is a wrong entry: it teaches nothing."""

    def rank(
        self, engine: passes.Engine, survey: passes.Survey, lists: Lists, register: Register
    ) -> pa.Table:
        """Rank as `Baseline.rank` says; the score is -ln of the tail's probability."""
        del register
        services, lines = survey.services, survey.talking.num_rows
        met = infected_lines(engine, survey, lists, self.share_most)
        shared = fan_in(engine, survey, met)
        clients = ints(services, "clients")
        return ranked(services, surprise(shared, clients, met.num_rows, lines), lists)

    def alternatives(self) -> Sequence["KnownOverlap"]:
        """Vary from where a listed service is a wrong entry."""
        return [KnownOverlap(share_most=most) for most in (1.0, 0.05, 0.02, 0.01, 0.005, 0.002)]


def infected_lines(
    engine: passes.Engine, survey: passes.Survey, lists: Lists, share_most: float
) -> pa.Table:
    """
    Give the lines that spoke with a listed C&C: columns `LINE`, distinct.

    Args:
        engine: Runs the expressions.
        survey: Tells the services, and the parts.
        lists: Those of known C&Cs count.
        share_most: Listed services with more clients, as a share of all lines, do not.
    """
    chosen = survey.services.filter(pa.array(teachers(survey, lists, share_most)))
    met = passes.lines_of_services(engine, survey.parts, chosen)
    _, first = np.unique(keys(met, LINE), return_index=True)
    return met.select(LINE).take(pa.array(first))


def teachers(
    survey: passes.Survey, lists: Lists, share_most: float = SHARE_MOST
) -> NDArray[np.bool_]:
    """
    Choose the listed services that teach something, shape (services,).

    A listed service that more than *share_most* of all lines meet is a wrong entry or a
    shared host: it says nothing of its clients.
    """
    most = max(share_most * survey.talking.num_rows, _FEW)
    few = floats(survey.services, "clients") <= most
    listed = named(survey.services, lists, [ListKind.KNOWN_CC])
    return np.asarray(listed & few, dtype=bool)


def surprise(
    shared: NDArray[np.int64], clients: NDArray[np.int64], marked: int, lines: int
) -> NDArray[np.float64]:
    """
    Tell how improbable it is to share so many clients by chance.

    Args:
        shared: Marked clients of each service, shape (services,).
        clients: All clients of each, shape (services,), at most *lines*.
        marked: Marked lines.
        lines: All lines.

    Returns:
        -ln P(X >= shared), X hypergeometric; 0 where no more are shared than expected.
    """
    mean = clients * (marked / max(lines, 1))
    score = np.zeros(shared.size)
    beyond = np.flatnonzero(shared > mean)
    cases, place = np.unique(
        np.stack([shared[beyond], clients[beyond]]), axis=1, return_inverse=True
    )
    tails = np.array([_log_tail(int(k), int(n), marked, lines) for k, n in cases.T])
    score[beyond] = np.maximum(-tails[place.ravel()], 0.0) if beyond.size else 0.0
    return score


def _log_tail(shared: int, clients: int, marked: int, lines: int) -> float:
    """Sum the terms from *shared* on; beyond the mean they fall faster than geometrically."""
    most = min(clients, marked)
    spread = np.sqrt(clients * marked / lines)
    j = np.arange(shared, min(most, shared + int(12 * spread) + 60) + 1)
    terms = _log_choose(marked, j) + _log_choose(lines - marked, clients - j)
    return float(special.logsumexp(terms) - _log_choose(lines, np.array([clients]))[0])


def _log_choose(of: int, number: NDArray[np.int64]) -> NDArray[np.float64]:
    log = special.gammaln(of + 1.0) - special.gammaln(number + 1.0)
    with np.errstate(divide="ignore"):
        left = np.where(number > of, np.inf, special.gammaln(np.maximum(of - number, 0) + 1.0))
    return np.asarray(log - left, dtype=np.float64)
