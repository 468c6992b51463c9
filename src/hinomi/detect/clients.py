"""
Who the clients of each service are: suspects among them, kind by kind, against expectation.

Everything is a sum over clients, so that no query holds all pairs at once: what lines are
expected to be is summed by the engine, and the pairs of suspected lines alone are fetched.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.detect import edges, enrich, mesh, passes, suspects
from hinomi.detect.columns import floats, ints, keys, positions
from hinomi.detect.onset import order_of
from hinomi.detect.orient import LINE, SERVICE
from hinomi.detect.suspects import ALL, Evidence, Suspects
from hinomi.govern.parameters import Register

GROUPS: Final[Mapping[str, Evidence]] = {
    "scan": Evidence.SCAN,
    "known": Evidence.KNOWN,
    "other": ALL & ~(Evidence.SCAN | Evidence.KNOWN),
    "any": ALL,
}
"""Kinds of evidence that are pooled together; what they find may lean on one cause."""

NOWHERE: Final = -2
"""A port that no service has: evidence speaks there whatever port it came from."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of chosen lines with the services they spoke with, columns of shape (m,)."""

    service: NDArray[np.int64]  # Index into the survey's services.
    line: NDArray[np.int64]  # Index into the survey's lines.

    @classmethod
    def of(cls, table: pa.Table, survey: passes.Survey) -> "Pairs":
        """Look up what `passes.services_of_lines` fetched."""
        return cls(
            positions(keys(table, SERVICE), keys(survey.services, SERVICE)),
            positions(keys(table, LINE), keys(survey.lines, LINE)),
        )

    @classmethod
    def of_lines(
        cls, engine: passes.Engine, survey: passes.Survey, wanted: NDArray[np.bool_]
    ) -> tuple["Pairs", NDArray[np.int64]]:
        """Fetch the pairs of the *wanted* lines, shape (lines,), and when each first met, ms."""
        if numbered := passes.edges_of(survey.parts):
            service, line, first_ms = edges.rows_of_lines(
                numbered, survey.services, survey.lines, wanted
            )
            return cls(service, line), first_ms
        lines = survey.lines.filter(pa.array(wanted))
        fetched = passes.services_of_lines(engine, survey, lines)
        return cls.of(fetched, survey), ints(fetched, "first_ms")


@dataclass(frozen=True, slots=True)
class Pooled:
    """Evidence pooled over the clients of each service; columns of shape (services,)."""

    seen: Mapping[str, NDArray[np.float64]]  # Suspicion by group, weighed; and `credited`.
    expected: Mapping[str, NDArray[np.float64]]  # What activity lets expect, by group.
    whole: NDArray[np.int64]  # Suspects, counted.
    telling: NDArray[np.float64]  # Suspects whose infection shows within the window.
    before: NDArray[np.float64]  # Of them, those that met the service well before.
    probing: NDArray[np.float64]  # Clients that probe the service's own port, weighed.
    mesh: NDArray[np.float64]  # Clients that look like members of a peer-to-peer network.
    activity: NDArray[np.float64]  # Sum of ln(services) over the clients.
    lonely: NDArray[np.float64]  # Sum of ln(1 + lonely services) over the clients.
    pairs: Pairs  # Of the suspected lines.
    weight: NDArray[np.float64]  # Suspicion of each of these pairs, credited, shape (m,).
    counts: NDArray[np.bool_]  # Pairs whose line counts as a whole suspect.
    of_line: NDArray[np.float64]  # General suspicion of each line of the survey.


