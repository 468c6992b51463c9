"""All that is known of a service, gathered from the case book and weighed as of now."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from hinomi.errors import ConfigError
from hinomi.model.case import ServiceClass
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import ANY_PORT, Claim, Evidence, Method
from hinomi.model.listed import HUB_LIST, ListKind, Role
from hinomi.model.service import Service
from hinomi.services.home import Home
from hinomi.services.population import address_facts_in, latest_flow, population_in
from hinomi.store.casebook import CaseBook
from hinomi.store.lookup import Told
from hinomi.verify.benign import holds_of, may_lift, suggest_class
from hinomi.verify.copying import Kinship
from hinomi.verify.corroborate import Rules, Trust, Weighing, of_this_holder, weigh
from hinomi.verify.expiry import ExpiryPolicy, SeenHistory, days_valid, still_there
from hinomi.verify.holds import Hold, Limits, limits_of
from hinomi.verify.independence import grouped
from hinomi.verify.prefixes import ListIndex
from hinomi.verify.reliability import Grade, Grading, Reliability, SourceRecord, reliabilities
from hinomi.verify.surroundings import Surroundings

_HOST_BITS: Final = 128
_HELD_BY: Final = (ListKind.BENIGN, ListKind.SINKHOLES, ListKind.SCANNERS, ListKind.KNOWN_CC)


PERSON: Final = "person:"
"""Begins the name of a source that is a person of this home; no file brings one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What is known of one service, and what it comes to."""

    service: Service
    evidence: tuple[Evidence, ...]  # Oldest first.
    of_holder: tuple[Evidence, ...]  # Of these, without findings at a former holder's server.
    weighing: Weighing
    holds: tuple[Hold, ...]
    suggested: ServiceClass
    last_day: int  # On which anybody last said so of this holder's server; 0: nobody did.
    days_valid: int  # After the last finding; below 0: it does not hold even on that day.
    days_held: int  # As long as that, were the finding certain.
    reliability: Mapping[str, Reliability]  # Of the sources of the evidence.
    tier: int | None


class Assessor:
    """Weighs services; made anew for each command, so that it sees one state of the sources."""

    def __init__(
        self,
        home: Home,
        casebook: CaseBook,
        lent: Mapping[Service, tuple[Evidence, ...]] | None = None,
        *,
        with_hub: bool = True,
    ) -> None:
        """
        Begin.

        Args:
            home: Its register weighs.
            casebook: Of this home.
            lent: Evidence of other services that some are to be shown with; None: what seeds are.
            with_hub: Whether what the hub lists is evidence; what this house told it never is.
        """
        register = home.register
        self.home = home
        self.casebook = casebook
        self.rules = Rules.from_register(register)
        self.day = home.clock() // DAY_MS
        self._limits: Limits = limits_of(register)
        self._policy = ExpiryPolicy.from_register(register)
        self._least_said = register.number("verify.open_probability")
        self._grading = Grading.from_register(register)
        self._grades = parse_grades(register.text("verify.grades"))
        self._lent = casebook.runs.lent() if lent is None else lent
        self._with_hub = with_hub
        self._most_frozen = register.integer("share.lease_days")
        self._watched = casebook.runs.days()
        self._said = casebook.evidence.sources()
        self._outcomes = casebook.evidence.outcomes()
        self._pairs = {
            frozenset((each.one, each.other)): each for each in casebook.evidence.pairs()
        }

    def assess(
        self,
        service: Service,
        service_class: ServiceClass = ServiceClass.UNKNOWN,
        deciders: Collection[str] = (),
    ) -> Assessment:
        """
        Weigh everything that is known of *service* now.

        Args:
            service: Which; own ones by their pseudonym.
            service_class: What people hold it to be: it decides how fast evidence ages.
            deciders: People who give verdicts on it: what they say for it themselves weighs
                nothing, else one person would be analyst and independent method at once.
        """
        told = self.casebook.listed.about(service)
        others = [each for each in told if each.source != HUB_LIST]
        if len(others) < len(told) and (not self._with_hub or self._was_told(service)):
            alone = self._assess(service, service_class, deciders, (told, others))
            if not self._with_hub or self.stands(alone.weighing):
                return alone
        return self._assess(service, service_class, deciders, (told, told))

    def stands(self, weighing: Weighing) -> bool:
        """Tell whether methods agree, whatever the age of what they say."""
        rules = self.rules
        agreed = weighing.agreed >= rules.listable_probability
        return agreed and weighing.methods >= rules.least_methods

    def _was_told(self, service: Service) -> bool:
        """
        Tell whether the hub may list *service* on this house's word.

        What is listed here and stands without the hub goes to the hub. As evidence here it would
        bear itself out, and keep a listing alive that nobody finds any more. The hub forgets a
        word within the lease.
        """
        since_ms = (self.day - self._most_frozen) * DAY_MS
        return self.casebook.listings.was_listed(service, since_ms)

    def _assess(
        self,
        service: Service,
        service_class: ServiceClass,
        deciders: Collection[str],
        listed: tuple[Sequence[Told], Sequence[Told]],
    ) -> Assessment:
        """Weigh a service by what all lists say of it, and those of them that are evidence."""
        told, heard_of = listed
        evidence = (*self._known_of(service), *listed_evidence(service, heard_of))
        reliability = self.reliability(evidence)
        trust = Trust(
            reliability={name: each.mean for name, each in reliability.items()},
            groups=self.groups(evidence),
        )
        own = {f"{PERSON}{each}" for each in deciders}
        heard = [each for each in evidence if each.source not in own or not each.claim.is_for]
        of_holder = of_this_holder(heard, trust, self.rules)
        speaking = [each for each in of_holder if speaks(each, self.day, self._least_said)]
        history = seen_history(speaking, self._policy.most_days)
        flow = latest_flow(evidence)
        tier = None if flow is None else tier_in(flow)

        kind = (history, service_class, tier, self._policy)

        def present(age_days: int) -> float:
            return still_there(self.watched_days(age_days), *kind)

        weighing = weigh(heard, trust, self.rules, as_of_day=self.day, present=present)
        holds = holds_of(self._around(service, evidence, told), self._limits)
        return Assessment(
            service=service,
            evidence=evidence,
            of_holder=of_holder,
            weighing=weighing,
            holds=holds,
            suggested=suggest_class(holds, evidence),
            last_day=max((each.observed_day for each in speaking), default=0),
            days_valid=days_valid(*kind, posterior=weighing.agreed),
            days_held=days_valid(*kind),
            reliability=reliability,
            tier=tier,
        )

    def watched_days(self, age_days: int) -> int:
        """
        Give on how many of the last *age_days* days something could have been seen here.

        Days on which no run saw anything tell nothing: an outage is not to empty the list, for as
        long as a listing's lease. What is older than anything may hold is so by the calendar.
        """
        if not self._watched or age_days > self._policy.most_days:
            return max(age_days, 0)
        since = bisect_right(self._watched, self.day - age_days)
        watched = bisect_right(self._watched, self.day) - since
        return max(watched, age_days - self._most_frozen)

    def _known_of(self, service: Service) -> list[Evidence]:
        known = [*self.casebook.evidence.of(service), *self._lent.get(service, ())]
        return sorted(known, key=lambda each: each.observed_day)

    def may_lift(self, held: Hold, evidence: Sequence[Evidence]) -> bool:
        """Tell whether a reviewer may lift a hold, with a reason of their own."""
        return may_lift(held, evidence, self._limits)

    def reliability(self, evidence: Iterable[Evidence]) -> dict[str, Reliability]:
        """Judge the sources of *evidence*, and those with answers that they are likened to."""
        return self.judge({each.source: each.method for each in evidence})

    def judge(self, methods: Mapping[str, Method]) -> dict[str, Reliability]:
        """Judge sources by name, and with them those with answers that they are likened to."""
        methods = {name: how for name, (how, _, _) in self._outcomes.items()} | dict(methods)
        records = [self._record(name, method) for name, method in sorted(methods.items())]
        return reliabilities(records, self._grading)

    def groups(self, evidence: Iterable[Evidence]) -> dict[str, str]:
        """
        Put the sources of *evidence* that are not independent into one group.

        What people say of families goes before what histories show. Sources of one method of
        which neither says anything are one: nobody has shown that they are two.
        """
        methods = {each.source: each.method for each in evidence}
        links: dict[str, dict[str, float]] = {name: {} for name in methods}
        for one, other in combinations(sorted(methods), 2):
            closeness = self._closeness(one, other, same_method=methods[one] is methods[other])
            if closeness is not None:
                links[one][other] = links[other][one] = closeness
        return grouped(links)

    def _closeness(self, one: str, other: str, *, same_method: bool) -> float | None:
        """Tell how close two sources are, 0..1; None: they are independent."""
        families = [self._said[name].family for name in (one, other) if name in self._said]
        if len(families) == 2 and all(families):  # noqa: PLR2004 - of both.
            return 1.0 if families[0] == families[1] else None
        pair = self._pairs.get(frozenset((one, other)))
        kinship = Kinship.UNDECIDED if pair is None else Kinship(pair.kinship)
        if kinship is Kinship.INDEPENDENT or (kinship is Kinship.UNDECIDED and not same_method):
            return None
        return 0.0 if pair is None else pair.copied

    def _record(self, name: str, method: Method) -> SourceRecord:
        said = self._said.get(name)
        grade = self._grades.get(method, Grade.F) if said is None else Grade(said.grade)
        _, right, wrong = self._outcomes.get(name, (method, 0, 0))
        return SourceRecord(name=name, method=method, right=right, wrong=wrong, grade=grade)

    def _around(
        self, service: Service, evidence: Sequence[Evidence], told: Sequence[Told]
    ) -> Surroundings:
        index = ListIndex(
            (each.kind, each.source, each.entry)
            for each in told
            if each.kind in _HELD_BY and each.until_ms is None
        )
        (lists,) = index.covering([service])
        latest = latest_flow(tuple(evidence))
        return Surroundings(
            service=service,
            day=self.day,
            lists=lists,
            address=address_facts_in(latest),
            population=population_in(latest),
            evidence=tuple(evidence),
        )


def listed_evidence(service: Service, told: Iterable[Told]) -> tuple[Evidence, ...]:
    """
    Take as evidence what lists of known C&Cs and of sinkholes say of *service* itself.

    An entry speaks as of the day on which its list says it was seen last; where it does not, as
    of the last time that the list was taken in with it. A network on a list names no server.
    """
    found = []
    for each in told:
        entry = each.entry
        if entry.length != _HOST_BITS or each.kind not in {ListKind.KNOWN_CC, ListKind.SINKHOLES}:
            continue
        is_sinkhole = each.kind is ListKind.SINKHOLES or entry.role is Role.SINKHOLE
        last_ms = each.confirmed_ms if each.until_ms is None else each.until_ms
        stated = entry.last_listed_ms
        first_ms = entry.first_listed_ms or each.since_ms
        found.append(
            Evidence(
                service=service if entry.port is not None else any_port(service),
                method=Method.LIST,
                source=each.source,
                claim=Claim.SINKHOLE if is_sinkhole else Claim.CC,
                observed_day=(last_ms if stated is None else min(stated, last_ms)) // DAY_MS,
                reference=entry.label,
                facts={
                    "first_day": first_ms // DAY_MS,
                    "since_day": each.since_ms // DAY_MS,  # On which it came into this house.
                    # A list that does not say when it saw an entry last vouches for the first day.
                    "from_day": (first_ms if stated is None else min(stated, last_ms)) // DAY_MS,
                },
            )
        )
    return tuple(found)


def speaks(evidence: Evidence, today: int, least: float) -> bool:
    """
    Tell whether a statement says that the server was there: no trait does, nor any flow to it.

    Args:
        evidence: The statement.
        today: Day after which nobody can have seen anything yet.
        least: Probability from which detection says so.
    """
    if evidence.claim not in {Claim.CC, Claim.COMPROMISED} or evidence.observed_day > today:
        return False
    if evidence.method is not Method.FLOW or evidence.strength is None:
        return True
    # What lists add to detection keeps a case open as it opened it.
    said = float(evidence.facts.get("probability", 0.0))
    return max(said, evidence.strength) >= least


def any_port(service: Service) -> Service:
    """Give the address of *service* as a whole, as evidence names it."""
    return Service(service.address, ANY_PORT, ANY_PORT, own=service.own)


def seen_history(evidence: Iterable[Evidence], most_days: int) -> SeenHistory:
    """
    Tell on how many days a C&C server was found at a service, in its present episode.

    Args:
        evidence: What says so.
        most_days: A gap longer than this ends an episode.
    """
    days = set()
    for each in evidence:
        days |= {each.observed_day, int(each.facts.get("first_day", each.observed_day))}
    ordered = sorted(days, reverse=True)
    kept = ordered[:1]
    for day in ordered[1:]:
        if kept[-1] - day > most_days:
            break
        kept.append(day)
    span = kept[0] - kept[-1] if kept else 0
    return SeenHistory(span_days=span, seen_days=max(len(kept), 1))


def tier_in(evidence: Evidence) -> int | None:
    """Read the tier in the facts of what detection said; None where it is not decided."""
    return int(evidence.facts.get("tier", 0)) or None


def parse_grades(text: str) -> dict[Method, Grade]:
    """
    Read grades as the register holds them, such as ``honeypot=B list=C``.

    Raises:
        ConfigError: If a method or grade is none.
    """
    found = {}
    for each in text.split():
        method, _, grade = each.partition("=")
        try:
            found[Method(method)] = Grade(grade)
        except ValueError as error:
            raise ConfigError(
                f"parameter verify.grades: {each!r} is no METHOD=GRADE such as honeypot=B; "
                "propose another value with `hinomi parameters propose`"
            ) from error
    return found
