"""Cases that were answered long ago, written straight into a case book."""

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


def server(number: int, port: int = 443) -> Service:
    """Give one of 256 services."""
    return Service(Address(FIRST.hi, FIRST.lo + number), Protocol.TCP, port)


def flow(about: Service, day: int, probability: float = 0.9, **facts: Any) -> Evidence:
    """Give what detection said of a service that nine lines met."""
    met = {"lines": 2_000, "tried": 11, "clients": 9, "suspects": 7, "networks": 6, "beside": ""}
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


def stepped(book: CaseBook, case: Case, step: Step, by: str = "run", **given: Any) -> Case:
    """Let a case take a step, for which a honeypot speaks."""
    change = stepping(case, step, by, **given)
    return book.cases.change(replace(change, event=replace(change.event, reasons=(WHY,))))


def judged(book: CaseBook, case: Case, by: str, finding: Finding, step: Step, **given: Any) -> Case:
    """Let a person's verdict lead a case one step on."""
    said = verdict(case, by, finding=finding, at_ms=case.changed_ms, **given)
    return stepped(book, case, step, by, verdict=said, service_class=said.service_class)


def listed(book: CaseBook, case: Case, *, was_contacted: bool = True) -> Case:
    """Let anna and rita call it a C&C server, and somebody let it out."""
    if case.state is CaseState.CANDIDATE:
        case = stepped(book, case, Step.TAKE, "anna")
    case = judged(book, case, "anna", Finding.CC, Step.CORROBORATE)
    case = judged(book, case, "rita", Finding.CC, Step.CLEAR)
    return stepped(
        book, case, Step.LIST, "olga", listing=listing(case), was_contacted=was_contacted
    )


def rejected(
    book: CaseBook, case: Case, kind: ServiceClass = ServiceClass.UNKNOWN, by: str = "anna"
) -> Case:
    """Let somebody call it no C&C server."""
    return judged(book, case, by, Finding.NOT_CC, Step.REJECT, service_class=kind)


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
    for number in range(count):
        stated = round(float(special.expit(raw[number])), 4)
        case = opened(book, server(number % 256, 1_000 + number), at_ms + number, stated)
        book.evidence.add([honeypot(case.service, at_ms // DAY_MS)], at_ms)
        if true[number]:
            listed(book, case)
        else:
            rejected(book, case)
    return int(true.sum())
