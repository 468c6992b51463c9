"""
Cases whose truth is known beforehand: they measure the reviewers, and are never listed.

A seed is a service whose truth somebody knows, in the evidence of a closed case of the same truth.
Whoever judges cases sees nothing that tells it from others, until it is decided.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hinomi.errors import MalformedDocument, NotFound
from hinomi.model.address import parse_address
from hinomi.model.case import Case, Finding
from hinomi.model.evidence import Evidence
from hinomi.model.protocol import parse_protocol
from hinomi.model.service import Service
from hinomi.services.accuracy import outcome_of
from hinomi.services.cases import open_case
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.services.people import acting, people_in_force
from hinomi.services.weighing import Assessor, any_port
from hinomi.store.casebook import CaseBook
from hinomi.store.caseruns import Seed
from hinomi.store.cases import Note


def reveal(home: Home, casebook: CaseBook, case: Case) -> bool:
    """Tell the reviewers of a closed case that it was a seed, and whether it was; journalled."""
    seed = casebook.runs.seed(case.id)
    if seed is None or seed.revealed_ms is not None:
        return False
    facts = {"act": "reveal", "case": case.id, "truth": seed.truth.value}
    record(home.journal(), Operation.SEED, home.mandate(Operation.CASES), facts)
    casebook.runs.reveal_seed(case.id, home.clock())
    words = f"This case was there to measure its reviewers. Its truth was known: {seed.truth}."
    casebook.cases.add_note(case.id, Note(by="run", at_ms=home.clock(), words=words))
    return True


_FIELDS: Final = ("address", "protocol", "port", "truth")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sown:
    """What became of a file of services whose truth is known."""

    cases: int
    skipped: int  # Services that have a case already.


@dataclass(frozen=True, slots=True)
class _Line:
    service: Service
    truth: Finding


def sow(home: Home, path: Path) -> Sown:
    """
    Open cases for services whose truth is known, in the evidence of closed cases.

    Args:
        home: Where.
        path: CSV with the header ``address,protocol,port,truth``; truth is cc or not-cc.

    Raises:
        NotFound: If the file cannot be read, or no closed case of that truth lends its evidence.
        MalformedDocument: If a line of it is bad.
    """
    lines = _read(path)
    mandate = home.mandate(Operation.SEED)
    actor = acting(home, people_in_force(home).people)
    facts: dict[str, object] = {"act": "sow", "person": actor.id, "services": len(lines)}
    record(home.journal(), Operation.SEED, mandate, {**facts, "stage": "begins"})
    opened = 0
    with home.casebook() as casebook:
        lenders = {truth: _lenders(casebook, truth) for truth in {each.truth for each in lines}}
        assessor = Assessor(home, casebook)
        for place, line in enumerate(lines):
            if casebook.cases.find(line.service) is not None:
                continue
            lent = lenders[line.truth]
            evidence = _dress(line.service, lent[place % len(lent)], assessor.day)
            casebook.evidence.add(evidence, home.clock())
            case = open_case(home, casebook, assessor, line.service)
            casebook.runs.put_seed(
                Seed(case_id=case.id, truth=line.truth, made_ms=home.clock(), made_by=actor.id)
            )
            opened += 1
    record(home.journal(), Operation.SEED, mandate, {**facts, "stage": "done", "opened": opened})
    return Sown(cases=opened, skipped=len(lines) - opened)


def _lenders(casebook: CaseBook, truth: Finding) -> list[tuple[Evidence, ...]]:
    """Give the evidence of closed cases that came to *truth* and were no seeds themselves."""
    seeds = {each.case_id for each in casebook.runs.seeds()}
    found = [
        casebook.evidence.of(each.case.service)
        for each in casebook.episodes(0)
        if outcome_of(each) is truth and each.case.id not in seeds and not each.case.service.own
    ]
    lent = [evidence for evidence in found if evidence]
    if not lent:
        raise NotFound(
            f"no closed case that came to {truth} lends its evidence yet: decide some real ones "
            "first"
        )
    return lent


def _dress(service: Service, lent: Sequence[Evidence], today: int) -> list[Evidence]:
    """Put *service* into the evidence of another one, as fresh as that was when it was decided."""
    newest = max(each.observed_day for each in lent)
    return [
        replace(
            each,
            service=service if each.is_exact else any_port(service),
            observed_day=today - (newest - each.observed_day),
        )
        for each in lent
    ]


def _read(path: Path) -> list[_Line]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(f"{path}: cannot be read as text; name a CSV file") from error
    rows = csv.DictReader(text.splitlines())
    if tuple(rows.fieldnames or ()) != _FIELDS:
        raise MalformedDocument(f"needs the header {','.join(_FIELDS)}", str(path), 1)
    return [_line(row, str(path), number) for number, row in enumerate(rows, start=2)]


def _line(row: Mapping[str, str | None], name: str, number: int) -> _Line:
    try:
        port = int(row["port"] or "")
        address = parse_address(row["address"] or "")
        service = Service(address, parse_protocol(row["protocol"] or ""), port)
        truth = Finding(row["truth"] or "")
    except ValueError as error:
        raise MalformedDocument(str(error), name, number) from error
    if truth is Finding.UNSURE or not 0 <= port < 1 << 16:
        raise MalformedDocument("truth is cc or not-cc, and port 0 to 65535", name, number)
    return _Line(service, truth)
