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

from hinomi.detect import (
    background,
    beacon,
    enrich,
    families,
    fuse,
    habits,
    known,
    learned,
    mesh,
    passes,
    suspects,
)
from hinomi.detect.columns import floats, ints, keys, positions
from hinomi.detect.model import Model
from hinomi.detect.observe import Lists, Observed, observe
from hinomi.detect.orient import LINE, SERVICE
from hinomi.detect.ports import habit
from hinomi.govern.parameters import Register
from hinomi.model.context import TableStatement
from hinomi.model.listed import ListEntry, ListKind, Role

_FRONT_FROM: Final = 0.5
"""A service of at least this probability is a front when its own services are looked at."""

_TIER_FROM: Final = 1.0
"""Log-odds of enrichment from which a tier is named."""


@dataclass(slots=True)
class Judgement:
    """Evidence per service; every column has shape (services,)."""

    observed: Observed
    prior: float
    ledger: fuse.Ledger
    enrichment: enrich.Enrichment
    tier: NDArray[np.int64]  # 1, 2, or 0 undecided.
    fronts: NDArray[np.int64]  # Clients that are C&C candidates themselves.
    habits: dict[int, habits.Habit]  # Of services that one line keeps coming back to.
    view: learned.View | None = None  # What the model says; None where terms were added up.
    looked: background.Looked | None = None  # None where nothing was known before.
    typical: Mapping[str, float] | None = field(default=None, init=False)  # See `contrast`.

    @property
    def survey(self) -> passes.Survey:
        """What the first pass found."""
        return self.observed.survey

    @property
    def suspects(self) -> NDArray[np.int64]:
        """Suspected clients that were shown to be counted."""
        return self.observed.pooled.whole

    @property
    def expected(self) -> NDArray[np.float64]:
        """Suspects that the clients' activity lets expect."""
        return self.observed.pooled.expected["any"]

    @property
    def on(self) -> Mapping[ListKind, NDArray[np.int64]]:
        """Index into the entries of each kind of list, -1 where none."""
        return self.observed.on

    @property
    def kinds(self) -> dict[str, int]:
        """Suspected lines by kind of evidence."""
        found = self.observed.suspects
        return {str(kind.name).lower(): found.count(kind) for kind in suspects.Evidence}

    @property
    def listed(self) -> NDArray[np.bool_]:
        """Tell which services stand on a known-C&C list."""
        return self.observed.listed

    @property
    def context(self) -> tuple[TableStatement, ...]:
        """The context tables that stood before the window."""
        return () if self.looked is None else self.looked.columns.tables

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
    engine: passes.Engine,
    survey: passes.Survey,
    lists: Lists,
    register: Register,
    model: Model | None = None,
    *,
    before: background.Background | None = None,
) -> Judgement:
    """
    Weigh all evidence on all services of a window.

    Args:
        engine: Runs the second pass.
        survey: What the first pass found.
        lists: Current entries by kind of list; tokenised where inside the own network.
        register: The parameters.
        model: What was learned of sampled windows; without it, and in windows that it does
            not speak for (`learned.speaks_for`), the terms of `fuse` are added up.
        before: What was known before the window of addresses in it, if anything.
    """
    observed = observe(engine, survey, lists, register)
    judged = _begin(engine, observed, register)
    if model is not None and learned.speaks_for(survey, register):
        judged.view = learned.look(engine, observed, model)
        judged.prior = learned.base_rate(model, register)
        learned.weigh(judged.ledger, judged.view, observed)
        _add_lists(judged, lists, register)
        _add_background(judged, before, register)
        tier = judged.view.tier_of(judged.probability())
        judged.tier = np.where(judged.tier == 0, tier, judged.tier)
        return judged
    _add_lists(judged, lists, register)
    _add_terms(engine, judged, register)
    _add_background(judged, before, register)
    return judged


def _begin(engine: passes.Engine, observed: Observed, register: Register) -> Judgement:
    survey, pooled = observed.survey, observed.pooled
    table = survey.services
    clients, seen = floats(table, "clients"), pooled.seen["credited"]
    expected = pooled.expected["any"]
    null = enrich.learn_null(clients, seen, expected)
    least = families.least_share(observed.columns["family_best"])
    # A listed C&C's own suspects are counted without the listing: no sister compares.
    least = np.where(observed.listed, 0.0, least)
    enrichment = enrich.enrich(
        clients, seen, expected, null=null, least_share=least, register=register
    )
    taught = observed.suspects.line.size > 0
    return Judgement(
        observed=observed,
        prior=fuse.base_rate(survey.met, null.slab if taught else None, register),
        ledger=fuse.Ledger(len(table)),
        enrichment=enrichment,
        tier=np.zeros(len(table), dtype=np.int64),
        fronts=np.zeros(len(table), dtype=np.int64),
        habits=habits.habits(engine, survey, mesh.is_mesh(survey.lines)),
    )


def _add_terms(engine: passes.Engine, judged: Judgement, register: Register) -> None:
    """Add up what each kind of evidence says, by rules that a person set."""
    table, enrichment = judged.survey.services, judged.enrichment
    taught = judged.observed.suspects.line.size > 0
    term = fuse.enriched_term(enrichment.log_ratio, enrichment.rate, register) * taught
    judged.tier[(term > _TIER_FROM) & (judged.tier == 0)] = 1
    judged.ledger.add("enriched", np.maximum(term, 0.0))
    # A list knows of families that leave no evidence: there, its absence says nothing.
    judged.ledger.add("not-enriched", np.where(judged.listed, 0.0, np.minimum(term, 0.0)))
    judged.ledger.add("behaviour", habits.term(judged.habits, len(table), register))
    _add_doubts(judged.ledger, judged.survey, judged.observed.pooled.mesh, register)
    _add_upper_tier(engine, judged, register)
    _add_other_parts(judged)


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
    right, everyone = judged.listed & ~sinkhole, np.ones(len(table), dtype=bool)
    alive, as_met = (
        fuse.listed_term(right, answered, names_port, judged.prior, register)
        for answered in (everyone, spoke)
    )
    judged.ledger.add("listed", alive)
    judged.ledger.add("unanswered", as_met - alive)
    judged.ledger.add("sinkhole", np.where(sinkhole, fuse.SINKHOLE, 0.0))
    harmless = (on[ListKind.BENIGN] >= 0) | (on[ListKind.SCANNERS] >= 0)
    judged.ledger.add("benign", np.where(harmless, register.number("known.benign_weight"), 0.0))


def _add_background(
    judged: Judgement, before: background.Background | None, register: Register
) -> None:
    """Add what was known before, last of all: it weighs by what else stands in the ledger."""
    if before is not None:
        judged.looked = background.weigh(
            judged.ledger,
            judged.survey.services,
            before,
            prior=judged.prior,
            listed=judged.listed,
            register=register,
        )


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
    ledger: fuse.Ledger,
    survey: passes.Survey,
    mesh_clients: NDArray[np.float64],
    register: Register,
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
    ledger.add("mesh", np.where(several, fuse.mesh_term(mesh_clients, clients, high), 0.0))


def _add_upper_tier(engine: passes.Engine, judged: Judgement, register: Register) -> None:
    """
    Run the core operator once more with candidates inside the own network as suspects.

    Fronts that are subscribers' devices show their upper tier: a service whose clients are
    mostly fronts (R14).
    """
    table = judged.survey.services
    probability = judged.probability()
    fronts = (probability >= _FRONT_FROM) & (ints(table, "remote_own") == 1)
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
