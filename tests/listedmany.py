"""Homes in which many servers are listed, each met by so many lines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count as numbers_from
from typing import Final

from docket import SERVER, run, seen, service, stated, tell
from hinomi.model.case import CaseState, Finding, ServiceClass, Step
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import Evidence, Method
from hinomi.services.casework import decide
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.services.membership.met import NO_LIST, Behind, Met, put_met
from hinomi.services.publishing import approve
from hinomi.store.cases import Change
from household import Household

MANY: Final[Mapping[str, int]] = {
    "203.0.113.30": 4,  # One too few.
    "203.0.113.31": 5,  # Exactly enough.
    "203.0.113.32": 6,
    "203.0.113.33": 18,
    "203.0.113.34": 7,
    "203.0.113.35": 12,
}
"""Servers, and how many lines met each; with that of case 1 five have more than enough."""

_RUNS: Final = numbers_from(1)


def met(house: Household, clients: Mapping[str, int], *, ago: int = 0) -> list[Evidence]:
    """Give what a run of detection finds of servers, each met by so many lines."""
    number = next(_RUNS)
    found = [
        seen(house, of=service(each), ago=ago, clients=count, tried=count, suspects=count * 4 // 5)
        for each, count in clients.items()
    ]
    return [replace(each, reference=f"run {number}") for each in found]


def counted(house: Household, clients: Mapping[str, int] = MANY) -> None:
    """Let detection have counted, until the last epoch ended, the lines behind what is listed."""
    counted_at(house.home(), clients)


def counted_at(home: Home, clients: Mapping[str, int]) -> None:
    """Do as `counted`, by the clock of *home*."""
    lines = {SERVER: 15, **clients}
    with home.casebook() as casebook:
        found = [casebook.cases.find(service(each)) for each in lines]
    behind = [
        Behind.FEW if count < 5 else Behind.EXACTLY if count == 5 else Behind.MORE
        for count in lines.values()
    ]
    today = home.clock() // DAY_MS
    listed = {case.id: each for case, each in zip(found, behind, strict=True) if case is not None}
    put_met(
        home,
        Met(
            number=NO_LIST, lines_least=5, met=[], at_least=0, epoch=today - 1,
            listed=listed,
        ),
    )  # fmt: skip


def many_listed(
    house: Household,
    clients: Mapping[str, int] = MANY,
    methods: Sequence[Method] = (Method.HONEYPOT, Method.MALWARE),
) -> None:
    """Let people list servers, each met by so many lines and found by further methods."""
    house.act_as("anna")
    for each in clients:
        tell(house.home(), *(stated(house, how, service=service(each)) for how in methods))
    run(house.home(), *met(house, clients))
    with house.home().casebook() as casebook:
        numbers = [each.id for each in casebook.cases.in_states((CaseState.CANDIDATE,))]
    for number in numbers:
        for who in ("anna", "rita"):
            kind = ServiceClass.DEDICATED
            decide(house.act_as(who), number, Finding.CC, "samples report", service_class=kind)
        approve(house.act_as("olga"), number)
    house.act_as(None)


def listed_like(house: Household, servers: Iterable[str]) -> None:
    """
    List further servers as the one of case 1 was, journal and all, without asking people again.

    What two people do for each takes a second of a test; of these there may be hundreds.
    """
    home = house.home()
    journal, mandate = home.journal(), home.mandate(Operation.APPROVE)
    with home.casebook() as casebook:
        first = casebook.cases.get(1)
        event = next(each for each in casebook.cases.history(1) if each.step is Step.LIST)
        (published,) = (each for each in casebook.listings.all() if each.case_id == 1)
        for number, each in enumerate(servers, sum(casebook.cases.count().values()) + 1):
            told = {"act": "list", "case": number, "episode": first.episode}
            entry = record(journal, Operation.APPROVE, mandate, told)
            of = service(each)
            case = casebook.cases.open(
                Change(
                    after=replace(first, service=of, version=1),
                    event=replace(event, version=1, step=Step.OPEN, entry=-1),
                )
            )
            assert case.id == number
            casebook.cases.change(
                Change(
                    after=replace(case, version=2),
                    event=replace(event, version=2, entry=entry),
                    listing=replace(published.listing, address=of.address, port=of.port),
                    since_epoch=published.since_epoch,
                )
            )
