"""
What a baseline is: it ranks the services of a survey, as the detector itself gets it.

All get hinomi's own orientation, counting in quiet time and lists, so that only the idea
is compared. Each leaves out what the operator's lists call harmless, as anybody would.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.detect import known, passes
from hinomi.detect.columns import ints, keys, positions
from hinomi.detect.observe import Lists
from hinomi.detect.orient import LINE, SERVICE
from hinomi.govern.parameters import Register
from hinomi.model.listed import ListKind

HARMLESS: Final = (ListKind.BENIGN, ListKind.SCANNERS, ListKind.SINKHOLES)
"""Kinds of lists whose services no baseline shows."""


class Baseline(Protocol):
    """A way of ranking services, with the parameters that were tuned for it."""

    @property
    def name(self) -> str:
        """Short and stable, such as ``odd-ports``."""

    @property
    def source(self) -> str:
        """The paper or program it is made after."""

    def rank(
        self, engine: passes.Engine, survey: passes.Survey, lists: Lists, register: Register
    ) -> pa.Table:
        """
        Rank the services of a window.

        Args:
            engine: Runs the expressions.
            survey: What the first pass found.
            lists: Current entries by kind of list.
            register: The parameters of hinomi, for what a baseline shares with it.

        Returns:
            Columns `SERVICE` and `score` (float64, above 0, no unit), the highest first.
            What nothing speaks for is left out. Listed C&Cs are in.
        """

    def alternatives(self) -> "Sequence[Baseline]":
        """Give the settings among which `tuning.tune` may choose, its own among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A world as detection gets it, and what is true of it: to train and to tune on."""

    engine: passes.Engine
    survey: passes.Survey
    lists: Lists
    register: Register
    truth: pa.Table
    """Columns `SERVICE`, `cc` (1: a C&C server, of any tier), `detectable` (0 or 1)."""

    def cc(self) -> NDArray[np.bool_]:
        """Tell which services of the survey are C&C servers, shape (services,)."""
        return self._true_of("cc")

    def detectable(self) -> NDArray[np.bool_]:
        """Tell which services of the survey are detectable C&C servers, shape (services,)."""
        return self._true_of("cc") & self._true_of("detectable")

    def _true_of(self, fact: str) -> NDArray[np.bool_]:
        place = positions(keys(self.survey.services, SERVICE), keys(self.truth, SERVICE))
        facts = np.append(ints(self.truth, fact) == 1, False)  # -1 takes the last.
        return np.asarray(facts[place], dtype=bool)


def named(services: pa.Table, lists: Lists, kinds: Sequence[ListKind]) -> NDArray[np.bool_]:
    """Tell which services stand on one of the lists of these *kinds*, shape (services,)."""
    found = np.zeros(services.num_rows, dtype=bool)
    for kind in kinds:
        found |= known.match(services, lists.get(kind, ())) >= 0
    return found


def ranked(services: pa.Table, score: NDArray[np.float64], lists: Lists) -> pa.Table:
    """
    Order services by their score, the highest first.

    Args:
        services: Columns `SERVICE`.
        score: One per service, shape (services,); 0 or below leaves it out.
        lists: Those that call a service harmless leave it out too.

    Returns:
        Columns `SERVICE`, `score`. Equal scores are ordered by address and port, so that
        the order does not depend on the number of parts.
    """
    shown = np.flatnonzero((score > 0) & ~named(services, lists, HARMLESS))
    columns = [ints(services, name)[shown] for name in reversed(SERVICE)]
    shown = shown[np.lexsort((*columns, -score[shown]))]
    table = services.select(SERVICE).take(pa.array(shown))
    return table.append_column("score", pa.array(score[shown], pa.float64()))


def fan_in(
    engine: passes.Engine,
    survey: passes.Survey,
    lines: pa.Table,
    port: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """
    Count, per service, those of its clients that are among *lines*.

    Args:
        engine: Runs the expressions.
        survey: Tells the services, and the parts.
        lines: Columns `LINE`, distinct.
        port: Port that each of the lines does not count for, shape (lines,).

    Returns:
        Clients among *lines*, shape (services,).
    """
    pairs = passes.services_of_lines(engine, survey, lines)
    if port is not None:
        own = port[positions(keys(pairs, LINE), keys(lines, LINE))]
        pairs = pairs.filter(pa.array(own != ints(pairs, "remote_port")))
    where = positions(keys(pairs, SERVICE), keys(survey.services, SERVICE))
    return np.bincount(where, minlength=survey.services.num_rows).astype(np.int64)
