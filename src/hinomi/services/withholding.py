"""
A window looked at as if a part of the known-C&C list were not there.

What stands on that part is seen as an unlisted C&C would be: nobody is a suspect for having
met it. The operator's list so becomes a truth to learn from and to be measured on.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from hinomi.detect import learned, passes
from hinomi.detect.columns import ints
from hinomi.detect.correction import FOLDS
from hinomi.detect.lessons import LEAST_CLIENTS
from hinomi.detect.model import Model
from hinomi.detect.observe import Observed, observe
from hinomi.govern.parameters import Register
from hinomi.model.listed import ListEntry, ListKind, Role
from hinomi.model.window import Window
from hinomi.services.detecting import opening, survey_opened
from hinomi.services.home import Home
from hinomi.services.mandates import Operation


@dataclass(frozen=True, slots=True)
class Glance:
    """One window with one fold of the list withheld; rows are those worth learning from."""

    fold: int
    view: learned.View
    rows: NDArray[np.int64]  # Services that are withheld or unlabelled.
    server: NDArray[np.int64]  # Number of the withheld C&C that each row is, -1 unlabelled.
    chance: NDArray[np.float64]  # How far each row counts as C&C, 0..1.
    observed: Observed
    engine: passes.Engine

    def odds(self, model: Model, register: Register) -> NDArray[np.float64]:
        """Give the log odds by *model* of each row to be an unlisted C&C."""
        view = self.view
        if _sees_alike(model, view.model):
            several = self.observed.several
            evidence = model.evidence(view.columns, several)
            evidence = np.where(several, evidence, learned.NEVER)
        else:
            evidence = learned.look(self.engine, self.observed, model, register).evidence
        rate = learned.base_rate(model, register)
        return np.asarray(special.logit(rate) + evidence[self.rows], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Opening:
    """A window of which a model can speak."""

    whole: Observed  # With the whole list.
    glances: Iterator[Glance]  # One for each fold; each is gone when the next is asked for.


@contextmanager
def withholding(home: Home, window: Window, start: Model) -> Iterator[Opening | None]:
    """
    Look at *window* once for each fold of the known-C&C list.

    Args:
        home: Where records and lists lie; one act under the mandate to train.
        window: Which records.
        start: Gives the columns that depend on a first view, and what unlabelled services
            are taken for.

    Yields:
        None where models do not speak of such a window (`learned.speaks_for`).
    """
    with opening(home, window, Operation.TRAIN) as opened:
        survey = survey_opened(home, opened, lambda _: None)
        if not learned.speaks_for(survey, home.register):
            yield None
            return
        whole = observe(opened.engine, survey, opened.lists, home.register)

        def glances() -> Iterator[Glance]:
            for fold in range(FOLDS):
                lists = {**opened.lists, ListKind.KNOWN_CC: withhold(opened.lists, fold)}
                seen = observe(opened.engine, survey, lists, home.register)
                view = learned.look(opened.engine, seen, start, home.register)
                rows, server, chance = _labelled(view, seen, whole, opened.lists, home.register)
                yield Glance(fold, view, rows, server, chance, seen, opened.engine)

        yield Opening(whole, glances())


def withhold(lists: Mapping[ListKind, Sequence[ListEntry]], fold: int) -> list[ListEntry]:
    """Give the known-C&C list without the addresses of *fold*."""
    return [entry for entry in lists.get(ListKind.KNOWN_CC, ()) if fold_of(entry) != fold]


def fold_of(entry: ListEntry) -> int:
    """Tell in which fold an entry is: all that lists say of one address is in the same."""
    name = f"{entry.base.hi} {entry.base.lo}".encode()
    return hashlib.sha256(name).digest()[0] % FOLDS


def _labelled(
    view: learned.View,
    seen: Observed,
    whole: Observed,
    lists: Mapping[ListKind, Sequence[ListEntry]],
    register: Register,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Choose rows, and tell which withheld C&C each is and how far it counts as one."""
    entries = lists.get(ListKind.KNOWN_CC, ())
    place = whole.on[ListKind.KNOWN_CC]
    clients = ints(whole.survey.services, "clients")
    sinkhole = (whole.on[ListKind.SINKHOLES] >= 0) | _is_sinkhole(entries, place)
    harmless = (whole.on[ListKind.BENIGN] >= 0) | (whole.on[ListKind.SCANNERS] >= 0)
    withheld = whole.teaches & whole.listed & ~seen.listed & (clients >= LEAST_CLIENTS)
    withheld &= ~sinkhole & ~harmless
    unlabelled = ~whole.listed & ~sinkhole
    rows = np.flatnonzero(whole.several & (withheld | unlabelled))
    rate = learned.base_rate(view.model, register)
    chance = special.expit(special.logit(rate) + view.evidence)
    chance[harmless] = 0.0
    moved = learned.of_listed(view.evidence, clients, exact=whole.exact, teaches=whole.teaches)
    chance[withheld] = _right(whole.exact[withheld], moved[withheld], register)
    server = np.where(withheld, _servers(entries, place), -1)
    return rows, server[rows], chance[rows]


def _right(
    exact: NDArray[np.bool_], moved: NDArray[np.float64], register: Register
) -> NDArray[np.float64]:
    """Give how far listed services count as C&Cs: lists are wrong now and then."""
    right = np.where(
        exact,
        register.number("known.right_share"),
        register.number("known.right_share_address"),
    )
    return np.asarray(special.expit(special.logit(right) + moved), dtype=np.float64)


def _is_sinkhole(entries: Sequence[ListEntry], place: NDArray[np.int64]) -> NDArray[np.bool_]:
    facts = np.array([*(entry.role is Role.SINKHOLE for entry in entries), False], dtype=bool)
    return np.asarray(facts[place], dtype=bool)  # -1 takes the last.


def _servers(entries: Sequence[ListEntry], place: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the listed servers by address: one with several ports is one."""
    first: dict[object, int] = {}
    number = [first.setdefault(entry.base, at) for at, entry in enumerate(entries)]
    return np.array([*number, -1], dtype=np.int64)[place]


def _sees_alike(one: Model, other: Model) -> bool:
    """Tell whether two models have the same first view: then the columns are the same."""
    return one.first == other.first and one.card.columns_first == other.card.columns_first
