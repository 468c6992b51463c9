"""
From the survey and the lists to a ledger of evidence per service.

It asks the engine for the second pass and holds the order of the steps: who is known, who
is suspected, who is enriched, what single lines do, and what speaks against.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import special

from hinomi.detect import beacon, enrich, families, fuse, habits, known, mesh, passes, suspects
from hinomi.detect.columns import floats, ints, keys, positions
from hinomi.detect.orient import LINE, SERVICE
from hinomi.detect.ports import habit
from hinomi.govern.parameters import Register
from hinomi.model.listed import ListEntry, ListKind, Role

Lists = Mapping[ListKind, Sequence[ListEntry]]

_NAMES_SERVICES: Final = (
    ListKind.KNOWN_CC,
    ListKind.SINKHOLES,
    ListKind.BENIGN,
    ListKind.SCANNERS,
)
"""Kinds of lists whose entries are matched with services; suspects are lines."""

_SUSPECT_FROM: Final = 0.5
"""A client of at least this weight is shown as a suspect."""

_TIER_FROM: Final = 1.0
"""Log-odds of enrichment from which a tier is named."""


@dataclass(slots=True)
class Judgement:
    """Evidence per service; every column has shape (services,)."""

    survey: passes.Survey
    prior: float
    ledger: fuse.Ledger
    enrichment: enrich.Enrichment
    suspects: NDArray[np.int64]  # Suspected clients that were shown to be counted.
    expected: NDArray[np.float64]
    on: dict[ListKind, NDArray[np.int64]]  # Index into the entries of each kind of list, -1.
    tier: NDArray[np.int64]  # 1, 2, or 0 undecided.
    fronts: NDArray[np.int64]  # Clients that are C&C candidates themselves.
    habits: dict[int, habits.Habit]  # Of services that one line keeps coming back to.
    kinds: dict[str, int] = field(default_factory=dict)  # Suspected lines by kind of evidence.

    @property
    def listed(self) -> NDArray[np.bool_]:
        """Tell which services stand on a known-C&C list."""
        return np.asarray(self.on[ListKind.KNOWN_CC] >= 0, dtype=bool)

    def probability(self) -> NDArray[np.float64]:
        """Probability of each service to be a C&C server."""
        return fuse.probability(self.prior, self.ledger)


def worth_judging(
    found: passes.Extent, lists: Lists, asked: Sequence[ListEntry] = ()
) -> passes.Choose:
    """
    Tell which services any evidence can speak for: the others need not be held.

    Args:
        found: What the window holds.
        lists: Current entries by kind of list.
        asked: Names services to hold whatever they are.

    Notes:
        Nothing raises a service that one line alone spoke with (`enrich.enrich`), unless a
        list names it or the line's contacts can be told apart (`habits.habits`).
    """
    named = [*lists.get(ListKind.KNOWN_CC, ()), *lists.get(ListKind.SINKHOLES, ()), *asked]

    def choose(services: pa.Table) -> NDArray[np.bool_]:
        worth = (ints(services, "clients") > 1) | (known.match(services, named) >= 0)
        if 0 < found.densest <= beacon.MEANINGFUL:
            span_ms = ints(services, "last_ms") - ints(services, "first_ms")
            worth |= ints(services, "records") >= beacon.MIN_CONTACTS
            worth |= span_ms >= beacon.CONTINUES_MS
        return np.asarray(worth, dtype=bool)

    return choose


def judge(
    engine: passes.Engine, survey: passes.Survey, lists: Lists, register: Register
) -> Judgement:
    """
    Weigh all evidence on all services of a window.

    Args:
        engine: Runs the second pass.
        survey: What the first pass found.
        lists: Current entries by kind of list; tokenised where inside the own network.
        register: The parameters.
    """
    table = survey.services
    on = {kind: known.match(table, lists.get(kind, ())) for kind in _NAMES_SERVICES}
    listed = on[ListKind.KNOWN_CC]
    teaches = _teaches(
        table, (listed >= 0) | (on[ListKind.SINKHOLES] >= 0), len(survey.talking), register
    )
    suspected = _suspected(engine, survey, teaches, lists, register)
    clients = floats(table, "clients")
    sums = _suspect_clients(engine, survey, suspected, teaches, register)
    null = enrich.learn_null(clients, sums.seen, sums.expected)
    # A listed C&C's own suspects are counted without the listing: no sister compares.
    least = np.where(listed >= 0, 0.0, sums.least_share)
    enrichment = enrich.enrich(
        clients, sums.seen, sums.expected, null=null, least_share=least, register=register
    )
    taught = suspected.line.size > 0
    judged = Judgement(
        survey=survey,
        prior=fuse.base_rate(survey.met, null.slab if taught else None, register),
        ledger=fuse.Ledger(len(table)),
        enrichment=enrichment,
        suspects=sums.whole,
        expected=sums.expected,
        on=on,
        tier=np.zeros(len(table), dtype=np.int64),
        fronts=np.zeros(len(table), dtype=np.int64),
        habits=habits.habits(engine, survey, mesh.is_mesh(survey.lines)),
        kinds={str(kind.name).lower(): suspected.count(kind) for kind in suspects.Evidence},
    )
    _add_lists(judged, lists, register)
    term = fuse.enriched_term(enrichment.log_ratio, enrichment.rate, register) * taught
    judged.tier[(term > _TIER_FROM) & (judged.tier == 0)] = 1
    judged.ledger.add("enriched", np.maximum(term, 0.0))
    # A list knows of families that leave no evidence: there, its absence says nothing.
    judged.ledger.add("not-enriched", np.where(judged.listed, 0.0, np.minimum(term, 0.0)))
    judged.ledger.add("behaviour", habits.term(judged.habits, len(table), register))
    _add_doubts(judged.ledger, survey, sums, register)
    _add_upper_tier(engine, judged, register)
    _add_other_parts(judged)
    return judged


@dataclass(frozen=True, slots=True)
class _Sums:
    """Over the clients of each service, shape (services,)."""

    seen: NDArray[np.float64]  # Suspicion, weighed.
    whole: NDArray[np.int64]  # Suspects.
    least_share: NDArray[np.float64]  # `families.least_share`.
    expected: NDArray[np.float64]  # Suspects expected among the clients.
    mesh: NDArray[np.float64]  # Clients that are mesh lines.


def _teaches(
    table: pa.Table, listed: NDArray[np.bool_], lines: int, register: Register
) -> NDArray[np.bool_]:
    """
    Choose the listed services whose clients may be held to be infected.

    A listed service that a large share of all lines meets is a shared host or a wrong
    entry, and would make suspects of everybody.
    """
    few = ints(table, "clients") <= max(3, register.number("suspects.known_share_max") * lines)
    return listed & few & (ints(table, "clients") > 0)


def _suspected(
    engine: passes.Engine,
    survey: passes.Survey,
    teaches: NDArray[np.bool_],
    lists: Lists,
    register: Register,
) -> suspects.Suspects:
    met = passes.lines_of_services(engine, survey.parts, survey.services.filter(pa.array(teaches)))
    everyone, contacts = np.unique(keys(met, LINE), return_counts=True)
    first = positions(everyone, keys(survey.lines, LINE))
    pairs_made = int(ints(survey.lines, "services").sum() + ints(survey.lines, "tries").sum())
    silent = suspects.silent_share(survey.lines)
    return suspects.gather(
        (survey.lines.take(pa.array(first)), contacts.astype(np.int64)),
        suspects.scanners(survey.probed, silent, pairs_made, register),
        suspects.mailers(survey.probed, len(survey.talking), register),
        _external(lists.get(ListKind.SUSPECTS, ()), survey.lines),
    )


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


def _suspect_clients(
    engine: passes.Engine,
    survey: passes.Survey,
    suspected: suspects.Suspects,
    teaches: NDArray[np.bool_],
    register: Register,
) -> _Sums:
    """Sum the suspicion among each service's clients, and what activity lets expect."""
    table, services = survey.services, len(survey.services)
    service_keys = keys(table, SERVICE)
    line_table = pa.table({"line_hi": suspected.hi, "line_lo": suspected.lo})
    pairs = passes.services_of_lines(engine, survey, line_table)
    where = positions(keys(pairs, SERVICE), service_keys)
    who = positions(keys(pairs, LINE), suspected.line)
    port = ints(pairs, "remote_port")
    weight = suspects.weights(suspected, who, port, teaches[where], register)
    silent = suspects.silent_share(survey.lines)
    weight *= suspects.credit(survey.probed, silent, keys(pairs, LINE), port)
    seen = np.bincount(where, weights=weight, minlength=services).astype(np.float64)
    counts = weight >= _SUSPECT_FROM
    whole = np.bincount(where[counts], minlength=services)
    everyone = np.arange(suspected.line.size)
    nowhere = np.full(everyone.size, -2)
    general = suspects.weights(
        suspected, everyone, nowhere, np.zeros(everyone.size, dtype=bool), register
    )
    lines = survey.talking
    found = positions(suspected.line, keys(lines, LINE))
    of_line = np.zeros(len(lines))
    of_line[found[found >= 0]] = general[found >= 0]  # Some only probe, and speak with nobody.
    said = enrich.expected_weight(ints(lines, "services"), of_line)
    sums = passes.client_sums(
        engine,
        survey,
        lines.select(LINE)
        .append_column("expected", pa.array(said))
        .append_column("mesh", pa.array(mesh.is_mesh(lines).astype(np.int64))),
    )
    place = positions(keys(sums, SERVICE), service_keys)
    expected, meshed = np.zeros(services), np.zeros(services)
    expected[place] = floats(sums, "expected")
    meshed[place] = floats(sums, "mesh")
    return _Sums(
        seen=seen,
        whole=whole.astype(np.int64),
        least_share=families.least_share(where, who, counts, floats(table, "clients")),
        expected=expected,
        mesh=meshed,
    )


