"""
What people do with a case: note, decide, approve, withdraw.

Whoever decides says which version of the case they looked at; if it has changed since, they look
again. Before anything counts, the journal has it, with the number of the case in place of its
address. Nobody alone lets anything out: an analyst and another reviewer agree, and two people
approve the publication.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from hinomi.errors import Conflict, NotPermitted, UsageError
from hinomi.govern.roles import Role
from hinomi.model.case import Case, CaseState, Finding, ServiceClass, Step, Verdict
from hinomi.model.service import Reason
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.services.outcomes import note_outcomes
from hinomi.services.people import Actor, acting, people_in_force
from hinomi.services.publishing import ask_publication
from hinomi.services.settling import deciders_of, standing_of, weighed
from hinomi.services.unmasking import reveal
from hinomi.services.weighing import Assessment, Assessor
from hinomi.services.wording import said_words
from hinomi.store.cases import Change, Note
from hinomi.telemetry import mask_addresses
from hinomi.verify.decide import Standing, contradicts, next_step


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a decision came to."""

    case: Case
    step: Step  # `Step.WEIGH`: the verdict is written down, and the case stays where it is.
    missing: tuple[Reason, ...]  # What it lacks to go on.
    request: int | None = None  # Of the publication, that another person approves.
    was_seed: bool = False  # Its truth was known: it was there to measure its reviewers.


def note(home: Home, case_id: int, words: str) -> None:
    """
    Leave a note at a case.

    Raises:
        NotFound: If there is no such case.
        UsageError: If the note is blank.
    """
    said = said_words(words, "the note")
    actor = _actor(home)
    mandate = home.mandate(Operation.DECIDE)
    with home.casebook() as casebook:
        casebook.cases.get(case_id)
        facts = {"act": "note", "case": case_id, "person": actor.id}
        record(home.journal(), Operation.DECIDE, mandate, facts)
        casebook.cases.add_note(case_id, Note(by=actor.id, at_ms=home.clock(), words=said))


def decide(
    home: Home,
    case_id: int,
    finding: Finding,
    reason: str,
    *,
    service_class: ServiceClass = ServiceClass.UNKNOWN,
    lifted: Collection[str] = (),
    version: int | None = None,
) -> Decided:
    """
    Give the acting person's verdict on a case.

    Args:
        home: Where.
        case_id: Which.
        finding: What it is.
        reason: Why, in their own words.
        service_class: What kind of server; `ServiceClass.UNKNOWN` leaves it as it stands.
        lifted: Codes of holds that do not hold here.
        version: That they looked at; None: as it is now.

    Raises:
        NotFound: If there is no such case.
        Conflict: If it has changed since, or is closed.
        NotPermitted: If a hold may not be lifted, or not by who acts, or no mandate permits the
            verdict.
        UsageError: If the reason is blank, or a code is no hold of the case.
    """
    said = said_words(reason, "the reason")
    actor = _actor(home)
    mandate = home.mandate(Operation.DECIDE)
    with home.casebook() as casebook:
        case = _at_version(casebook.cases.get(case_id), version)
        assessor = Assessor(home, casebook)
        kind = _class(case, service_class)
        deciders = deciders_of(casebook, case) | {actor.id}
        assessment = assessor.assess(case.service, kind, deciders)
        standing = standing_of(casebook, case, assessment)
        _require_reviewer(actor, lifted)
        _require_liftable(standing, assessment, assessor, lifted)
        verdict = Verdict(
            by=actor.id,
            at_ms=home.clock(),
            finding=finding,
            service_class=kind,
            reason=said,
            lifted=tuple(sorted(lifted)),
            episode=case.episode,
            posterior=round(assessment.weighing.posterior, 4),
        )
        reviews = Role.REVIEWER in actor.person.roles
        step, missing = next_step(standing, verdict, assessor.rules, reviews=reviews)
        facts = {**_facts(case, verdict), "step": step.value, "register": home.register.version}
        entry = record(home.journal(), Operation.DECIDE, mandate, facts)
        decided = _carry_out(assessor, standing, verdict, (step, missing), (assessment, entry))
    is_cleared = decided.case.state is CaseState.LISTABLE and finding is Finding.CC
    if is_cleared and reviews:
        return replace(decided, request=ask_publication(home, decided.case, said))
    return decided


