"""
How often hinomi is right here: what cases came to, against what detection gave them.

It reads cases and evidence, and no flow information. What it learns changes nothing by itself: a
correction is proposed to the register, and another person approves it.
"""

from collections.abc import Iterator
from typing import Final

from hinomi.clock import render_time
from hinomi.detect import fuse
from hinomi.errors import Conflict
from hinomi.model.case import Finding, ServiceClass, Step
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.service import Reason, Service
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.services.parameters import Proposed, Reasons, propose_each
from hinomi.services.settling import AGED
from hinomi.services.weighing import listed_evidence
from hinomi.store.casebook import CaseBook
from hinomi.store.episodes import Episode
from hinomi.verify.accuracy import Accuracy, Material, measure
from hinomi.verify.agreement import Rating
from hinomi.verify.decide import DETECTED, contradicts
from hinomi.verify.precision import Answer
from hinomi.verify.recalibration import Correction, Rules
from hinomi.verify.reviewers import Seeded

_FOUND_LEAST: Final = 10
"""Fewer checked servers tell nothing of those that nobody found."""

_DETECTORS: Final = 3
"""So many of the strongest terms of a case name its detectors."""

_METHODS: Final = {
    "flow": frozenset({Method.FLOW}),
    "honeypot": frozenset({Method.HONEYPOT, Method.MALWARE}),
    "lists": frozenset({Method.LIST}),
}
"""Whose recall is estimated from one another; malware from honeypots is not independent of them."""


def accuracy(home: Home) -> Accuracy:
    """
    Measure accuracy over the answers of the registered time; journalled.

    Raises:
        NotPermitted: If no mandate permits it.
    """
    mandate = home.mandate(Operation.ACCURACY)
    now_ms = home.clock()
    since_ms = now_ms - home.register.integer("verify.answered_most") * DAY_MS
    with home.casebook() as casebook:
        material = _material(home, casebook, since_ms)
    taught = fuse.answers(home.register)
    report = measure(
        material,
        as_of_ms=now_ms,
        register_version=home.register.version,
        in_force=Correction(shift=taught.shift, slope=taught.slope),
        rules=_rules(home),
    )
    facts = {
        "act": "measure",
        "cases": report.precision.whole.cases,
        "checked": report.precision.whole.checked,
        "register": home.register.version,
    }
    record(home.journal(), Operation.ACCURACY, mandate, facts)
    return report


def propose_correction(home: Home) -> tuple[Proposed, ...]:
    """
    Propose to the register what answers teach detection: two parameters, both or none.

    Raises:
        Conflict: If the answers do not suffice to change anything.
        NotPermitted: If the acting person may not propose.
    """
    report = accuracy(home)
    lesson = report.lesson
    if lesson.proposal is None:
        raise Conflict(f"nothing to propose: {lesson.why}")
    reasons = Reasons(
        considerations="What checked cases taught: detection was held against their answers.",
        evidence=(
            f"`hinomi accuracy` of {render_time(report.as_of_ms)[:10]}: {lesson.right} right and "
            f"{lesson.wrong} wrong answers under register {report.register_version[:12]}. "
            f"{lesson.why}"
        ),
        alternatives="Leave it as it is: probabilities go on meaning what they did not.",
    )
    values = {
        "fuse.answers_shift": lesson.proposal.shift,
        "fuse.answers_slope": lesson.proposal.slope,
    }
    changed = {
        name: f"{value:.4f}"
        for name, value in values.items()
        if abs(value - home.register.number(name)) > 5e-5  # noqa: PLR2004 - as it is written.
    }
    return propose_each(home, changed, reasons)


def _rules(home: Home) -> Rules:
    register = home.register
    return Rules(
        least_of_each=register.integer("accuracy.answers_least"),
        shift_spread=register.number("accuracy.prior_shift"),
        slope_spread=register.number("accuracy.prior_slope"),
        certainty=register.number("accuracy.proposal_certainty"),
    )


def _material(home: Home, casebook: CaseBook, since_ms: int) -> Material:
    episodes = casebook.episodes(since_ms)
    seeds = {each.case_id: each.truth for each in casebook.runs.seeds()}
    sown = [each for each in episodes if each.number == 1 and each.case.id in seeds]
    real = [each for each in episodes if not (each.number == 1 and each.case.id in seeds)]
    # Told before it is decided, how right a reviewer is would tell which case was a seed.
    ended = [each for each in sown if each.case.episode > 1 or not each.case.state.is_open]
    return Material(
        answers=[answer for each in real for answer in _answer(each)],
        ratings=[
            Rating(each.case.id, verdict.by, verdict.finding)
            for each in real
            for verdict in each.verdicts
        ],
        seeded=[
            Seeded(verdict.by, seeds[each.case.id] is Finding.CC, verdict.finding)
            for each in ended
            for verdict in {verdict.by: verdict for verdict in each.verdicts}.values()
        ],
        found=_found(home, casebook, real),
    )