def _add_lists(judged: Judgement, lists: Lists, register: Register) -> None:
    """Add what the operator's lists say of the services themselves."""
    on = judged.on
    table = judged.survey.services
    # Met in bursts only, it has no clients; that it answered still shows it alive (R13).
    answers = (ints(table, "packets_in") > 0) & (ints(table, "refused") == 0)
    spoke = (ints(table, "clients") > 0) | (answers & (ints(table, "packets_out") > 0))
    entries = lists.get(ListKind.KNOWN_CC, ())
    place = on[ListKind.KNOWN_CC]
    names_port = _of_entries(entries, place, lambda entry: entry.port is not None)
    sinkhole = on[ListKind.SINKHOLES] >= 0
    sinkhole |= _of_entries(entries, place, lambda entry: entry.role is Role.SINKHOLE)
    judged.tier[_of_entries(entries, place, lambda entry: entry.role is Role.UPPER)] = 2
    judged.ledger.add(
        "listed",
        fuse.listed_term(judged.listed & ~sinkhole, spoke, names_port, judged.prior, register),
    )
    judged.ledger.add("sinkhole", np.where(sinkhole, fuse.SINKHOLE, 0.0))
    harmless = (on[ListKind.BENIGN] >= 0) | (on[ListKind.SCANNERS] >= 0)
    judged.ledger.add("benign", np.where(harmless, register.number("known.benign_weight"), 0.0))