def pool(
    engine: passes.Engine,
    survey: passes.Survey,
    suspected: Suspects,
    teaches: NDArray[np.bool_],
    register: Register,
) -> Pooled:
    """
    Pool what is suspected of the clients of each service.

    Args:
        engine: Runs the second pass.
        survey: What the first pass found.
        suspected: The suspected lines.
        teaches: Services whose clients are suspects for having met them, shape (services,).
        register: Gives the reliability of each kind of evidence.
    """
    count = len(survey.services)
    everyone = keys(survey.lines, LINE)
    suspect = positions(everyone, suspected.line)
    pairs, first_ms = Pairs.of_lines(engine, survey, suspect >= 0)
    who = suspect[pairs.line]
    port = ints(survey.services, "remote_port")[pairs.service]
    credit = _credit(survey, suspected, who, everyone[pairs.line], port)
    own = teaches[pairs.service]
    weights = {
        name: suspects.weights(suspected, who, port, own, register, only=only, of_scans=credit)
        for name, only in GROUPS.items()
    }
    plain = suspects.weights(suspected, who, port, own, register)
    credited = plain * credit * _shared(survey, pairs)
    counts = credited >= suspects.COUNTS_FROM
    order = order_of(suspected, survey.probed, first_ms, who, own)
    place = positions(suspected.line, everyone)
    general = {
        name: spread(_general(suspected, register, only), place, len(survey.lines))
        for name, only in GROUPS.items()
    }
    sums = passes.client_sums(engine, survey, _line_columns(survey, general))

    def add_up(weight: NDArray[np.float64]) -> NDArray[np.float64]:
        summed = np.bincount(pairs.service, weights=weight, minlength=count)
        return np.asarray(summed, dtype=np.float64)

    return Pooled(
        seen={name: add_up(weight) for name, weight in weights.items()}
        | {"credited": add_up(credited)},
        expected={name: floats(sums, name) for name in GROUPS},
        whole=np.bincount(pairs.service[counts], minlength=count).astype(np.int64),
        telling=add_up(order.tells.astype(np.float64)),
        before=add_up((order.tells & order.before).astype(np.float64)),
        probing=add_up(1.0 - credit),
        mesh=floats(sums, "mesh"),
        activity=floats(sums, "activity"),
        lonely=floats(sums, "lonely"),
        pairs=pairs,
        weight=credited,
        counts=counts,
        of_line=general["any"],
    )


def spread(values: NDArray[np.float64], place: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    """Lay *values* out at *place* (-1: nowhere) among *size* zeros."""
    laid = np.zeros(size)
    laid[place[place >= 0]] = values[place >= 0]
    return laid


def expected_of(survey: passes.Survey, of_line: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Tell how suspect each line is on average, by its activity; 0 for lines that spoke with none.

    Args:
        survey: Gives the lines.
        of_line: Suspicion of each line, shape (lines,).

    Returns:
        Shape (lines,), see `enrich.expected_weight`.
    """
    active = ints(survey.lines, "services")
    expected = np.zeros(active.size)
    talks = active > 0
    expected[talks] = enrich.expected_weight(active[talks], of_line[talks])
    return expected


def _credit(
    survey: passes.Survey,
    suspected: Suspects,
    who: NDArray[np.int64],
    lines: NDArray[np.void],
    port: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Tell how much each contact says, given what the line and its like probe there, (m,)."""
    silent = suspects.silent_share(survey.lines)
    own = suspects.credit(survey.probed, silent, lines, port)
    return np.minimum(own, suspects.credit_of_alike(survey.probed, suspected, who, port))


def _shared(survey: passes.Survey, pairs: Pairs) -> NDArray[np.float64]:
    """Share what a suspect says among the services of one port that it meets, shape (m,)."""
    table = survey.services
    port = (ints(table, "proto") << 16) | ints(table, "remote_port")
    ports, place = np.unique(port, return_inverse=True)
    met = np.bincount(place, weights=floats(table, "clients"), minlength=ports.size)
    share = met / max(met.sum(), 1.0)
    active = floats(survey.lines, "services")[pairs.line]
    usual = active * share[place[pairs.service]]
    return suspects.shared(pairs.line, port[pairs.service], usual)


def _general(suspected: Suspects, register: Register, only: Evidence) -> NDArray[np.float64]:
    """Weigh each suspected line as such, at no service."""
    everyone = np.arange(suspected.line.size)
    return suspects.weights(
        suspected,
        everyone,
        np.full(everyone.size, NOWHERE),
        np.zeros(everyone.size, dtype=bool),
        register,
        only=only,
    )


def _line_columns(survey: passes.Survey, general: Mapping[str, NDArray[np.float64]]) -> pa.Table:
    """Say of each line what is summed over the clients of services."""
    lines = survey.lines
    columns = {name: expected_of(survey, weight) for name, weight in general.items()}
    columns["mesh"] = mesh.is_mesh(lines).astype(np.float64)
    columns["activity"] = np.log(np.maximum(ints(lines, "services"), 1))
    columns["lonely"] = np.log1p(ints(lines, "lonely"))
    table = lines.select(LINE)
    for name, column in columns.items():
        table = table.append_column(name, pa.array(column))
    return table