def _carry_out(
    assessor: Assessor,
    standing: Standing,
    verdict: Verdict,
    outcome: tuple[Step, tuple[Reason, ...]],
    given: tuple[Assessment, int],
) -> Decided:
    """Write a verdict down with the step that it takes."""
    home, casebook = assessor.home, assessor.casebook
    step, missing = outcome
    assessment, entry = given
    case = standing.case
    changes = []
    if case.state is CaseState.CANDIDATE and step is not Step.REJECT:
        changes.append(_by(weighed(case, assessment, home, Step.TAKE, entry), verdict.by))
        case = changes[0].after
    change = _by(weighed(case, assessment, home, step, entry), verdict.by)
    # What is listed keeps the class that two people let out.
    given_class = case.service_class if case.state is CaseState.LISTED else verdict.service_class
    is_waiting = step is Step.CORROBORATE  # For a reviewer.
    if case.state is CaseState.LISTED and contradicts([*standing.verdicts, verdict]):
        is_waiting = True  # For somebody who withdraws it.
    change = replace(
        change,
        after=replace(change.after, service_class=given_class, is_urgent=is_waiting),
        event=replace(change.event, reasons=(*missing, *change.event.reasons)),
        verdict=verdict,
    )
    done = casebook.cases.change(*changes, change)
    was_seed = False
    if step is Step.REJECT:
        was_seed = reveal(home, casebook, done)
        if not was_seed:
            note_outcomes(assessor, done, verdict, assessment)
    return Decided(case=done, step=step, missing=missing, was_seed=was_seed)


def _facts(case: Case, verdict: Verdict) -> dict[str, object]:
    """Tell a verdict as the journal keeps it: the case by its number, words without addresses."""
    return {
        "act": "decide",
        "case": case.id,
        "episode": case.episode,
        "version": case.version,
        "person": verdict.by,
        "finding": verdict.finding.value,
        "class": verdict.service_class.value,
        "lifted": list(verdict.lifted),
        "reason": mask_addresses(verdict.reason),
    }


def _by(change: Change, person: str) -> Change:
    return replace(change, event=replace(change.event, by=person))


def _require_reviewer(actor: Actor, lifted: Collection[str]) -> None:
    if lifted and Role.REVIEWER not in actor.person.roles:
        raise NotPermitted(f"{actor.id} is no reviewer: a reviewer lifts holds, with a reason")


def _require_liftable(
    standing: Standing, assessment: Assessment, assessor: Assessor, lifted: Collection[str]
) -> None:
    """Refuse codes that are no hold of the case, and holds that nobody may lift."""
    held = {each.code: each for each in standing.holds}
    for code in lifted:
        if code not in held:
            has = ", ".join(sorted(held)) or "no holds"
            raise UsageError(f"case {standing.case.id} has no hold {code!r}; it has {has}")
        findings = [part.evidence for part in assessment.weighing.parts if part.is_finding]
        if not assessor.may_lift(held[code], findings):
            raise NotPermitted(
                f"the hold {code!r} of case {standing.case.id} is not to be lifted by a person: "
                f"{held[code].text}"
            )


def _at_version(case: Case, version: int | None) -> Case:
    if version is not None and version != case.version:
        raise Conflict(
            f"case {case.id} is at version {case.version}, not {version}: it has changed since; "
            f"look again with `hinomi case show {case.id}` and decide anew"
        )
    if not case.state.is_open:
        raise Conflict(
            f"case {case.id} is {case.state}: nothing is decided on a closed case; new evidence "
            "begins another episode"
        )
    return case


def _class(case: Case, said: ServiceClass) -> ServiceClass:
    return case.service_class if said is ServiceClass.UNKNOWN else said


def _actor(home: Home) -> Actor:
    return acting(home, people_in_force(home).people)
