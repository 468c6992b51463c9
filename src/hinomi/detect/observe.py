"""
From the survey and the lists to what can be said of every service, before any judgement.

Training a model and using it go through the same door, so that they see the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.detect import (
    attacks,
    behaviour,
    clients,
    enrich,
    families,
    features,
    fuse,
    known,
    passes,
    suspects,
)
from hinomi.detect.clients import Pooled
from hinomi.detect.columns import digests, floats, ints, keys, positions
from hinomi.detect.features import Columns
from hinomi.detect.orient import LINE, SERVICE
from hinomi.detect.propagate import propagate
from hinomi.detect.suspects import Evidence, Suspects
from hinomi.govern.parameters import Register
from hinomi.model.listed import ListEntry, ListKind

Lists = Mapping[ListKind, Sequence[ListEntry]]

NAMES_SERVICES: Final = (
    ListKind.KNOWN_CC,
    ListKind.SINKHOLES,
    ListKind.BENIGN,
    ListKind.SCANNERS,
)
"""Kinds of lists whose entries are matched with services; suspects are lines."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What a window shows; columns of shape (services,)."""

    survey: passes.Survey
    on: Mapping[ListKind, NDArray[np.int64]]  # Index into the entries of each list, -1.
    exact: NDArray[np.bool_]  # Services whose port a known-C&C list names, not the address alone.
    teaches: NDArray[np.bool_]  # Services whose clients are suspects for having met them.
    suspects: Suspects
    pooled: Pooled
    columns: Columns  # `features.describe`.
    enrichment: enrich.Enrichment
    prior: float  # Base rate of C&Cs by what the window itself shows.

    @property
    def listed(self) -> NDArray[np.bool_]:
        """Tell which services stand on a known-C&C list."""
        return np.asarray(self.on[ListKind.KNOWN_CC] >= 0, dtype=bool)

    @property
    def several(self) -> NDArray[np.bool_]:
        """Tell which services two lines or more spoke with: of the others nothing is pooled."""
        return np.asarray(ints(self.survey.services, "clients") > 1, dtype=bool)


def observe(
    engine: passes.Engine, survey: passes.Survey, lists: Lists, register: Register
) -> Observed:
    """
    Gather what can be said of the services of a window.

    Args:
        engine: Runs the second pass.
        survey: What the first pass found.
        lists: Current entries by kind of list; tokenised where inside the own network.
        register: The parameters.
    """
    table = survey.services
    on = {kind: known.match(table, lists.get(kind, ())) for kind in NAMES_SERVICES}
    named = (on[ListKind.KNOWN_CC] >= 0) | (on[ListKind.SINKHOLES] >= 0)
    clients_of = ints(table, "clients")
    teaches = named & (clients_of > 0) & _few(survey, clients_of, register)
    dead = named & (clients_of == 0) & _few(survey, ints(table, "lines"), register)
    suspected = _suspected(engine, survey, (teaches, dead), lists, register)
    pooled = clients.pool(engine, survey, suspected, teaches, register)
    columns = features.describe(survey, pooled)
    null, enrichment = _enriched(survey, pooled, columns, on[ListKind.KNOWN_CC] >= 0, register)
    taught = suspected.line.size > 0
    prior = fuse.base_rate(survey.met, null.slab if taught else None, register)
    entries = lists.get(ListKind.KNOWN_CC, ())
    named_with_port = np.array([*(each.port is not None for each in entries), False], dtype=bool)
    exact = named_with_port[on[ListKind.KNOWN_CC]]  # -1 takes the last.
    return Observed(survey, on, exact, teaches, suspected, pooled, columns, enrichment, prior)


def second_view(
    engine: passes.Engine, observed: Observed, probability: NDArray[np.float64]
) -> Columns:
    """
    Describe every service once more, by what a first view says of all of them.

    Args:
        engine: Fetches the pairs of the lines concerned.
        observed: The first view.
        probability: What was made of it, shape (services,).

    Returns:
        The columns of the first view, of `propagate` and of `behaviour`.
    """
    # The clients of listed services are suspects already; what no two lines met sends nothing.
    sends = np.where(observed.listed | ~observed.several, 0.0, probability)
    told = propagate(engine, observed.survey, observed.pooled, sends)
    alike = behaviour.likeness(
        observed.columns,
        observed.teaches & observed.listed,
        sends,
        observed.several,
        digests(keys(observed.survey.services, SERVICE)),
    )
    return {**observed.columns, **told, **alike}


