"""
Evidence in: files of others and findings of people, kept by service; cases weighed anew.

Where two methods agree on a service that has no case, one is opened, whoever of them was first;
where they agree anew on one whose case was closed, another episode of it begins.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from hinomi.collect.evidence.catalogue import parse_evidence
from hinomi.collect.evidence.intake import EvidenceLimits
from hinomi.collect.evidence.tokenise import tokenise_evidence
from hinomi.collect.lists.intake import is_unroutable
from hinomi.errors import Conflict, UsageError
from hinomi.model.case import Case
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.service import Service
from hinomi.services.cases import begin_again, open_case, returns
from hinomi.services.home import Home, require_one_period
from hinomi.services.mandates import Operation, record
from hinomi.services.ownership import own_matcher_of
from hinomi.services.paging import page
from hinomi.services.people import acting, people_in_force
from hinomi.services.settling import Settled, settle
from hinomi.services.weighing import PERSON, Assessor
from hinomi.services.wording import said_words
from hinomi.store.casebook import CaseBook
from hinomi.store.caseevidence import Source
from hinomi.store.hub.outcomes import MEMBER
from hinomi.telemetry import mask_addresses, name_without_addresses
from hinomi.verify.decide import missing_evidence
from hinomi.verify.reliability import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of evidence that somebody brought."""

    format: str
    statements: int
    new: int  # That nobody had brought before.
    claims: dict[str, int]
    ignored: dict[str, int]  # Well formed but no evidence, by reason.
    malformed: int
    opened: tuple[Case, ...]
    settled: tuple[Settled, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """How a file of evidence is to be read."""

    source: str
    format_name: str | None = None  # None: told from the content.
    day: int | None = None  # Of the file, days since 1970-01-01, UTC; None: today.
    keep_good: bool = False
    claim: Claim | None = None
    method: Method | None = None


def import_evidence(home: Home, path: Path, how: Brought) -> Taken:
    """
    Take in a file of evidence, all of it or nothing.

    Raises:
        NotFound: If the file cannot be read.
        MalformedDocument: If it is of no known format, or has a bad line.
        UsageError: If the source is blank, format, claim and method do not fit, or the day lies
            in the future.
        Conflict: If the file changed while it was read.
    """
    today = home.clock() // DAY_MS
    day = today if how.day is None else how.day
    _require_past(day, today)
    _require_free(how.source)
    mandate = home.mandate(Operation.EVIDENCE)
    facts: dict[str, object] = {
        "act": "import",
        "source": mask_addresses(how.source),
        "file": name_without_addresses(path),
        "register": home.register.version,
    }
    record(home.journal(), Operation.EVIDENCE, mandate, {**facts, "stage": "begins"})
    parsed = parse_evidence(
        path,
        format_name=how.format_name,
        source=how.source,
        day=day,
        keep_good=how.keep_good,
        claim=how.claim,
        method=how.method,
        limits=EvidenceLimits.from_register(home.register),
    )
    with home.casebook() as casebook:
        require_one_period(home, casebook)
        match_own = own_matcher_of(home, casebook)
        now_ms = home.clock()
        new = casebook.evidence.add(tokenise_evidence(parsed.evidence, match_own), now_ms)
        opened, settled = _follow(home, casebook, how.source, now_ms)
    taken = Taken(
        format=parsed.format,
        statements=parsed.statements,
        new=new,
        claims={claim.value: count for claim, count in sorted(parsed.claims.items())},
        ignored=dict(sorted(parsed.ignored.items())),
        malformed=parsed.malformed,
        opened=opened,
        settled=settled,
    )
    told = {"format": taken.format, "statements": taken.statements, "new": taken.new}
    told |= {"malformed": taken.malformed, "opened": len(opened), "settled": len(settled)}
    record(home.journal(), Operation.EVIDENCE, mandate, {**facts, "stage": "done", **told})
    _page(home, opened, settled)
    return taken


def add_finding(home: Home, finding: Evidence, words: str) -> Taken:
    """
    Take in what the acting person found out about one service.

    Args:
        home: Where.
        finding: Service in plain, claim and day; its source becomes the person.
        words: How they know; kept with it, and never shared.

    Raises:
        UsageError: If nothing is said of how they know, or the day lies in the future.
    """
    said = said_words(words, "how you know")
    _require_past(finding.observed_day, home.clock() // DAY_MS)
    _require_routable(finding.service)
    actor = acting(home, people_in_force(home).people)
    mandate = home.mandate(Operation.EVIDENCE)
    source = f"{PERSON}{actor.id}"
    facts: dict[str, object] = {"act": "add", "person": actor.id, "claim": finding.claim.value}
    record(home.journal(), Operation.EVIDENCE, mandate, {**facts, "stage": "begins"})
    stated = replace(finding, source=source, facts={**finding.facts, "words": said})
    with home.casebook() as casebook:
        require_one_period(home, casebook)
        match_own = own_matcher_of(home, casebook)
        now_ms = home.clock()
        new = casebook.evidence.add(tokenise_evidence([stated], match_own), now_ms)
        opened, settled = _follow(home, casebook, source, now_ms)
    told = {"new": new, "opened": len(opened), "settled": len(settled)}
    record(home.journal(), Operation.EVIDENCE, mandate, {**facts, "stage": "done", **told})
    _page(home, opened, settled)
    return Taken(
        format="finding",
        statements=1,
        new=new,
        claims={finding.claim.value: 1},
        ignored={},
        malformed=0,
        opened=opened,
        settled=settled,
    )


def grade_source(home: Home, name: str, method: Method, grade: Grade, family: str = "") -> Source:
    """
    Say what a source of evidence is: how it knows, how far it is trusted, whom it copies.

    Raises:
        UsageError: If the name is blank.
    """
    if not name.strip():
        raise UsageError("a source needs a name: say who states it")
    if not (home.is_hub and name.startswith(MEMBER)):
        _require_free(name)
    actor = acting(home, people_in_force(home).people)
    mandate = home.mandate(Operation.EVIDENCE)
    source = Source(
        name=name.strip(),
        method=method,
        grade=grade.value,
        family=family.strip(),
        by=actor.id,
        at_ms=home.clock(),
    )
    facts = {
        "act": "source",
        "source": mask_addresses(source.name),
        "method": method.value,
        "grade": grade.value,
        "family": mask_addresses(source.family),
        "person": actor.id,
    }
    record(home.journal(), Operation.EVIDENCE, mandate, facts)
    with home.casebook() as casebook:
        casebook.evidence.put_source(source)
    return source


def _require_past(day: int, today: int) -> None:
    """Refuse what nobody can have seen yet, and days from before there were any."""
    if day > today:
        raise UsageError("the day lies in the future: say on which day it was seen")
    if day < 0:
        raise UsageError("the day lies before 1970: say on which day it was seen")


def _require_routable(service: Service) -> None:
    """Refuse an address to which no network carries anything: nobody found a server there."""
    if not service.own and is_unroutable(service.address):
        raise UsageError("no network carries anything to this address: no server can be there")


def _require_free(source: str) -> None:
    """Refuse the names of people, of members and of hinomi itself: nobody speaks in theirs."""
    if source.strip().startswith((PERSON, MEMBER, "hinomi ")):
        raise UsageError(
            f"a source cannot be called {PERSON}..., {MEMBER}... or hinomi ...: name who states it"
        )
    said_words(source, "the source")


def _follow(
    home: Home, casebook: CaseBook, source: str, since_ms: int
) -> tuple[tuple[Case, ...], tuple[Settled, ...]]:
    """Weigh the cases anew of which *source* spoke, and begin those on which methods agree."""
    if home.is_hub:
        return (), ()  # It has no cases: evidence is weighed with what members say, each epoch.
    assessor = Assessor(home, casebook)

    def agree(service: Service) -> bool:
        return not missing_evidence(assessor.assess(service).weighing, assessor.rules)

    touched = casebook.cases.get_each(casebook.evidence.affected(source, since_ms))
    kept = tuple(settle(assessor, touched))
    most = home.register.integer("verify.open_most")
    began = []
    for closed in touched:
        is_closed = not closed.state.is_open
        if is_closed and agree(closed.service) and returns(assessor, closed):
            with suppress(Conflict):  # Somebody else was faster.
                began.append(begin_again(assessor, closed))
    for service in casebook.evidence.agreeing(source, since_ms, most):
        if agree(service):
            with suppress(Conflict):
                began.append(open_case(assessor, service))
    return tuple(began), kept


def _page(home: Home, opened: tuple[Case, ...], settled: tuple[Settled, ...]) -> None:
    page(home, [*opened, *(each.case for each in settled if each.is_paged)])
