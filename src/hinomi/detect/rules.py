"""
What rules that a person set say of a service: terms of log-odds, each for a cause of its own.

Where nothing was learned they are all there is. Where a model speaks they stand beside it, at a
weight that was measured on networks it had not seen: trees stop counting where the windows they
learned from ended, and a rule goes on; a rule knows less of how C&Cs talk.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import special

from hinomi.detect import enrich, fuse, passes
from hinomi.detect.columns import floats, ints, keys, positions
from hinomi.detect.features import Columns
from hinomi.detect.observe import Observed
from hinomi.detect.orient import LINE, SERVICE
from hinomi.detect.ports import habit
from hinomi.govern.parameters import Register

_REASONS: Final[Mapping[str, str]] = {
    "enriched": "enriched",
    "not-enriched": "enriched",
    "onset": "onset",
    "crowd": "crowd",
    "one-way": "one-way",
    "scan-target": "scan-target",
    "mesh": "mesh",
    "brief": "brief",
    "upper": "upper",
    "momentary": "momentary",
    "transfer": "transfer",
}
"""The terms, and the reason under which a model tells of each."""

BASIS: Final[Mapping[str, str]] = {f"rule_{code}": why for code, why in _REASONS.items()}
"""The terms as columns, and their reasons, as `features.BASIS`."""

_FRONT_FROM: Final = 0.5
"""A service of at least this probability is a front when its own services are looked at."""


def add(
    engine: passes.Engine,
    observed: Observed,
    ledger: fuse.Ledger,
    prior: float,
    register: Register,
    *,
    certain: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """
    Add what each kind of evidence says to *ledger*.

    Args:
        engine: Fetches the services of fronts.
        observed: What the window shows.
        ledger: What else is known of the services, lists for one.
        prior: The base rate on which the ledger stands.
        register: The parameters.
        certain: Services that are C&Cs whatever the ledger says, shape (services,).

    Returns:
        Clients of each service that are C&C candidates themselves (R14), shape (services,).
    """
    enrichment = observed.enrichment
    taught = observed.suspects.line.size > 0
    term = fuse.enriched_term(enrichment.log_ratio, enrichment.rate, register) * taught
    ledger.add("enriched", np.maximum(term, 0.0))
    # A list knows of families that leave no evidence: there, its absence says nothing.
    ledger.add("not-enriched", np.where(observed.listed, 0.0, np.minimum(term, 0.0)))
    pooled = observed.pooled
    ledger.add("onset", fuse.onset_term(pooled.telling, pooled.before))
    _add_doubts(ledger, observed, register)
    sure = special.expit(special.logit(prior) + ledger.total()) >= _FRONT_FROM
    if certain is not None:
        sure |= certain
    upper, fronts = _upper_tier(engine, observed, sure, register)
    ledger.add("upper", upper)
    _add_other_parts(ledger, observed, prior)
    return fronts


def columns(
    engine: passes.Engine, observed: Observed, register: Register
) -> tuple[Columns, NDArray[np.int64]]:
    """
    Give the terms that stand beside a model, as the columns of `BASIS`, shape (services,).

    And what `add` returns.
    """
    ledger = fuse.Ledger(observed.several.size)
    fronts = add(engine, observed, ledger, observed.prior, register, certain=observed.listed)
    return {f"rule_{code}": ledger.terms[code] for code in _REASONS}, fronts


def total(beside: Columns) -> NDArray[np.float64]:
    """Sum the columns of `BASIS`, shape (services,)."""
    return np.asarray(sum(beside[name] for name in BASIS), dtype=np.float64)


def _add_doubts(ledger: fuse.Ledger, observed: Observed, register: Register) -> None:
    """Add what speaks against: crowds, one-way traffic, mere targets, meshes, short events."""
    survey = observed.survey
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
    mesh = fuse.mesh_term(observed.pooled.mesh, clients, high)
    ledger.add("mesh", np.where(several, mesh, 0.0))
    first_ms = floats(table, "first_ms")
    lasted_ms = np.where(_young(observed), np.inf, floats(table, "last_ms") - first_ms)
    ledger.add("brief", fuse.brief_term(lasted_ms, clients, survey.extent.hours))


def _upper_tier(
    engine: passes.Engine, observed: Observed, sure: NDArray[np.bool_], register: Register
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """
    Run the core operator once more with candidates inside the own network as suspects.

    Fronts that are subscribers' devices show their upper tier: a service whose clients are
    mostly fronts (R14).

    Returns:
        The term, and how many of the clients are fronts, shape (services,) each.
    """
    survey = observed.survey
    table = survey.services
    fronts = sure & (ints(table, "remote_own") == 1)
    if fronts.sum() <= 1:
        return np.zeros(len(table)), np.zeros(len(table), dtype=np.int64)
    chosen = table.filter(pa.array(fronts))
    lines = chosen.select(["remote_hi", "remote_lo"]).rename_columns(LINE)
    _, first = np.unique(keys(lines, LINE), return_index=True)
    lines = lines.take(pa.array(first))
    pairs = passes.services_of_lines(engine, survey, lines)
    where = positions(keys(pairs, SERVICE), keys(table, SERVICE))
    seen = np.bincount(where, minlength=len(table)).astype(np.float64)
    clients = floats(table, "clients")
    expected = clients * len(lines) / max(len(survey.talking), 1)
    found = enrich.enrich(
        clients,
        seen,
        expected,
        null=enrich.learn_null(clients, seen, expected),
        least_share=np.zeros(len(table)),
        register=register,
    )
    term = fuse.enriched_term(found.log_ratio, found.rate, register)
    upper = np.where((term > 0) & (seen >= 2) & ~fronts, term, 0.0)  # noqa: PLR2004
    return upper, seen.astype(np.int64)


def _add_other_parts(ledger: fuse.Ledger, observed: Observed, prior: float) -> None:
    """
    Tell loaders from C&Cs, last of all.

    A list that names a service has told it from a loader already, and the habits of a
    single line weigh its transfers themselves.
    """
    table = observed.survey.services
    exempt = observed.listed | ~observed.several
    # Who has no time to come back, or met it at one event, does not show that it is a loader.
    momentary = fuse.momentary_chance(floats(table, "several"), floats(table, "returned"))
    momentary[_young(observed) | (ledger.terms["brief"] < 0)] = 0.0
    transfer = fuse.transfer_chance(floats(table, "packets_in"), floats(table, "bytes_in"))
    for code, chance in {"momentary": momentary, "transfer": transfer}.items():
        before = special.logit(prior) + ledger.total()
        ledger.add(code, fuse.other_part(before, np.where(exempt, 0.0, chance)))


def _young(observed: Observed) -> NDArray[np.bool_]:
    """Tell which services were first met within two hours of the window's end."""
    table = observed.survey.services
    if len(table) == 0:
        return np.zeros(0, dtype=bool)
    ends_ms = float(floats(table, "last_ms").max())
    return np.asarray(floats(table, "first_ms") > ends_ms - fuse.BRIEF_MS, dtype=bool)
