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
    fuse,
    habits,
    known,
    learned,
    mesh,
    passes,
    rules,
    suspects,
)
from hinomi.detect.columns import floats, ints
from hinomi.detect.model import Model
from hinomi.detect.observe import Lists, Observed, observe
from hinomi.govern.parameters import Register
from hinomi.model.context import TableStatement
from hinomi.model.listed import ListEntry, ListKind, Role
from hinomi.model.protocol import Protocol

OTHERS: Final = (
    "listed", "unanswered", "sinkhole", "benign", background.NEIGHBOURS, background.FORMERLY,
)  # fmt: skip
"""Terms of the ledger that come from lists and not from flow."""

_TIER_FROM: Final = 1.0
"""Log-odds of enrichment from which a tier is named."""


@dataclass(slots=True)
class Judgement:
    """Evidence per service; every column has shape (services,)."""

    observed: Observed
    prior: float
    ledger: fuse.Ledger
    tier: NDArray[np.int64]  # 1, 2, or 0 undecided.
    fronts: NDArray[np.int64]  # Clients that are C&C candidates themselves.
    habits: dict[int, habits.Habit]  # Of services that one line keeps coming back to.
    view: learned.View | None = None  # What the model says; None where terms were added up.
    looked: background.Looked | None = None  # None where nothing was known before.
    taught: fuse.Answers = field(default_factory=fuse.Answers)  # By answered cases (R12).
    typical: Mapping[str, float] | None = field(default=None, init=False)  # See `contrast`.

    @property
    def survey(self) -> passes.Survey:
        """What the first pass found."""
        return self.observed.survey

    @property
    def enrichment(self) -> enrich.Enrichment:
        """Suspects among the clients of each service against expectation."""
        return self.observed.enrichment

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
        return fuse.probability(self.prior, self.ledger, self.taught)

    def correction(self, index: int) -> float:
        """By how much answered cases moved the log-odds of one service."""
        plain, moved = (
            fuse.log_odds(self.prior, self.ledger, each)[index]
            for each in (fuse.Answers(), self.taught)
        )
        return float(moved - plain)

    def by_flow(self) -> NDArray[np.float64]:
        """
        Probability of each service from what flow shows, shape (services,).

        What others say of the service itself is left out: lists, and their history. Who weighs
        detection against those others must not hear them twice.
        """
        others = sum(
            (self.ledger.terms[code] for code in OTHERS if code in self.ledger.terms),
            start=np.zeros(self.ledger.services),
        )
        whole = special.logit(self.prior) + self.ledger.total()
        return np.asarray(
            special.expit(self.taught.shift + self.taught.slope * (whole - others)),
            dtype=np.float64,
        )


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
    judged = _begin(engine, observed, fuse.answers(register))
    if model is not None and learned.speaks_for(survey, register):
        judged.view = learned.look(engine, observed, model, register)
        judged.prior = learned.base_rate(model, register)
        learned.weigh(judged.ledger, judged.view, observed)
        _add_lists(judged, lists, register)
        _add_background(judged, before, register)
        judged.fronts = judged.view.fronts
        tier = judged.view.tier_of(judged.probability())
        judged.tier = np.where(judged.tier == 0, tier, judged.tier)
        return judged
    _add_lists(judged, lists, register)
    _add_terms(engine, judged, register)
    _add_background(judged, before, register)
    return judged


def _begin(engine: passes.Engine, observed: Observed, taught: fuse.Answers) -> Judgement:
    survey = observed.survey
    count = len(survey.services)
    return Judgement(
        observed=observed,
        prior=observed.prior,
        ledger=fuse.Ledger(count),
        tier=np.zeros(count, dtype=np.int64),
        fronts=np.zeros(count, dtype=np.int64),
        habits=habits.habits(engine, survey, mesh.is_mesh(survey.lines)),
        taught=taught,
    )


def _add_terms(engine: passes.Engine, judged: Judgement, register: Register) -> None:
    """Add up what each kind of evidence says, by rules that a person set."""
    ledger = judged.ledger
    ledger.add("behaviour", habits.term(judged.habits, ledger.services, register))
    judged.fronts = rules.add(engine, judged.observed, ledger, judged.prior, register)
    judged.tier[(ledger.terms["enriched"] > _TIER_FROM) & (judged.tier == 0)] = 1
    judged.tier[ledger.terms["upper"] > _TIER_FROM] = 2


def _add_lists(judged: Judgement, lists: Lists, register: Register) -> None:
    """Add what the operator's lists say of the services themselves."""
    on = judged.on
    table = judged.survey.services
    # Met in bursts only, it has no clients; that it answered still shows it alive (R13).
    answers = (ints(table, "packets_in") > 0) & (ints(table, "refused") == 0)
    spoke = (ints(table, "clients") > 0) | (answers & (ints(table, "packets_out") > 0))
    entries = lists.get(ListKind.KNOWN_CC, ())
    place = on[ListKind.KNOWN_CC]
    names_port = judged.observed.exact
    sinkhole = on[ListKind.SINKHOLES] >= 0
    sinkhole |= _of_entries(entries, place, lambda entry: entry.role is Role.SINKHOLE)
    judged.tier[_of_entries(entries, place, lambda entry: entry.role is Role.UPPER)] = 2
    right = judged.listed & ~sinkhole
    tcp = ints(table, "proto") == int(Protocol.TCP)
    chance = fuse.alive_chance(spoke, floats(table, "packets_out"), tcp)
    alive, as_met = (
        fuse.listed_term(right, share, names_port, judged.prior, register)
        for share in (np.ones(len(table)), chance)
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
