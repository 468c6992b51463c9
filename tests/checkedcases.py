"""Cases that were answered long ago, written straight into a case book."""

import random
from dataclasses import replace
from typing import Any, Final

import numpy as np
from scipy import special

from casesteps import listing, opening, stepping, verdict
from hinomi.model.address import Address, parse_address
from hinomi.model.case import Case, CaseState, Finding, ServiceClass, Step
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.protocol import Protocol
from hinomi.model.service import Reason, Service
from hinomi.services.findings import SOURCE
from hinomi.store.casebook import CaseBook
from hinomi.store.cases import Change
from hinomi.verify.decide import detected
from household import DAY_MS

FIRST: Final = parse_address("203.0.113.0")

WHY: Final = Reason(
    code="evidence", text="x", text_ja="火の見", weight=2.0, values={"method": "honeypot"}
)
"""That a honeypot found it."""


def chance(seed: int = 1) -> random.Random:
    """Give chance that is the same each time."""
    return random.Random(seed)  # noqa: S311 - nothing is kept secret by it here.


def server(number: int, port: int = 443) -> Service:
    """Give one of 256 services."""
    return Service(Address(FIRST.hi, FIRST.lo + number), Protocol.TCP, port)


def flow(about: Service, day: int, probability: float = 0.9, **facts: Any) -> Evidence:
    """Give what detection said of a service that nine lines met."""
    met: dict[str, Any] = {
        "lines": 2_000,
        "tried": 11,
        "clients": 9,
        "suspects": 7,
        "networks": 6,
        "beside": "",
    }
    usual = {"probability": probability, "prior": 1e-4, "shift": 0.0, "slope": 1.0, "tier": 1}
    return Evidence(
        service=about,
        method=Method.FLOW,
        source=SOURCE,
        claim=Claim.CC,
        observed_day=day,
        strength=probability,
        reference=f"{about.address.lo % 997:016x}",
        facts={**usual, "terms": "enriched:5.0 crowd:-1.0", **met, **facts},
    )


def honeypot(about: Service, day: int, claim: Claim = Claim.CC) -> Evidence:
    """Give a finding of a honeypot, by the sample that reported to it."""
    digest = f"{about.address.lo % 997:064x}"
    return Evidence(
        service=about,
        method=Method.HONEYPOT,
        source="honeypots",
        claim=claim,
        observed_day=day,
        reference=digest,
        facts={"first_day": day - 3, "family": "mirai"},
    )


def opened(
    book: CaseBook, about: Service, at_ms: int, probability: float | None = 0.9, **facts: Any
) -> Case:
    """Open a case with the probability that detection gave; None: detection never saw it."""
    change = opening(about, opened_ms=at_ms, changed_ms=at_ms)
    if probability is not None:
        said = flow(about, at_ms // DAY_MS, probability, **facts)
        book.evidence.add([said], at_ms)
        change = replace(change, event=replace(change.event, reasons=(detected(said), WHY)))
    return book.cases.open(change)


def stepping_for(case: Case, step: Step, by: str = "run", **given: Any) -> Change:
    """Give a step of a case, for which a honeypot speaks."""
    change = stepping(case, step, by, **given)
    return replace(change, event=replace(change.event, reasons=(WHY,)))


def stepped(book: CaseBook, case: Case, step: Step, by: str = "run", **given: Any) -> Case:
    """Let a case take a step, for which a honeypot speaks."""
    return book.cases.change(stepping_for(case, step, by, **given))


def listed(book: CaseBook, case: Case, *, was_contacted: bool = True) -> Case:
    """Let anna and rita call it a C&C server, and olga let it out."""
    changes = []
    if case.state is CaseState.CANDIDATE:
        changes.append(stepping_for(case, Step.TAKE, "anna"))
        case = changes[-1].after
    for by, step in (("anna", Step.CORROBORATE), ("rita", Step.CLEAR)):
        said = verdict(case, by, at_ms=case.changed_ms)
        kind = said.service_class
        changes.append(stepping_for(case, step, by, verdict=said, service_class=kind))
        case = changes[-1].after
    out = {"listing": listing(case), "was_contacted": was_contacted}
    return book.cases.change(*changes, stepping_for(case, Step.LIST, "olga", **out))


def rejected(
    book: CaseBook, case: Case, kind: ServiceClass = ServiceClass.UNKNOWN, by: str = "anna"
) -> Case:
    """Let somebody call it no C&C server."""
    said = verdict(case, by, finding=Finding.NOT_CC, at_ms=case.changed_ms, service_class=kind)
    return stepped(book, case, Step.REJECT, by, verdict=said, service_class=kind)


def changed(change: Change, at_ms: int) -> Change:
    """Let a change happen at another moment."""
    return replace(
        change,
        after=replace(change.after, changed_ms=at_ms),
        event=replace(change.event, at_ms=at_ms),
    )


def answer_many(
    book: CaseBook, count: int, at_ms: int, *, shift: float = 0.0, slope: float = 1.0, seed: int = 1
) -> int:
    """
    Fill a book with answered cases whose true log-odds are *shift* + *slope* times what was stated.

    Returns:
        How many of them were C&C servers.
    """
    rng = np.random.default_rng(seed)
    raw = rng.normal(1.0, 2.0, count)
    true = rng.random(count) < special.expit(shift + slope * raw)
    services = [server(number % 256, 1_000 + number) for number in range(count)]
    book.evidence.add([honeypot(each, at_ms // DAY_MS) for each in services], at_ms)
    for number, about in enumerate(services):
        stated = round(float(special.expit(raw[number])), 4)
        case = opened(book, about, at_ms + number, stated)
        if true[number]:
            listed(book, case)
        else:
            rejected(book, case)
    return int(true.sum())
