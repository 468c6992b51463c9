"""
What was known of addresses before a window, as small bounded terms of the fusion.

It seconds what a service's own clients say and never decides: without evidence of its own a
service gains nothing, whoever its neighbours are, and none is carried across even odds that its
own evidence does not reach. Nothing speaks against a service for being unknown to a table: a
clean address is not acquitted (R19).
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import special

from hinomi.detect import fuse, known
from hinomi.detect.columns import ints
from hinomi.detect.context import ContextColumns, context_columns
from hinomi.govern.parameters import Register
from hinomi.model.context import (
    DAY_MS,
    FIRST_V6_KEY,
    UNKNOWN,
    ContextKind,
    ContextTable,
    network_keys,
)
from hinomi.model.listed import ListEntry

NEIGHBOURS: Final = "listed-neighbours"
FORMERLY: Final = "formerly-listed"
"""Codes of the two reasons."""

_PARAMETERS: Final = {NEIGHBOURS: "context.neighbours", FORMERLY: "context.formerly"}
_LEAST_WAY: Final = 1.0  # Log-odds; however high the base rate, evidence has a way to go.
_NEAREST: Final = 0.9  # Of the way that is left to even odds; less than all keeps the order.


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerEntry:
    """An entry of a known-C&C list that the list itself dropped."""

    entry: ListEntry
    source: str
    until: str  # ISO 8601 day on which it was gone.


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What was known before a window: dated tables, and entries that lists dropped."""

    starts_ms: int  # Of the window; nothing here is of later.
    tables: tuple[ContextTable, ...] = ()
    former: tuple[FormerEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was looked up: of services with evidence of their own alone."""

    rows: NDArray[np.int64]  # Services that were looked up, ascending, shape (k,).
    columns: ContextColumns  # Of these k.
    former: NDArray[np.int64]  # Index into `background.former`, -1 none, shape (k,).
    background: Background

    def place(self, row: int) -> int | None:
        """Tell which of the looked-up services *row* is, None if it is none."""
        at = int(np.searchsorted(self.rows, row))
        return at if at < self.rows.size and self.rows[at] == row else None


def weigh(
    ledger: fuse.Ledger,
    services: pa.Table,
    background: Background,
    *,
    prior: float,
    listed: NDArray[np.bool_],
    register: Register,
) -> Looked:
    """
    Add to the ledger what was known before, after all else stands there.

    Args:
        ledger: All evidence on the services of the window; two columns are added.
        services: The services, in its order.
        background: What was known before.
        prior: The base rate from which the ledger is summed.
        listed: Services that stand on a known-C&C list now, shape (services,): of them the
            list speaks itself, and its history is the same evidence twice.
        register: Gives the ``context.*`` parameters.

    Notes:
        Own services are never looked up: their addresses are pseudonyms. IPv6 has no
        neighbourhood here, since none was measured (5 of 9,206 listed addresses).
    """
    own = ledger.total()
    asked = (own > 0) & ~listed & (ints(services, "remote_own") == 0)
    rows = np.flatnonzero(asked)
    chosen = services.take(pa.array(rows))
    recent = _recent(background, register)
    columns = context_columns(chosen, recent, background.starts_ms)
    former = known.match(chosen, [each.entry for each in background.former])
    v4 = network_keys(ints(chosen, "remote_hi"), ints(chosen, "remote_lo")) < FIRST_V6_KEY
    neighbours = np.where(v4 & (columns.listed_wide > 0), log_ratio(NEIGHBOURS, register), 0.0)
    formerly = np.where(former >= 0, log_ratio(FORMERLY, register), 0.0)
    # Both lean on lists of the past: the stronger one speaks.
    weight = {
        NEIGHBOURS: np.where(neighbours > formerly, neighbours, 0.0),
        FORMERLY: np.where(neighbours > formerly, 0.0, formerly),
    }
    for code, full in weight.items():
        column = np.zeros(ledger.services)
        column[rows] = seconded(full, own[rows], prior)
        ledger.add(code, column)
    return Looked(rows=rows, columns=columns, former=former, background=background)


def log_ratio(code: str, register: Register) -> float:
    """
    Give the bounded log likelihood ratio of *code*, at least 0.

    Args:
        code: NEIGHBOURS or FORMERLY.
        register: Gives the share of C&Cs and of others of which this is true (``_cc``,
            ``_other``) and the bound (``_most``).
    """
    name = _PARAMETERS[code]
    most = register.number(f"{name}_most")
    cc, other = (register.number(f"{name}_{side}") for side in ("cc", "other"))
    if cc <= other:
        return 0.0
    return min(math.log(cc / other), most) if other > 0 else most


def seconded(
    full: NDArray[np.float64], own: NDArray[np.float64], prior: float
) -> NDArray[np.float64]:
    """
    Weigh context by the evidence that it seconds.

    Args:
        full: Its log likelihood ratio, at least 0, shape (k,).
        own: Log-odds of the services' own evidence, shape (k,).
        prior: The base rate.

    Returns:
        Log-odds, shape (k,): 0 where there is no evidence or it speaks against, *full* where
        it convinces by itself, in between the more the farther it leads from the base rate
        towards even odds, and never beyond them. More evidence of its own never ranks lower.
    """
    start = float(special.logit(prior))
    share = np.clip(own / max(-start, _LEAST_WAY), 0.0, 1.0)
    left = np.maximum(-(start + own), 0.0)  # To even odds.
    return np.where(left > 0, np.minimum(full * share, _NEAREST * left), full * share)


def _recent(background: Background, register: Register) -> list[ContextTable]:
    """Leave out what was listed too long ago: hosters come and go."""
    least_ms = background.starts_ms - register.integer("context.history_days") * DAY_MS
    kept = []
    for table in background.tables:
        if table.statement.kind is not ContextKind.HISTORY:
            kept.append(table)
            continue
        stated = ints(table.rows, "listed_ms")
        listed_ms = np.where(stated == UNKNOWN, table.statement.starts_ms, stated)
        kept.append(replace(table, rows=table.rows.filter(pa.array(listed_ms >= least_ms))))
    return kept
