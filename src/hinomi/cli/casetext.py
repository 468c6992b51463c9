"""How a case looks: as a JSON document, and as text."""

import click

from hinomi.cli import render
from hinomi.clock import render_time
from hinomi.model.case import Case, CaseEvent, CaseState, Verdict
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import Evidence
from hinomi.model.protocol import render_protocol
from hinomi.model.service import Reason, render_probability
from hinomi.services.casefile import CaseFile
from hinomi.services.population import latest_flow, population_in
from hinomi.verify.reliability import credibility_text


def case_document(case: Case) -> dict[str, object]:
    """Give one case as JSON tells it in a list."""
    return {
        "case": case.id,
        "address": case.service.render_address(),
        "protocol": render_protocol(case.service.proto),
        "port": case.service.port,
        "state": case.state.value,
        "class": case.service_class.value,
        "posterior": case.posterior,
        "methods": case.methods,
        "holds": list(case.holds),
        "urgent": case.is_urgent,
        "episode": case.episode,
        "version": case.version,
        "opened": render_time(case.opened_ms),
        "changed": render_time(case.changed_ms),
    }


def file_document(found: CaseFile) -> dict[str, object]:
    """Give everything about one case as one JSON document."""
    assessment = found.assessment
    weights = {id(part.evidence): part for part in assessment.weighing.parts}
    return {
        **case_document(found.case),
        "posterior_now": assessment.weighing.posterior,
        "agreed": assessment.weighing.agreed,
        "methods_now": assessment.weighing.methods,
        "credibility": found.credibility,
        "tier": assessment.tier,
        "suggested_class": assessment.suggested.value,
        "missing": [reason_document(each) for each in found.missing],
        "holds_now": [
            {
                "code": each.code,
                "text": each.text,
                "text_ja": each.text_ja,
                "lifted_by": each.lift.value,
                "values": dict(each.values),
            }
            for each in assessment.holds
        ],
        "evidence": [
            {
                **evidence_document(each),
                "grade": assessment.reliability[each.source].grade.value,
                "reliability": round(assessment.reliability[each.source].mean, 3),
                "weight": round(weights[id(each)].weight, 3) if id(each) in weights else 0.0,
            }
            for each in assessment.evidence
        ],
        "verdicts": [verdict_document(each) for each in found.verdicts],
        "notes": [
            {"by": each.by, "at": render_time(each.at_ms), "words": each.words}
            for each in found.notes
        ],
        "history": [event_document(each) for each in found.history],
    }


def evidence_document(evidence: Evidence) -> dict[str, object]:
    """Give one statement as JSON tells it."""
    return {
        "method": evidence.method.value,
        "source": evidence.source,
        "claim": evidence.claim.value,
        "day": render_time(evidence.observed_day * DAY_MS)[:10],
        "exact": evidence.is_exact,
        "strength": evidence.strength,
        "reference": evidence.reference,
        "facts": dict(evidence.facts),
    }


def reason_document(reason: Reason) -> dict[str, object]:
    """Give one reason as JSON tells it."""
    return {
        "code": reason.code,
        "text": reason.text,
        "text_ja": reason.text_ja,
        "weight": reason.weight,
        "values": reason.values,
    }


def verdict_document(verdict: Verdict) -> dict[str, object]:
    """Give one verdict as JSON tells it."""
    return {
        "by": verdict.by,
        "at": render_time(verdict.at_ms),
        "episode": verdict.episode,
        "finding": verdict.finding.value,
        "class": verdict.service_class.value,
        "reason": verdict.reason,
        "lifted": list(verdict.lifted),
        "posterior": verdict.posterior,
    }


def event_document(event: CaseEvent) -> dict[str, object]:
    """Give one line of a case's history as JSON tells it."""
    return {
        "version": event.version,
        "episode": event.episode,
        "at": render_time(event.at_ms),
        "step": event.step.value,
        "before": None if event.before is None else event.before.value,
        "after": event.after.value,
        "by": event.by,
        "register": event.register,
        "entry": event.entry,
        "posterior": event.posterior,
        "reasons": [reason_document(each) for each in event.reasons],
    }


def print_cases(cases: tuple[Case, ...]) -> None:
    """Print a list of cases as a table."""
    render.print_table(
        ("case", "service", "state", "class", "probability", "methods", "waits", "holds"),
        [
            (
                str(each.id),
                str(each.service),
                each.state.value,
                each.service_class.value,
                render_probability(each.posterior),
                str(each.methods),
                "yes" if each.is_urgent else "",
                " ".join(each.holds),
            )
            for each in cases
        ],
        numbers=(0, 4, 5),
    )


def print_file(found: CaseFile) -> None:
    """Print everything about one case as a person reads it."""
    case, assessment = found.case, found.assessment
    click.echo(f"Case {case.id}: {case.service}")
    click.echo(
        f"{case.state}, {case.service_class}, episode {case.episode}, version {case.version}"
    )
    weighing = assessment.weighing
    agreed, now = (render_probability(each) for each in (weighing.agreed, weighing.posterior))
    click.echo(f"All evidence comes to {agreed}, and {now} that it is there now.")
    click.echo(f"Independent methods that found it: {weighing.methods}")
    words, _ = credibility_text(found.credibility)
    click.echo(f"Credibility {found.credibility} of 6: {words}.")
    click.echo(_met(found))
    is_listed = case.state is CaseState.LISTED
    heading = "What stands against it:" if is_listed else "Missing before it can be listed:"
    _print_reasons(heading, [each.text for each in found.missing])
    _print_reasons(
        "Holds:",
        [f"{each.code}: {each.text} Lifted by: {each.lift}." for each in assessment.holds],
    )
    render.print_table(
        ("day", "method", "source", "code", "says", "weight"), _evidence_rows(found), numbers=(5,)
    )
    for verdict in found.verdicts:
        said = f"{verdict.by} on {render_time(verdict.at_ms)}: {verdict.finding}"
        click.echo(render.fold(f"{said}, {verdict.service_class}. {verdict.reason}", indent=0))
    for note in found.notes:
        click.echo(render.fold(f"{note.by} on {render_time(note.at_ms)}: {note.words}", indent=2))
    render.print_table(
        ("version", "at", "step", "to", "by", "probability"),
        [
            (
                str(each.version),
                render_time(each.at_ms),
                each.step.value,
                each.after.value,
                each.by,
                render_probability(each.posterior),
            )
            for each in found.history
        ],
        numbers=(0, 5),
    )


def _met(found: CaseFile) -> str:
    """Say in one line who of the own network met it, in numbers."""
    population = population_in(latest_flow(found.assessment.evidence))
    if population is None:
        return "The own network's flow has not shown it."
    return (
        f"In the own network {population.clients:,} lines spoke with it, {population.suspects:,} "
        f"of them suspected of infection on other evidence."
    )


def _evidence_rows(found: CaseFile) -> list[tuple[str, ...]]:
    weights = {id(part.evidence): part.weight for part in found.assessment.weighing.parts}
    rows: list[tuple[str, ...]] = []
    for each in reversed(found.assessment.evidence):
        grade = found.assessment.reliability[each.source].grade
        weight = weights.get(id(each))
        rows.append(
            (
                render_time(each.observed_day * DAY_MS)[:10],
                each.method.value,
                each.source,
                f"{grade}{found.credibility}",
                each.claim.value,
                "" if weight is None else f"{weight:+.1f}",
            )
        )
    return rows


def _print_reasons(heading: str, lines: list[str]) -> None:
    if lines:
        click.echo(heading)
        for line in lines:
            click.echo(render.fold(line, indent=2))