def _of_entries(
    entries: Sequence[ListEntry], place: NDArray[np.int64], fact: Callable[[ListEntry], bool]
) -> NDArray[np.bool_]:
    """Tell for each service whether its entry (-1: none) has *fact*."""
    facts = np.array([*map(fact, entries), False], dtype=bool)  # -1 takes the last.
    return np.asarray(facts[place], dtype=bool)


def _add_other_parts(judged: Judgement) -> None:
    """
    Tell loaders from C&Cs, last of all.

    A list that names a service has told it from a loader already, and the habits of a
    single line weigh its transfers themselves.
    """
    table = judged.survey.services
    exempt = judged.listed | (ints(table, "clients") < 2)  # noqa: PLR2004 - a single line.
    chances = {
        "momentary": fuse.momentary_chance(floats(table, "several"), floats(table, "returned")),
        "transfer": fuse.transfer_chance(floats(table, "packets_in"), floats(table, "bytes_in")),
    }
    for code, chance in chances.items():
        before = special.logit(judged.prior) + judged.ledger.total()
        judged.ledger.add(code, fuse.other_part(before, np.where(exempt, 0.0, chance)))


def _add_doubts(
    ledger: fuse.Ledger, survey: passes.Survey, sums: _Sums, register: Register
) -> None:
    """Add what speaks against: crowds, one-way traffic, mere targets, meshes."""
    table = survey.services
    clients = floats(table, "clients")
    high = habit(ints(table, "remote_port")) >= 4  # noqa: PLR2004 - see `ports.habit`.
    ledger.add("crowd", fuse.crowd_term(clients, len(survey.talking), register))
    ledger.add(
        "one-way",
        fuse.one_way_term(
            floats(table, "packets_in"), floats(table, "packets_out"), floats(table, "lines")
        ),
    )
    ledger.add("scan-target", fuse.target_term(floats(table, "silent"), clients))
    several = clients > 1  # A single line's mesh is weighed with its habits.
    ledger.add("mesh", np.where(several, fuse.mesh_term(sums.mesh, clients, high), 0.0))


def _add_upper_tier(engine: passes.Engine, judged: Judgement, register: Register) -> None:
    """
    Run the core operator once more with candidates inside the own network as suspects.

    Fronts that are subscribers' devices show their upper tier: a service whose clients are
    mostly fronts (R14).
    """
    table = judged.survey.services
    probability = judged.probability()
    fronts = (probability >= _SUSPECT_FROM) & (ints(table, "remote_own") == 1)
    upper = np.zeros(len(table))
    if fronts.sum() > 1:
        chosen = table.filter(pa.array(fronts))
        lines = chosen.select(["remote_hi", "remote_lo"]).rename_columns(LINE)
        _, first = np.unique(keys(lines, LINE), return_index=True)
        lines = lines.take(pa.array(first))
        pairs = passes.services_of_lines(engine, judged.survey, lines)
        where = positions(keys(pairs, SERVICE), keys(table, SERVICE))
        seen = np.bincount(where, minlength=len(table)).astype(np.float64)
        clients = floats(table, "clients")
        expected = clients * len(lines) / max(len(judged.survey.talking), 1)
        null = enrich.learn_null(clients, seen, expected)
        found = enrich.enrich(
            clients,
            seen,
            expected,
            null=null,
            least_share=np.zeros(len(table)),
            register=register,
        )
        term = fuse.enriched_term(found.log_ratio, found.rate, register)
        upper = np.where((term > 0) & (seen >= 2) & ~fronts, term, 0.0)  # noqa: PLR2004
        judged.fronts = seen.astype(np.int64)
        judged.tier[upper > _TIER_FROM] = 2
    judged.ledger.add("upper", upper)
