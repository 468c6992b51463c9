"""
Windows of sampled traffic of many lines, judged by what was learned on worlds of known truth.

A model gives the evidence, and the base rate of the windows it was made from. Where single
contacts can be told apart, few lines talk or flags are missing, nothing was learned and `judge`
adds up terms instead.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.detect import beacon, fuse, passes, rules
from hinomi.detect.columns import floats, ints
from hinomi.detect.features import Columns
from hinomi.detect.model import Model
from hinomi.detect.observe import Observed, second_view
from hinomi.govern.parameters import Register

NEVER: Final = -12.0
"""Evidence on a service that one line alone spoke with: it cannot be enriched."""

LISTED_LEAST: Final = -1.6
LISTED_MOST: Final = 4.0
"""How far evidence moves what a list says: a C&C that shows none stands on lists too."""

_CROWDED_LEAST: Final = -6.0
"""The same where many lines meet it: a shared host, or a wrong entry."""

LISTED_WEIGHT: Final = 0.4
_LISTED_USUAL: Final = 4.3
_LISTED_USUAL_MOST: Final = 7.5
"""
Measured on the 1,131 listed services of two clients or more in 47 worlds, by models that never
saw their school: logit P(right) grew by 0.31 to 0.45 for each unit of evidence, and lists were as
right as on average where the evidence was -1, 2, 5 and 7 for 2, 3 to 4, 5 to 9 and more clients.
"""

_MET_BY_SCANNING: Final = -2.5
"""Where one line alone met a listed service, and only because it probes the port everywhere."""

_LIKELY_FROM: Final = 0.5
_BOTS_FROM: Final = 1.0
"""Log-odds of enrichment from which a service is a first tier."""

_FRONTS_FROM: Final = 0.3
"""Share of the clients that are finds themselves, from which a service is an upper tier."""


@dataclass(frozen=True, slots=True)
class View:
    """What a model says of the services of a window."""

    model: Model
    columns: Columns  # `observe.second_view`, and `rules.columns`.
    evidence: NDArray[np.float64]  # ln P(looks so | C&C) - ln P(looks so | not), (services,).
    fronts: NDArray[np.int64]  # Clients that are C&C candidates themselves, shape (services,).

    def tier_of(self, probability: NDArray[np.float64]) -> NDArray[np.int64]:
        """
        Tell the tier of likely C&Cs, shape (services,).

        Returns:
            2 where many clients are finds themselves (R14), 1 where suspects and clients of
            other finds are over-represented, 0 elsewhere: undecided.
        """
        likely = probability >= _LIKELY_FROM
        fronts = (self.columns["front_share"] >= _FRONTS_FROM) | (
            self.columns["rule_upper"] > _BOTS_FROM
        )
        bots = self.columns["joint_surplus"] > _BOTS_FROM
        return np.where(likely & fronts, 2, np.where(likely & bots, 1, 0)).astype(np.int64)


def speaks_for(survey: passes.Survey, register: Register) -> bool:
    """
    Tell whether windows like this one were learned from.

    Args:
        survey: What the first pass found.
        register: Gives ``learned.least_lines`` and ``learned.flagless_most``.
    """
    sampled = not 0 < survey.extent.densest <= beacon.MEANINGFUL
    flags = survey.extent.flagless_share <= register.number("learned.flagless_most")
    return sampled and flags and len(survey.talking) >= register.integer("learned.least_lines")


def look(engine: passes.Engine, observed: Observed, model: Model, register: Register) -> View:
    """Look at every service twice: by itself, then by what the others say of its clients."""
    several = observed.several
    beside, fronts = rules.columns(engine, observed, register)
    first = model.first_view({**observed.columns, **beside}, several)
    columns = {**second_view(engine, observed, first), **beside}
    evidence = np.where(several, model.evidence(columns, several), NEVER)
    clients = floats(observed.survey.services, "clients")
    found = np.round(columns["front_share"] * clients).astype(np.int64)
    return View(model, columns, evidence, np.maximum(fronts, found))


def base_rate(model: Model, register: Register) -> float:
    """
    Give the share of C&Cs among the services that two lines or more met.

    Args:
        model: Knows the share over all windows that it was made from.
        register: Gives ``fuse.base_rate_min`` and ``learned.base_rate_max``: a provider who
            knows its network to be cleaner lowers the latter.

    Notes:
        Not estimated from the window itself. By expectation maximisation (Saerens, Latinne
        and Decaestecker 2002, Neural Computation 14:21) the log loss on worlds held out was
        half as large again: what is new in a window passes for a crowd of C&Cs, and the
        rate rises with it.
    """
    low, high = register.number("fuse.base_rate_min"), register.number("learned.base_rate_max")
    return min(max(model.card.base_rate, low), high)


def of_listed(
    evidence: NDArray[np.float64],
    clients: NDArray[np.int64],
    *,
    exact: NDArray[np.bool_],
    teaches: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """
    Tell how far evidence moves what a list says of a service, log-odds of shape (services,).

    Args:
        evidence: What the model says, shape (services,).
        clients: Lines that spoke with it. The more, the more there would be to see.
        exact: The list names the port. Of a listed address every service is asked about, and
            evidence counts in full to tell which of them is meant.
        teaches: Few enough lines meet it to make them suspects.
    """
    usual = np.minimum(_LISTED_USUAL * np.log(np.maximum(clients, 2) / 2.0), _LISTED_USUAL_MOST)
    least = np.where(teaches, LISTED_LEAST, _CROWDED_LEAST)
    moved = np.where(exact, LISTED_WEIGHT * (evidence - usual), evidence)
    return np.clip(moved, least, LISTED_MOST)


def weigh(ledger: fuse.Ledger, view: View, observed: Observed) -> None:
    """Add the evidence to the ledger; a list's own word is moved by it within bounds."""
    clients = ints(observed.survey.services, "clients")
    moved = of_listed(view.evidence, clients, exact=observed.exact, teaches=observed.teaches)
    # A scanner that meets it on the port it scans does not show that it is what the list says.
    by_chance = observed.pooled.probing / np.maximum(clients, 1)
    bounded = np.where(observed.several, moved, _MET_BY_SCANNING * by_chance)
    ledger.add("learned", np.where(observed.listed, bounded, view.evidence))
