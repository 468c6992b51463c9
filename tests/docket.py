"""Homes with several people and one case, at each stage of its way."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from hinomi.clock import Clock, date_of
from hinomi.govern.matrix import Purpose
from hinomi.govern.roles import Role
from hinomi.model.address import Address, parse_address
from hinomi.model.case import Case, CaseState, Finding, ServiceClass
from hinomi.model.evidence import ANY_PORT, Claim, Evidence, Method
from hinomi.model.protocol import Protocol
from hinomi.model.service import Service
from hinomi.services.cases import Kept, keep
from hinomi.services.casework import decide
from hinomi.services.findings import SOURCE, Finder
from hinomi.services.home import Home
from hinomi.services.publishing import approve
from hinomi.services.rulings import prolong
from household import DAY_MS, Household

NOW_MS: Final = 1_800_000_000_000
"""2027-01-15T08:00:00Z."""

SERVER: Final = "203.0.113.9"
OTHER: Final = "203.0.113.10"
OWN: Final = "192.0.2.7"
"""Inside the own network of every household."""

STAGES: Final = (
    CaseState.CANDIDATE,
    CaseState.CORROBORATED,
    CaseState.LISTABLE,
    CaseState.LISTED,
)

At = Callable[..., Household]
"""Gives a home of its own whose case 1 is at a stage; at none: without a case."""


def service(text: str = SERVER, port: int = 443) -> Service:
    """Give a TCP service."""
    return Service(parse_address(text), Protocol.TCP, port)


def anywhere(text: str = SERVER) -> Service:
    """Give an address as a whole."""
    return Service(parse_address(text), ANY_PORT, ANY_PORT)


def day(house: Household, ago: int = 0) -> int:
    """Number the present day, or one before it."""
    return house.clock() // DAY_MS - ago


def stated(
    house: Household,
    method: Method = Method.HONEYPOT,
    claim: Claim = Claim.CC,
    *,
    ago: int = 0,
    **changed: Any,
) -> Evidence:
    """Give a statement of today on `SERVER`, by the source that is called like its method."""
    usual: dict[str, Any] = {
        "service": service(),
        "source": str(method),
        "observed_day": day(house, ago),
    }
    return Evidence(**{**usual, "method": method, "claim": claim, **changed})


def seen(
    house: Household,
    strength: float = 0.95,
    *,
    of: Service | None = None,
    ago: int = 0,
    **facts: Any,
) -> Evidence:
    """Give what a run of detection found, of `SERVER`: twelve of 15 clients are suspects."""
    met = {"lines": 2_000, "tried": 15, "clients": 15, "suspects": 12, "networks": 9}
    usual = {"probability": strength, "prior": 1e-4, "tier": 1, "terms": "enriched:5.0"}
    return stated(
        house,
        Method.FLOW,
        ago=ago,
        service=of or service(),
        source=SOURCE,
        strength=strength,
        reference=f"run {day(house, ago)} {strength}",
        facts={**usual, **met, **facts},
    )


def tell(home: Home, *evidence: Evidence) -> int:
    """Put evidence into the case book of *home*; no case is weighed anew."""
    with home.casebook() as casebook:
        return casebook.evidence.add(evidence, home.clock())


def found(home: Home, *evidence: Evidence, worth: tuple[Service, ...] | None = None) -> Finder:
    """Give what a run would have found: everything of which there is evidence is worth a case."""
    finder = Finder(home.register, ())
    finder.evidence = list(evidence)
    finder.worth = [each.service for each in evidence] if worth is None else list(worth)
    finder.until_day = max((each.observed_day for each in evidence), default=0)
    return finder


def run(home: Home, *evidence: Evidence) -> Kept:
    """Let a run of detection find what *evidence* says."""
    return keep(home, found(home, *evidence))


def case_of(home: Home, number: int = 1) -> Case:
    """Give a case as it stands."""
    with home.casebook() as casebook:
        return casebook.cases.get(number)


def manned(
    folder: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock, *, sampling: int = 10_000
) -> Household:
    """Make a home with two analysts, two reviewers, a privacy officer, auditor and operator."""
    house = Household(folder, monkeypatch, clock=clock, sampling=sampling, made_up=True)
    house.add("anna", Role.ANALYST)
    house.add("alan", Role.ANALYST, Role.REVIEWER)
    house.add("rita", Role.REVIEWER)
    house.add("olga", Role.PRIVACY_OFFICER)
    house.add("aude", Role.AUDITOR)
    house.add("oda", Role.OPERATOR)
    return house


def lead(house: Household, stage: CaseState, by: str | None = "anna") -> None:
    """Take the one step that leads the case of `SERVER` from the stage before to *stage*."""
    if stage is CaseState.CANDIDATE:
        home = house.act_as(by)
        tell(home, stated(house), stated(house, Method.MALWARE))
        run(home, seen(house))
    elif stage is CaseState.LISTED:
        approve(house.act_as("olga"), 1)
    else:
        who = "anna" if stage is CaseState.CORROBORATED else "rita"
        kind = ServiceClass.DEDICATED
        decide(house.act_as(who), 1, Finding.CC, "its samples report there", service_class=kind)
    house.act_as(None)


def stages(folder: Path, clock: Clock) -> dict[CaseState | None, Household]:
    """Make one home for each stage, to be copied."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        made: dict[CaseState | None, Household] = {
            None: manned(folder / "none", monkeypatch, clock)
        }
        before: CaseState | None = None
        for stage in STAGES:
            made[stage] = made[before].copy(folder / stage, monkeypatch)
            lead(made[stage], stage)
            before = stage
    return made


def own_line(home: Home, text: str = OWN) -> Address:
    """Give the pseudonym of an own address."""
    return home.cipher().tokenise_one(parse_address(text))


def bodies(house: Household, *, since: int = 0) -> list[dict[str, Any]]:
    """Give what the journal holds from an entry on."""
    return [dict(each) for each in house.entries()[since:]]


def acts(house: Household, *, since: int = 0) -> list[tuple[object, object]]:
    """Name what the journal holds from an entry on: operation, and act or refusal."""
    return [
        (each["operation"], "refused" if "refused" in each else each.get("act"))
        for each in bodies(house, since=since)
    ]


def require_no_address(house: Household, *texts: str) -> None:
    """Fail if an address stands in the journal, in plain or as its pseudonym's digits."""
    told = json.dumps(bodies(house), ensure_ascii=False)
    for text in texts or (SERVER, OTHER, OWN):
        assert text not in told


def end(house: Household, purpose: Purpose) -> None:
    """Let a purpose of the matrix have ended yesterday."""
    home = house.home()
    yesterday = date_of(home.clock() - DAY_MS)
    prolong(home.folder, purpose, yesterday, "the ministry", home.journal())