def _answer(episode: Episode) -> Iterator[Answer]:
    """Give an episode as what detection stated and what came out; nothing if it stated nothing."""
    began = episode.event(Step.OPEN, Step.RETURN)
    stated = None if began is None else _stated(began.reasons)
    if began is None or stated is None:
        return
    listed = episode.event(Step.LIST)
    outcome = outcome_of(episode)
    yield Answer(
        case=episode.case.id,
        probability=float(stated.values["probability"]),
        detectors=_detectors(str(stated.values.get("terms", ""))),
        month=render_time(began.at_ms)[:7],
        outcome=outcome,
        methods=_methods(episode, outcome),
        opened_ms=began.at_ms,
        listed_ms=None if listed is None else listed.at_ms,
        may_be_listed=episode.service_class.is_listable and not episode.is_rejected,
        was_still_contacted=episode.was_contacted,
        was_stale=_was_stale(episode),
        shift=float(stated.values.get("shift", 0.0)),
        slope=float(stated.values.get("slope", 1.0)),
    )


def outcome_of(episode: Episode) -> Finding | None:
    """
    Tell what an episode came to; None: nobody checked it.

    A listed server was a mistake if the last verdict says that it should not be listed: whoever
    withdraws it gives that one, unless they say that it is gone. A server that was rejected as a
    sinkhole or loader is no C&C server; a shared host is one, which must not be listed.
    """
    if episode.event(Step.LIST) is not None:
        return Finding.NOT_CC if contradicts(episode.verdicts) else Finding.CC
    if not episode.verdicts:
        return None
    last = episode.verdicts[-1]
    if not episode.is_rejected:
        return Finding.UNSURE if last.finding is Finding.UNSURE else None
    shared = last.finding is Finding.CC and last.service_class is ServiceClass.SHARED
    return Finding.CC if shared else Finding.NOT_CC


def _stated(reasons: tuple[Reason, ...]) -> Reason | None:
    found = [each for each in reasons if each.code == DETECTED and "probability" in each.values]
    return found[0] if found else None


def _detectors(terms: str) -> tuple[str, ...]:
    """Read the strongest terms that spoke for it, such as ``learned:6.2 crowd:-1.1``."""
    weights = (each.partition(":") for each in terms.split())
    return tuple(code for code, _, weight in weights if float(weight) > 0)[:_DETECTORS]


def _methods(episode: Episode, outcome: Finding | None) -> frozenset[Method]:
    """Name the methods that an outcome rests on: people, and evidence on its side."""
    ended = episode.event(Step.LIST, Step.REJECT, Step.WITHDRAW)
    if outcome is None or ended is None:
        return frozenset()
    side = 1.0 if outcome is Finding.CC else -1.0
    said = {
        Method(str(each.values["method"]))
        for each in ended.reasons
        if "method" in each.values and each.weight * side > 0
    }
    return frozenset({Method.ANALYST, *said})


def _was_stale(episode: Episode) -> bool | None:
    """Tell whether nobody found it any more after it was listed; None: that is not known yet."""
    listed, ended = episode.event(Step.LIST), episode.event(Step.EXPIRE)
    if listed is None or ended is None:
        return None
    aged = next((each for each in ended.reasons if each.code == AGED), None)
    return None if aged is None else int(aged.values["last_day"]) < listed.at_ms // DAY_MS


def _found(home: Home, casebook: CaseBook, episodes: list[Episode]) -> dict[str, set[Service]]:
    """
    Tell which methods found each checked C&C server that own lines spoke with.

    Flow found it where it would have been worth a case by itself, without any list.
    """
    least = home.register.number("verify.open_probability")
    found: dict[str, set[Service]] = {name: set() for name in _METHODS}
    checked = {each.case.service for each in episodes if outcome_of(each) is Finding.CC}
    for service in checked:
        told = casebook.listed.about(service)
        evidence = (*casebook.evidence.of(service), *listed_evidence(service, told))
        if not any(each.method is Method.FLOW and each.claim is Claim.CC for each in evidence):
            continue  # No own line spoke with it: flow could not have found it.
        for name, methods in _METHODS.items():
            if any(each.method in methods and _finds(each, least) for each in evidence):
                found[name].add(service)
    if len(set().union(*found.values())) < _FOUND_LEAST:
        return {}
    # Without flow there is nothing whose recall could be estimated.
    return {name: services for name, services in found.items() if services or name == "flow"}


def _finds(evidence: Evidence, least: float) -> bool:
    if not evidence.claim.is_for:
        return False
    if evidence.method is not Method.FLOW:
        return True
    # Lists that make suspects of its clients found it, where it stands on none.
    alone = float(evidence.facts.get("unaided", evidence.strength or 0.0))
    return min(alone, evidence.strength or 0.0) >= least
