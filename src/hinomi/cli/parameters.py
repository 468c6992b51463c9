"""``hinomi parameters``: why each value is what it is, and how it changes."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from hinomi.cli import render
from hinomi.cli.approvals import tell
from hinomi.cli.session import Session, shared_options
from hinomi.cli.whatif import what_if
from hinomi.errors import UsageError
from hinomi.govern.handover import LANGUAGES, Language
from hinomi.govern.parameters import Parameter, show_value
from hinomi.govern.roles import Act, Kind
from hinomi.services.approvals import refuse, request_of
from hinomi.services.deciding import Decided, approve_request
from hinomi.services.handover import handover_text
from hinomi.services.history import Change, register_history, require_whole
from hinomi.services.home import Home
from hinomi.services.parameters import (
    Reasons,
    adopt,
    overdue,
    parameter_of,
    propose,
    restore,
)
from hinomi.store.durable import replace_durably

_ID = click.IntRange(min=1)


@click.group()
@shared_options
def parameters() -> None:
    """
    Show the parameter register, change it by two persons, hand it on.

    Every value that shapes detection or privacy stands there with what was considered, what
    was measured, what was rejected, who decided and approved, and when to think again.
    """


parameters.add_command(what_if)


@parameters.command("list")
@click.option("--due", is_flag=True, help="Only those whose review date has passed.")
@shared_options
@click.pass_obj
def list_(session: Session, due: bool) -> None:
    """Show every parameter; those whose review date has passed are marked and counted."""
    home = session.open_home(Act.PARAMETERS_SHOW)
    late = set(overdue(home))
    found = {
        name: each
        for name, each in sorted(home.register.parameters.items())
        if not due or name in late
    }
    if late:
        render.complain(f"{len(late)} parameter(s) are past their review date")
    if session.as_json:
        shown = [_document(name, each) | {"due": name in late} for name, each in found.items()]
        render.print_json({"version": home.register.version, "parameters": shown})
        return
    render.print_table(
        ("parameter", "value", "unit", "decided by", "approved by", "review"),
        [_row(name, each, name in late) for name, each in found.items()],
    )
    click.echo(f"register {home.register.version}")


@parameters.command()
@click.argument("name")
@shared_options
@click.pass_obj
def show(session: Session, name: str) -> None:
    """Show one parameter with all that stands behind it."""
    home = session.open_home(Act.PARAMETERS_SHOW)
    found = parameter_of(home, name)
    if session.as_json:
        render.print_json(_document(name, found) | {"due": name in overdue(home)})
        return
    click.echo(f"{name} = {show_value(found.value)}  [{found.unit}]")
    late = ", which has passed" if name in overdue(home) else ""
    approved = found.approved_by or "nobody else"
    said = f"decided by {found.decided_by}, approved by {approved}"
    click.echo(f"{said}; review {found.review}{late}")
    for title in ("considerations", "evidence", "alternatives"):
        click.echo(f"\n{title}:")
        click.echo(render.fold(getattr(found, title) or "nothing is registered", indent=2))


@parameters.command("propose", context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("value")
@click.option("--considerations", required=True, metavar="TEXT", help="Why; handed on.")
@click.option("--evidence", metavar="TEXT", help="What was measured.  [default: as it stands]")
@click.option("--alternatives", metavar="TEXT", help="What was rejected.  [default: as it stands]")
@click.option(
    "--review",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="When to think again.  [default: in a year]",
)
@click.option(
    "--break-glass",
    "emergency",
    metavar="REASON",
    help="Do it at once, in an emergency; another person reviews it afterwards.",
)
@shared_options
@click.pass_obj
def propose_(
    session: Session,
    name: str,
    value: str,
    considerations: str,
    evidence: str | None,
    alternatives: str | None,
    review: datetime | None,
    emergency: str | None,
) -> None:
    """
    Propose another VALUE for a parameter, or other reasons for the present one.

    A proposal changes nothing until another person approves it. Where nobody else could, it
    takes effect at once, and the journal says that four eyes were impossible.

    \b
    Example:
      hinomi parameters propose suspects.fdr 0.005 \\
          --considerations "The desk checked 200 suspects: half as many wrong ones are enough."
    """
    home = session.open_home(Act.PARAMETERS_SHOW)
    reasons = Reasons(
        considerations=considerations,
        evidence=evidence,
        alternatives=alternatives,
        review=review.date() if review else None,
    )
    proposed = propose(home, name, value, reasons, emergency=emergency)
    decided = Decided(request_of(home, proposed.request), proposed.version)
    tell(session, decided, home.clock())


@parameters.command()
@click.argument("number", type=_ID, metavar="ID")
@shared_options
@click.pass_obj
def approve(session: Session, number: int) -> None:
    """Approve proposal ID of another person: it is in force from then on."""
    home = session.open_home(Act.APPROVALS_SHOW)
    _require_proposal(home, number)
    tell(session, approve_request(home, number), home.clock())


@parameters.command("refuse")
@click.argument("number", type=_ID, metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="Why not.")
@shared_options
@click.pass_obj
def refuse_(session: Session, number: int, reason: str) -> None:
    """Refuse proposal ID, or take an own one back."""
    home = session.open_home(Act.APPROVALS_SHOW)
    _require_proposal(home, number)
    tell(session, Decided(refuse(home, number, reason)), home.clock())


@parameters.command("adopt")
@shared_options
@click.pass_obj
def adopt_(session: Session) -> None:
    """
    Bring the register up to this version of hinomi.

    Parameters that are new come in with their defaults, those that nothing reads any more go;
    no value that stands is changed.
    """
    home = session.open_home(Act.PARAMETERS_ADOPT)
    after, changed = adopt(home)
    if session.as_json:
        render.print_json({"version": after.version, "changed": changed})
        return
    for name, (before, now) in changed.items():
        click.echo(f"{name}: {show_value(before)} -> {show_value(now)}")
    click.echo(f"register {after.version}")


@parameters.command("restore")
@shared_options
@click.pass_obj
def restore_(session: Session) -> None:
    """Put register.toml back as it was last put in force, where it was edited by hand."""
    home = session.open_home(Act.PARAMETERS_RESTORE)
    dropped = restore(home)
    if session.as_json:
        render.print_json({"dropped": dropped})
    else:
        click.echo(f"register.toml says again what is in force; dropped: {', '.join(dropped)}")


@parameters.command()
@click.argument("name", required=False)
@shared_options
@click.pass_obj
def history(session: Session, name: str | None) -> None:
    """
    Show how the register, or one parameter, came to be what it is: from the journal.

    What entries said whose bodies are deleted is not there; their number is told. Exits 65 if
    what is in force is not what the journal last recorded.
    """
    home = session.open_home(Act.PARAMETERS_SHOW)
    found = register_history(home, name)
    if session.as_json:
        render.print_json(
            {
                "changes": [_change_document(each) for each in found.changes],
                "deleted": found.deleted,
                "findings": list(found.findings),
            }
        )
    else:
        render.print_table(
            ("#", "time", "act", "parameter", "before", "after", "by", "approved by", "register"),
            [_change_row(each) for each in found.changes],
            numbers=(0,),
        )
    if found.deleted:
        render.complain(f"{found.deleted} entries lost their body: what they said is not here")
    require_whole(found.findings)


@parameters.command()
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write it here.")
@shared_options
@click.pass_obj
def handover(session: Session, lang: Language, output: Path | None) -> None:
    """
    Write the document that is handed on when people change: Markdown, in one file.

    Every parameter with its reasons, how it changed, what is proposed and what is overdue, and
    the people with their roles.
    """
    text = handover_text(session.open_home(Act.PARAMETERS_SHOW), lang)
    if output is not None:
        replace_durably(output, text.encode("utf-8"))
    if session.as_json:
        told = {"text": text} if output is None else {"file": render.path_text(output)}
        render.print_json(told)
    elif output is None:
        click.echo(text, nl=False)
    else:
        click.echo(f"Wrote {output}.")


def _require_proposal(home: Home, number: int) -> None:
    kind = request_of(home, number).kind
    if kind is not Kind.PARAMETER_CHANGE:
        raise UsageError(f"request {number} is a {kind}: see `hinomi approvals show {number}`")


def _document(name: str, parameter: Parameter) -> dict[str, Any]:
    return {
        "name": name,
        "value": parameter.value,
        "unit": parameter.unit,
        "considerations": parameter.considerations,
        "evidence": parameter.evidence,
        "alternatives": parameter.alternatives,
        "decided_by": parameter.decided_by,
        "approved_by": parameter.approved_by,
        "review": parameter.review.isoformat(),
    }


def _row(name: str, parameter: Parameter, is_due: bool) -> tuple[str, ...]:
    return (
        name,
        show_value(parameter.value),
        parameter.unit,
        parameter.decided_by,
        parameter.approved_by or "-",
        f"{parameter.review} (passed)" if is_due else str(parameter.review),
    )


def _change_document(change: Change) -> dict[str, Any]:
    return {
        "entry": change.entry,
        "time": change.time,
        "act": change.act,
        "name": change.name or None,
        "before": change.before,
        "after": change.after,
        "person": change.person,
        "approved_by": list(change.approved_by),
        "four_eyes": change.four_eyes,
        "break_glass": change.break_glass,
        "register": change.version,
    }


def _change_row(change: Change) -> tuple[str, ...]:
    alone = "break-glass" if change.break_glass else "nobody else could"
    by = ", ".join(change.approved_by) or (alone if change.four_eyes is False else "-")
    return (
        str(change.entry),
        change.time,
        change.act,
        change.name or "-",
        show_value(change.before),
        show_value(change.after),
        change.person,
        by,
        change.version[:12],
    )
