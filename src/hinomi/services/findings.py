"""What one run of detection shows of services that are worth a case, as evidence."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.detect.background import Background
from hinomi.detect.columns import ints
from hinomi.detect.context import context_columns
from hinomi.detect.judge import Judgement, judge
from hinomi.errors import NotFound
from hinomi.govern.parameters import Register
from hinomi.model.case import OPEN_STATES
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.listed import ListEntry, ListKind
from hinomi.model.service import Service
from hinomi.services.detecting import Opened, ranked, row_of, service_of
from hinomi.services.home import Home
from hinomi.services.population import Facts, render_address_facts, render_population
from hinomi.store.figures import FIRST as FIRST_PERIOD
from hinomi.verify.surroundings import address_facts, populations_of

SOURCE: Final = "hinomi detect"
"""The source of all evidence that detection in the own network gives."""

_ACCUSING: Final = frozenset({ListKind.KNOWN_CC, ListKind.SINKHOLES, ListKind.SUSPECTS})
"""Lists that make suspects of lines."""

_STRONGEST: Final = 6
"""So many terms of the ledger go with the evidence."""


class Finder:
    """
    Looks at what a run judged, and keeps what is worth a case.

    It keeps numbers about servers. Of lines it keeps how many there are.
    """

    def __init__(
        self,
        register: Register,
        open_services: Sequence[Service],
        *,
        opens: bool = True,
        period: str = FIRST_PERIOD,
    ) -> None:
        """
        Begin.

        Args:
            register: Says what is worth a case.
            open_services: Services of open cases: looked at again whatever they look like now.
            opens: Whether anything else is worth a case.
            period: The key period of its pseudonyms.
        """
        self.period = period
        self._opens = opens
        self._register = register
        self._least = register.number("verify.open_probability")
        self._most = register.integer("verify.open_most")
        self._open = tuple(open_services)
        self.worth: list[Service] = []  # A case, most probable first.
        self.evidence: list[Evidence] = []  # About these, and about services of open cases.
        self.below = 0  # Candidates that were not worth one.
        self.until_day = 0  # The last day that it saw, days since 1970-01-01; 0: it saw nothing.

    @property
    def asked(self) -> list[ListEntry]:
        """Name the services of open cases to detection."""
        return [
            ListEntry(base=each.address, proto=each.proto, port=each.port, own=each.own)
            for each in self._open
        ]

    @property
    def digest(self) -> str:
        """Name what was found until when: the same findings have the same name."""
        references = sorted(f"{each.service} {each.reference}" for each in self.evidence)
        references.append(f"until {self.until_day}")
        return hashlib.sha256("\n".join(references).encode()).hexdigest()

    def __call__(self, opened: Opened, judged: Judgement) -> None:
        """Look at everything that was judged in one run."""
        probability = judged.probability()
        candidates = ranked(judged)
        likely = candidates[probability[candidates] >= self._least]
        met = likely[ints(judged.survey.services, "clients")[likely] > 0]
        chosen = met[: self._most if self._opens else 0]
        self.below = int(candidates.size - chosen.size)
        table = judged.survey.services
        if len(table):  # Silence of a server says something where others were heard.
            self.until_day = int(ints(table, "last_ms").max()) // DAY_MS
        self.worth = [service_of(table, int(row)) for row in chosen]
        rows = [int(row) for row in chosen]
        rows += sorted({*_rows(judged, self._open)} - {*rows})
        self.evidence = _evidence(opened, judged, rows, self._register)


def _rows(judged: Judgement, services: Sequence[Service]) -> list[int]:
    """Find the rows of services that anybody met; the others are left out."""
    found = []
    for each in services:
        try:
            row = row_of(judged, each)
        except NotFound:
            continue
        if int(judged.survey.services["clients"][row].as_py()) > 0:
            found.append(row)
    return found


def unaided(opened: Opened, judged: Judgement, register: Register) -> NDArray[np.float64]:
    """
    Give the probability of each service where nobody's list makes a line a suspect.

    `Judgement.by_flow` leaves out what lists say of a service itself. Who meets a listed server is
    a suspect all the same, and so makes the next server suspicious: a list that names two innocent
    servers of the same guests would have flow bear out its word.
    """
    if not any(opened.lists.get(kind) for kind in _ACCUSING):
        return judged.by_flow()
    others = {kind: each for kind, each in opened.lists.items() if kind not in _ACCUSING}
    model = None if judged.view is None else judged.view.model
    return judge(opened.engine, judged.survey, others, register, model).by_flow()


def _evidence(
    opened: Opened, judged: Judgement, rows: Sequence[int], register: Register
) -> list[Evidence]:
    if not rows:
        return []
    table = judged.survey.services
    services = [service_of(table, row) for row in rows]
    populations = populations_of(
        table, judged.suspects, lines=len(judged.survey.talking), wanted=services
    )
    places = places_of(opened.background, services)
    own, probability = judged.by_flow(), judged.probability()
    # Only what a list names as well is weighed against it: judging twice costs a second pass.
    least = register.number("verify.least_reliability")
    doubtful = {row for row in rows if judged.listed[row] and own[row] >= least}
    alone = unaided(opened, judged, register) if doubtful else own
    first_ms, last_ms = ints(table, "first_ms"), ints(table, "last_ms")
    found = []
    for row, service in zip(rows, services, strict=True):
        facts: Facts = {
            "probability": _rounded(probability[row]),
            "prior": _rounded(judged.prior),
            "shift": judged.taught.shift,
            "slope": judged.taught.slope,
            "tier": int(judged.tier[row]),
            "first_day": int(first_ms[row]) // DAY_MS,
            "terms": _terms(judged, row),
        }
        if row in doubtful:
            facts["unaided"] = _rounded(alone[row])
        population = populations.get(service)
        if population is not None:
            facts |= render_population(population)
        facts |= places.get(service, {})
        evidence = Evidence(
            service=service,
            method=Method.FLOW,
            source=SOURCE,
            claim=Claim.CC,
            observed_day=int(last_ms[row]) // DAY_MS,
            strength=_rounded(own[row]),
            facts=facts,
        )
        found.append(replace(evidence, reference=_digest(evidence)))
    return found


def places_of(before: Background | None, services: Sequence[Service]) -> dict[Service, Facts]:
    """
    Look up what context tables say of the address of each service outside the own network.

    Args:
        before: Tables that stood before the time in question; None: there are none.
        services: Which; empty facts are left out.
    """
    plain = [each for each in services if not each.own]
    if before is None or not plain:
        return {}
    asked = pa.table(
        {
            "remote_hi": pa.array([each.address.hi for each in plain], pa.int64()),
            "remote_lo": pa.array([each.address.lo for each in plain], pa.int64()),
            "remote_own": pa.array([0] * len(plain), pa.int64()),
            "proto": pa.array([each.proto for each in plain], pa.int64()),
            "remote_port": pa.array([each.port for each in plain], pa.int64()),
        }
    )
    columns = context_columns(asked, before.tables, before.starts_ms)
    found = address_facts(
        [each.address for each in plain],
        origin_as=columns.origin_as,
        as_kind=columns.as_kind,
        names=columns.names,
        allocation_days=columns.allocation_age,
        tables=before.tables,
    )
    return {each: render_address_facts(found[each.address]) for each in plain}


def _terms(judged: Judgement, row: int) -> str:
    """Name what weighs most, such as ``learned:6.2 crowd:-1.1``."""
    terms = {code: float(column[row]) for code, column in judged.ledger.terms.items()}
    strongest = sorted(terms, key=lambda code: (-abs(terms[code]), code))[:_STRONGEST]
    return " ".join(f"{code}:{terms[code]:.1f}" for code in strongest if abs(terms[code]) > 0.05)  # noqa: PLR2004 - one digit is shown.


def _digest(evidence: Evidence) -> str:
    told = json.dumps([evidence.strength, dict(evidence.facts)], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _rounded(value: float | np.float64) -> float:
    return float(f"{float(value):.4g}")


def finder_for(home: Home, numbers: Sequence[int] | None = None) -> Finder:
    """
    Give who looks at a run for what is worth a case, and again at what is open.

    Args:
        home: Where.
        numbers: Of the cases to look at again, and no new ones; empty: all open ones. None: new
            ones are looked for as well.

    Raises:
        NotFound: If there is no such case.
    """
    period = home.key_period  # Before the cases: a change in between is noticed by `keep`.
    with home.casebook() as casebook:
        cases = (
            casebook.cases.get_each(numbers) if numbers else casebook.cases.in_states(OPEN_STATES)
        )
    services = [each.service for each in cases]
    return Finder(home.register, services, opens=numbers is None, period=period)
