"""``hinomi approvals``: what takes four eyes, and waits for the second pair."""

from typing import Any

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.clock import render_time
from hinomi.govern.approvals import Request, State
from hinomi.govern.roles import Act, name_roles, table
from hinomi.services.approvals import all_requests, refuse, require_shown
from hinomi.services.deciding import Decided, approve_request


@click.group()
@shared_options
def approvals() -> None:
    """
    Show and decide requests for acts that take four eyes.

    One person asks, another approves, and the act is done once, within the registered time.
    Where nobody else may approve it is done at once, and the record says that four eyes were
    impossible. What was done in an emergency waits here for a review by another person.
    """


@approvals.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what is decided and done.")
@shared_options
@click.pass_obj
def list_(session: Session, everything: bool) -> None:
    """Show what waits to be decided, used or reviewed; reviews that are overdue come first."""
    home = session.open_home(Act.APPROVALS_SHOW)
    now_ms = home.clock()
    found = [each for each in all_requests(home) if everything or _waits(each, now_ms)]
    found.sort(key=lambda each: (not each.is_overdue(now_ms), each.id))
    for each in found:
        if each.is_overdue(now_ms):
            render.complain(
                f"the after-review of request {each.id} is overdue: {each.by} broke glass "
                f"{render_time(each.asked_ms)}; until then they may not again"
            )
    if session.as_json:
        render.print_json({"requests": [as_document(each, now_ms) for each in found]})
        return
    render.print_table(
        ("#", "kind", "by", "asked", "state", "until", "approved by", "reason"),
        [_row(each, now_ms) for each in found],
        numbers=(0,),
    )


@approvals.command()
@click.argument("number", type=click.IntRange(min=1), metavar="ID")
@shared_options
@click.pass_obj
def show(session: Session, number: int) -> None:
    """Show one request, with what it asks for, to those who may decide it."""
    home = session.open_home(Act.APPROVALS_SHOW)
    found = require_shown(home, number)
    shown = as_document(found, home.clock())
    shown["what"] = found.what
    if session.as_json:
        render.print_json(shown)
        return
    for fact, value in shown.items():
        click.echo(f"{fact.replace('_', ' ')}: {render.plain(value)}")


@approvals.command()
@click.argument("number", type=click.IntRange(min=1), metavar="ID")
@shared_options
@click.pass_obj
def approve(session: Session, number: int) -> None:
    """
    Approve request ID of another person.

    Changes of parameters and people are carried out at once; anything else is done by whoever
    asked. Of what was done in an emergency it says that it was justified.
    """
    home = session.open_home(Act.APPROVALS_SHOW)
    tell(session, approve_request(home, number), home.clock())


@approvals.command("refuse")
@click.argument("number", type=click.IntRange(min=1), metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="Why not.")
@shared_options
@click.pass_obj
def refuse_(session: Session, number: int, reason: str) -> None:
    """
    Refuse request ID, or take an own one back.

    Of what was done in an emergency it says that it was not justified; it undoes nothing.
    """
    home = session.open_home(Act.APPROVALS_SHOW)
    tell(session, Decided(refuse(home, number, reason)), home.clock())


def tell(session: Session, decided: Decided, now_ms: int) -> None:
    """Say what became of a request."""
    request = decided.request
    if session.as_json:
        document = as_document(request, now_ms)
        if decided.version is not None:
            document["version"] = decided.version
        render.print_json(document)
    else:
        click.echo(sentence(decided))


def sentence(decided: Decided) -> str:
    """Say in a sentence what became of a request."""
    request = decided.request
    number = f"Request {request.id}"
    if request.reviewed is not None:
        found = "justified" if request.justified else "not justified; nothing is undone by that"
        return f"{number} was reviewed: breaking glass was {found}."
    if request.refused is not None:
        return f"{number} is refused."
    if request.glass_broken:
        return f"Done at once in an emergency; another person has to review request {request.id}."
    if request.state is State.OPEN:
        more = request.needed - len(request.approved)
        roles = name_roles(table().four_eyes[request.kind].approve)
        return (
            f"{number} waits for {more} other person(s) with {roles}: "
            f"hinomi approvals approve {request.id}"
        )
    if not request.four_eyes:
        said = "nobody else could approve: four eyes were impossible, and the journal says so"
    else:
        said = f"approved by {', '.join(each.by for each in request.approved)}"
    done = "Done" if decided.version is not None else f"{number} may be used once"
    return f"{done}; {said}."


def as_document(request: Request, now_ms: int) -> dict[str, Any]:
    """Describe a request, without what it asks for."""
    review_by_ms = request.review_by_ms
    return {
        "request": request.id,
        "kind": request.kind.value,
        "state": request.state_at(now_ms).value,
        "by": request.by,
        "reason": request.reason,
        "asked": render_time(request.asked_ms),
        "until": render_time(request.ends_ms),
        "four_eyes": request.four_eyes,
        "approvals_needed": request.needed,
        "approved_by": [each.by for each in request.approved],
        "refused_by": request.refused.by if request.refused else None,
        "refused_because": request.refused.reason if request.refused else None,
        "break_glass": request.glass_broken,
        "review_by": render_time(review_by_ms) if review_by_ms is not None else None,
        "reviewed_by": request.reviewed.by if request.reviewed else None,
        "justified": request.justified,
        "overdue": request.is_overdue(now_ms),
    }


def _waits(request: Request, now_ms: int) -> bool:
    return request.awaits_review or request.state_at(now_ms) in {State.OPEN, State.APPROVED}


def _row(request: Request, now_ms: int) -> tuple[str, ...]:
    state, until_ms = request.state_at(now_ms).value, request.ends_ms
    if request.awaits_review:
        until_ms = request.review_by_ms or 0
        state = "review overdue" if request.is_overdue(now_ms) else "to be reviewed"
    elif not request.four_eyes:
        state = f"{state}, {'break-glass' if request.glass_broken else 'alone'}"
    return (
        str(request.id),
        request.kind.value,
        request.by,
        render_time(request.asked_ms),
        state,
        render_time(until_ms),
        ", ".join(each.by for each in request.approved) or "-",
        request.reason,
    )
