"""Gathering what is handed on when people change; `govern/handover.py` renders it."""

from hinomi.clock import render_time
from hinomi.govern.approvals import Request, State
from hinomi.govern.handover import (
    ChangeLine,
    Handover,
    Language,
    PersonLine,
    RequestLine,
    render_handover,
)
from hinomi.govern.parameters import show_value
from hinomi.govern.people import People
from hinomi.govern.roles import Kind, table
from hinomi.services.approvals import all_requests
from hinomi.services.history import Change, register_history
from hinomi.services.home import Home
from hinomi.services.people import check_people, people_in_force, today
from hinomi.telemetry import mask_addresses


def handover_text(home: Home, language: Language) -> str:
    """
    Write the handover document of *home* as Markdown.

    Args:
        home: Of which.
        language: Of the labels; what was registered stands as it was written.
    """
    return render_handover(gather(home, language), language)


def gather(home: Home, language: Language) -> Handover:
    """Gather what is handed on, from register, journal, requests and people."""
    now_ms = home.clock()
    history = register_history(home)
    found = people_in_force(home)
    people = found.people
    requests = all_requests(home)
    return Handover(
        home=home.folder.absolute().name,
        kind=home.config.node.kind.value,
        time=render_time(now_ms),
        version=home.register.version,
        parameters=home.register.parameters,
        due=home.register.due(today(home)),
        changes=[_change(each, people) for each in history.changes if each.name],
        deleted=history.deleted,
        findings=[
            *home.warnings,
            *([found.edited] if found.edited else []),
            *history.findings,
            *check_people(home),
        ],
        open=[_line(each, each.ends_ms) for each in requests if _waits(each, now_ms)],
        reviews=[_line(each, each.review_by_ms or 0) for each in requests if each.awaits_review],
        people=[
            PersonLine(
                id=name,
                name=person.name,
                roles=[table().roles[role][language] for role in person.roles],
                until=person.ends.isoformat() if person.ends else "",
            )
            for name, person in people.people.items()
        ],
    )


def _waits(request: Request, now_ms: int) -> bool:
    return request.state_at(now_ms) is State.OPEN


def _change(change: Change, people: People) -> ChangeLine:
    return ChangeLine(
        entry=change.entry,
        time=change.time,
        name=change.name,
        before=change.before,
        after=change.after,
        person=people.label(change.person),
        approved_by=", ".join(map(people.label, change.approved_by)),
        alone=change.four_eyes is False,
        break_glass=change.break_glass,
    )


def _line(request: Request, until_ms: int) -> RequestLine:
    what = ""
    if request.kind is Kind.PARAMETER_CHANGE and request.what is not None:
        told = request.what
        what = f"{told['name']}: {show_value(told['before'])} -> {show_value(told['value'])}"
    return RequestLine(
        number=request.id,
        kind=request.kind.value,
        by=request.by,
        time=render_time(request.asked_ms),
        until=render_time(until_ms),
        reason=mask_addresses(request.reason),  # The page goes further than the request.
        what=what,
    )
