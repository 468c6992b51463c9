"""
Cases whose truth is known beforehand: they measure the reviewers, and are never listed.

A seed is a service whose truth somebody knows, shown with the evidence of an answered case of the
same truth. Whoever judges cases sees nothing that tells it from others, until it is decided. What
it is shown with is no evidence of its service: it stands with the seed alone, counts nowhere, and
goes when the seed is revealed. If its service is really found later, that is a new episode.
"""

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hinomi.collect.lists.intake import is_unroutable
from hinomi.errors import MalformedDocument, NotFound
from hinomi.model.address import parse_address
from hinomi.model.case import Finding
from hinomi.model.context import DAY_MS
from hinomi.model.protocol import parse_protocol
from hinomi.model.service import Service
from hinomi.model.window import Window
from hinomi.services.cases import first_change
from hinomi.services.context import background_of
from hinomi.services.findings import places_of
from hinomi.services.home import Home
from hinomi.services.lending import Present, borrowed, facts_of_newest_run, loans
from hinomi.services.mandates import Operation, record
from hinomi.services.ownership import own_matcher
from hinomi.services.paging import page
from hinomi.services.people import acting, people_in_force
from hinomi.services.weighing import Assessor
from hinomi.store.casebook import CaseBook
from hinomi.store.caseruns import Sown

_FIELDS: Final = ("address", "protocol", "port", "truth")
_MOST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Sowing:
    """What became of a file of services whose truth is known."""

    cases: int
    skipped: int  # Services that have a case already.


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    service: Service
    truth: Finding


def sow(home: Home, path: Path, chance: random.Random | None = None) -> Sowing:
    """
    Open cases for services whose truth is known, with the evidence of answered ones: all, or none.

    Args:
        home: Where.
        path: CSV with the header ``address,protocol,port,truth``; truth is cc or not-cc.
        chance: Of order, lenders and what is changed of them; None: nobody can foretell it.

    Raises:
        NotFound: If the file cannot be read, or no answered case of that truth lends its evidence.
        MalformedDocument: If a line of it is bad.
        Conflict: If another process opened a case of one of them meanwhile.
    """
    chance = chance or random.SystemRandom()
    lines = _read(path)
    mandate = home.mandate(Operation.SEED)
    actor = acting(home, people_in_force(home).people)
    facts: dict[str, object] = {"act": "sow", "person": actor.id, "services": len(lines)}
    with home.casebook() as casebook:
        _require_foreign(home, casebook, lines, path)
        record(home.journal(), Operation.SEED, mandate, {**facts, "stage": "begins"})
        new = [each for each in lines if casebook.cases.find(each.service) is None]
        chance.shuffle(new)  # Their numbers are not to follow the file.
        opened = casebook.runs.sow(_planned(home, casebook, new, actor.id, chance))
    told = {**facts, "stage": "done", "opened": len(opened)}
    record(home.journal(), Operation.SEED, mandate, told)
    page(home, [each for each in opened if each.is_urgent])  # As of any other case.
    return Sowing(cases=len(opened), skipped=len(lines) - len(opened))


def _planned(
    home: Home, casebook: CaseBook, lines: Sequence[_Line], by: str, chance: random.Random
) -> list[Sown]:
    lenders = loans(casebook)
    for truth in sorted({each.truth for each in lines}):
        if not lenders[truth]:
            raise NotFound(
                f"no answered case that came to {truth} lends its evidence yet: decide some real "
                "ones first"
            )
    services = [each.service for each in lines]
    places = places_of(background_of(home, Window(since_ms=home.clock())), services)
    run = facts_of_newest_run(casebook)
    day, least = home.clock() // DAY_MS, home.register.number("verify.open_probability")
    lent = {}
    for each in lines:
        present = Present(day, run, least, places.get(each.service, {}))
        lent[each.service] = borrowed(
            chance.choice(lenders[each.truth]), each.service, present, chance
        )
    assessor = Assessor(home, casebook, lent)
    return [
        Sown(
            change=first_change(assessor, each.service),
            truth=each.truth,
            by=by,
            lent=lent[each.service],
        )
        for each in lines
    ]


def _require_foreign(home: Home, casebook: CaseBook, lines: Sequence[_Line], path: Path) -> None:
    """Refuse servers in the own network: their cases name a line, and nobody lends them that."""
    match_own = own_matcher(casebook.own_networks(), home.cipher(), home.clock())
    for each in lines:
        if match_own(each.service.address) is not None:
            raise MalformedDocument(
                "lies in the own network; name servers elsewhere", str(path), each.number
            )


def _read(path: Path) -> list[_Line]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_lines(file.readlines(), str(path)))
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(f"{path}: cannot be read as text; name a CSV file") from error


def _lines(text: Sequence[str], name: str) -> Iterator[_Line]:
    rows = csv.reader(text, strict=True)
    seen: dict[Service, int] = {}
    try:
        if tuple(next(rows, ())) != _FIELDS:
            raise MalformedDocument(f"needs the header {','.join(_FIELDS)}", name, 1)
        for row in filter(None, rows):  # Blank lines say nothing.
            line = _line(row, name, rows.line_num)
            first = seen.setdefault(line.service, line.number)
            if first != line.number:
                again = f"names the service of line {first} again"
                raise MalformedDocument(again, name, line.number)
            yield line
    except csv.Error as error:
        raise MalformedDocument(f"is no CSV: {error}", name, rows.line_num) from error


def _line(row: Sequence[str], name: str, number: int) -> _Line:
    if len(row) != len(_FIELDS):
        raise MalformedDocument(
            f"has {len(row)} fields; {len(_FIELDS)} are wanted: {','.join(_FIELDS)}", name, number
        )
    address, protocol, port, truth = row
    if truth not in {Finding.CC.value, Finding.NOT_CC.value}:
        raise MalformedDocument("truth is cc or not-cc", name, number)
    try:
        service = Service(parse_address(address), parse_protocol(protocol), _port(port))
    except ValueError as error:
        # Without the value: it may be a subscriber's address.
        raise MalformedDocument(
            "address, protocol and port name no service, such as 192.0.2.1,tcp,443", name, number
        ) from error
    if is_unroutable(service.address):
        raise MalformedDocument("no server can have that address", name, number)
    return _Line(number, service, Finding(truth))


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(_MOST_PORT))):
        raise ValueError("no number")
    if int(text) > _MOST_PORT:
        raise ValueError("too large")
    return int(text)