def _enriched(
    survey: passes.Survey,
    pooled: Pooled,
    columns: Columns,
    listed: NDArray[np.bool_],
    register: Register,
) -> tuple[enrich.Null, enrich.Enrichment]:
    """Set the suspects among the clients of each service against expectation."""
    clients, seen = floats(survey.services, "clients"), pooled.seen["credited"]
    expected = pooled.expected["any"]
    null = enrich.learn_null(clients, seen, expected)
    # A listed C&C's own suspects are counted without the listing: no sister compares.
    least = np.where(listed, 0.0, families.least_share(columns["family_best"]))
    return null, enrich.enrich(
        clients, seen, expected, null=null, least_share=least, register=register
    )


def _few(survey: passes.Survey, lines: NDArray[np.int64], register: Register) -> NDArray[np.bool_]:
    """
    Choose the services that few *lines* (shape (services,)) speak with, or call.

    A listed service that a large share of all lines meets is a shared host or a wrong
    entry, and would make suspects of everybody. Who only knocks at a server that others
    speak with is not counted: scanners and forged sources knock everywhere.
    """
    most = max(3, register.number("suspects.known_share_max") * len(survey.talking))
    return np.asarray(lines <= most, dtype=bool)


def _suspected(
    engine: passes.Engine,
    survey: passes.Survey,
    named: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    lists: Lists,
    register: Register,
) -> Suspects:
    """Choose the suspected lines; *named* are the listed services that answer, and the dead."""
    teaches, dead = (survey.services.filter(pa.array(chosen)) for chosen in named)
    met = _addresses_met(passes.lines_of_services(engine, survey.parts, teaches))
    callers = passes.lines_of_services(engine, survey.parts, dead, spoke=False)
    callers = callers.filter(pa.array(ints(callers, "syn_out") > 0))
    everyone, contacts = np.unique(met, return_counts=True)
    pairs_made = int(ints(survey.lines, "services").sum() + ints(survey.lines, "tries").sum())
    silent = suspects.silent_share(survey.lines)
    talking = len(survey.talking)
    return suspects.gather(
        {
            Evidence.KNOWN: _lines(survey, everyone),
            Evidence.SCAN: suspects.scanners(survey.probed, silent, pairs_made, register),
            Evidence.SPAM: suspects.mailers(survey.probed, talking, register),
            Evidence.LISTED: _external(lists.get(ListKind.SUSPECTS, ()), survey.lines),
            Evidence.ATTACK: attacks.attackers(survey.blows, talking, register),
            Evidence.CALLED: _lines(survey, np.unique(keys(callers, LINE))),
        },
        contacts.astype(np.int64),
    )


def _addresses_met(pairs: pa.Table) -> NDArray[np.void]:
    """
    Give the line of each line and address of *pairs*, once.

    Two ports of one address are one server, and often one entry of a list: they do not
    speak for each other.
    """
    _, first = np.unique(keys(pairs, [*LINE, *SERVICE[:3]]), return_index=True)
    return keys(pairs, LINE)[first]


def _lines(survey: passes.Survey, wanted: NDArray[np.void]) -> pa.Table:
    place = positions(wanted, keys(survey.lines, LINE))
    return survey.lines.take(pa.array(place)).select(LINE)


def _external(entries: Sequence[ListEntry], lines: pa.Table) -> pa.Table:
    """Lines seen in this window that stand on an external list of suspects."""
    own = [entry.base for entry in entries if entry.own]
    listed = pa.table(
        {
            "line_hi": pa.array([base.hi for base in own], pa.int64()),
            "line_lo": pa.array([base.lo for base in own], pa.int64()),
        }
    )
    found = positions(keys(lines, LINE), np.unique(keys(listed, LINE)))
    return lines.filter(pa.array(found >= 0)).select(LINE)
