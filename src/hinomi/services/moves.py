"""
Whether addresses changed hands, as tables of routes tell: then one AS originates them, now another.

Tables are bulk copies that lie in the home (R19); nobody is asked about an address.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.detect.context import find_ranges
from hinomi.model.case import Case
from hinomi.model.context import (
    DAY_MS,
    ContextKind,
    ContextTable,
    TableStatement,
    network_keys,
)
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.services.context import context_store
from hinomi.services.home import Home
from hinomi.store.casebook import CaseBook

ROUTES: Final = "hinomi routes"
"""The source of the statement that an address moved."""

_SURE: Final = 0.9
"""That an address which another AS originates has another holder."""

_Places = dict[str, ContextTable]
"""The newest table of routes of each source."""


def note_moves(home: Home, casebook: CaseBook, cases: Iterable[Case]) -> int:
    """
    Note as evidence which addresses another AS originates than when their case was opened.

    Returns:
        How many statements are new.

    Notes:
        Tables of one source are compared with each other alone, since two sources may differ on
        the same day; where one still says the same AS, nothing has moved.
    """
    now_ms = home.clock()
    now = _tables(home, now_ms)
    by_tables: dict[tuple[str, ...], list[Case]] = defaultdict(list)
    before: dict[tuple[str, ...], _Places] = {}
    shown = context_store(home).show() if now else ()  # Once: it reads a file for each table.
    present = _days(shown, now_ms)
    for case in cases if now else ():
        if case.service.own:
            continue
        then = _days(shown, case.opened_ms)
        if then and then != present:
            by_tables[then].append(case)
            before.setdefault(then, _tables(home, case.opened_ms))
    found = [
        each
        for then, moved in by_tables.items()
        for each in _moves(casebook, moved, before[then], now)
    ]
    return casebook.evidence.add(found, now_ms)


def _days(shown: Iterable[TableStatement], moment_ms: int) -> tuple[str, ...]:
    """Name the tables of routes that stood on the day of a moment."""
    newest = {
        each.source: each.label
        for each in shown
        if each.kind is ContextKind.ROUTES and each.is_before(moment_ms + DAY_MS)
    }
    return tuple(newest[source] for source in sorted(newest))


def _tables(home: Home, moment_ms: int) -> _Places:
    # Of its own day a table may speak: here no window is judged by what came after it.
    tables = context_store(home).before(moment_ms + DAY_MS, ContextKind.ROUTES)
    return {each.statement.source: each for each in tables}


def _moves(
    casebook: CaseBook, cases: list[Case], then: _Places, now: _Places
) -> Iterator[Evidence]:
    addresses = np.array([each.service.address for each in cases], dtype=np.int64).reshape(-1, 2)
    keys = network_keys(addresses[:, 0], addresses[:, 1])
    both = sorted(then.keys() & now.keys())
    origins = {source: (_origin(then[source], keys), _origin(now[source], keys)) for source in both}
    for row, case in enumerate(cases):
        said = {
            source: (int(old[row]), int(new[row]))
            for source, (old, new) in origins.items()
            if old[row] > 0 and new[row] > 0
        }
        if said and all(old != new for old, new in said.values()):
            yield from _statement(casebook, case, said, now)


def _statement(
    casebook: CaseBook, case: Case, said: Mapping[str, tuple[int, int]], now: _Places
) -> Iterator[Evidence]:
    source, (old, new) = min(said.items())
    reference = f"AS{old} to AS{new}"
    opened_day = case.opened_ms // DAY_MS
    # Said once: repeated with each new table, it would outlive the next tenant's own findings.
    if any(
        each.source == ROUTES and each.reference == reference and each.observed_day >= opened_day
        for each in casebook.evidence.of(case.service)
    ):
        return
    yield Evidence(
        service=case.service,
        method=Method.FLOW,
        source=ROUTES,
        claim=Claim.MOVED,
        observed_day=now[source].statement.starts_ms // DAY_MS,
        reference=reference,
        strength=_SURE,
    )


def _origin(table: ContextTable, keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the AS that originates each address, 0 where the table does not know it."""
    first, last, asn = (table.rows[name].to_numpy() for name in ("first", "last", "asn"))
    at = find_ranges(first, last, keys)
    known = np.append(asn, 0)  # -1 takes the last.
    return np.asarray(known[at], dtype=np.int64)
