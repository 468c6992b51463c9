"""What is said of servers, weighed for the list of an epoch, and kept for people to look at."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from hinomi.hub.aggregate import Decision, Outcome, aggregate
from hinomi.hub.kinship import Past
from hinomi.hub.rule import Rule
from hinomi.hub.servers import Columns
from hinomi.model.case import ServiceClass
from hinomi.model.statement import Endpoint
from hinomi.services.home import Home
from hinomi.services.hub.epochs import Epoch
from hinomi.services.hub.guarding import Guards
from hinomi.services.hub.hearing import Hearing, hear
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.outcomes import MEMBER
from hinomi.store.hub.weighings import Weighing


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What all that was said comes to in one epoch."""

    epoch: Epoch
    decisions: tuple[Decision, ...]  # By endpoint; what merely waits is not here.
    pasts: Mapping[str, Past]  # When members first named what.
    named: Mapping[Endpoint, tuple[str, ...]]  # Who names what is listed from now on.
    forget_before: int  # Epoch: what was weighed last before it goes.

    @property
    def wanted(self) -> Mapping[Endpoint, ServiceClass]:
        """What shall be listed, each with its class."""
        return {each.endpoint: each.service_class for each in self.decisions if each.is_listed}

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """How many servers each outcome has."""
        found = Counter(each.outcome for each in self.decisions)
        return {outcome: found[outcome] for outcome in Outcome}


def weigh_statements(home: Home, casebook: CaseBook, now: Epoch) -> Weighed:
    """
    Weigh all that counts, up to the epoch that is spoken of in *now*.

    The same statements come to the same, in whichever order and at whatever time they arrived;
    and so they do a second time, where the first was not published.
    """
    rule = Rule.from_register(home.register)
    with casebook.snapshot():
        hearing = hear(home, casebook, now)
        guards = Guards(home, casebook, hearing)
    decisions = aggregate(hearing.heard, rule, epoch=now.number, guard=guards.guard())
    return Weighed(
        epoch=now,
        decisions=decisions,
        pasts=hearing.pasts,
        named=_named(hearing, decisions),
        forget_before=now.number - max(rule.remember_epochs, rule.lease_epochs),
    )


def _named(hearing: Hearing, decisions: Iterable[Decision]) -> Mapping[Endpoint, tuple[str, ...]]:
    """Give the members who name each server whose listing begins with this epoch."""
    heard, words = hearing.heard, hearing.words
    listed = [each.endpoint for each in decisions if each.is_listed]
    rows = heard.servers.rows_of(Columns.of(listed))
    begins = np.zeros(heard.servers.size, dtype=np.bool_)
    begins[rows] = True
    begins &= ~heard.before.is_listed
    found: dict[int, set[str]] = {}
    spoken = words.among(begins[words.server])
    for row, place in zip(spoken.server.tolist(), spoken.source.tolist(), strict=True):
        found.setdefault(row, set()).add(heard.sources[place].name.removeprefix(MEMBER))
    return {
        endpoint: tuple(sorted(found.get(row, ())))
        for endpoint, row in zip(listed, rows.tolist(), strict=True)
        if begins[row]
    }


def keep_weighings(casebook: CaseBook, weighed: Weighed) -> None:
    """
    Keep what was weighed: for people to look at, and for the next epoch to go on from.

    It comes before publication. Whoever is stopped between the two weighs again, to the same.
    """
    casebook.hub.weighings.put(
        (
            Weighing(
                endpoint=each.endpoint,
                epoch=weighed.epoch.number,
                outcome=each.outcome.value,
                posterior=each.posterior,
                members=each.members,
                methods=each.methods,
                against=each.against,
                service_class=each.service_class,
                reasons=tuple({"code": why.code, **why.values} for why in each.reasons),
                carried=each.carried,
                contested=each.contested,
            )
            for each in weighed.decisions
        ),
        forget_before=weighed.forget_before,
    )
    samples = {
        name: (past.bound, past.number, past.first, past.last)
        for name, past in weighed.pasts.items()
    }
    casebook.hub.histories.put(samples, weighed.epoch.number)
