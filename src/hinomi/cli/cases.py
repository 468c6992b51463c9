"""``hinomi case``: from candidate to verdict."""

import click

from hinomi.cli import render
from hinomi.cli.casetext import (
    case_document,
    file_document,
    print_cases,
    print_file,
    reason_document,
)
from hinomi.cli.evidence import evidence
from hinomi.cli.session import Session, shared_options
from hinomi.model.case import CaseState, Finding, ServiceClass, Step
from hinomi.services.casefile import case_file, list_cases
from hinomi.services.casework import Decided, decide, note
from hinomi.services.mandates import Operation
from hinomi.services.own import reveal_case
from hinomi.services.publishing import approve, withdraw

_MOST = (1 << 63) - 1
_ID = click.IntRange(1, _MOST)
_STATES = click.Choice([each.value for each in CaseState])
_CLASSES = click.Choice([each.value for each in ServiceClass if each is not ServiceClass.UNKNOWN])

version_option = click.option(
    "--version",
    type=click.IntRange(min=1),
    metavar="N",
    help="The version you looked at: if the case has changed since, nothing is done (exit 75).",
)
reason_option = click.option(
    "--reason", required=True, metavar="TEXT", help="Why, in your words, for whoever looks later."
)


@click.group()
@shared_options
def case() -> None:
    """
    Decide what candidates are, on evidence of independent methods.

    \b
    A case goes this way:
      candidate      detection found it, or two sources agree
      under-review   an analyst has taken it
      corroborated   independent methods agree, and the analyst
      listable       so does a reviewer who is somebody else
      listed         another person has approved its publication
      expired, withdrawn, rejected   closed; it may return as a new episode
    """


case.add_command(evidence)


@case.command("list")
@click.option("--state", "states", type=_STATES, multiple=True, help="Only these; repeatable.")
@click.option("--urgent", is_flag=True, help="Only those that wait for a person.")
@click.option("--top", type=click.IntRange(1, 1000), default=50, show_default=True, metavar="N")
@click.option("--skip", type=click.IntRange(0, _MOST), default=0, metavar="N", help="Leave out N.")
@shared_options
@click.pass_obj
def list_(session: Session, states: tuple[str, ...], urgent: bool, top: int, skip: int) -> None:
    """Show cases: those first that wait for a person, then the most probable."""
    home = session.open_home(Operation.SHOW_CASES)
    wanted = [CaseState(each) for each in states]
    cases, counts = list_cases(home, wanted, only_urgent=urgent, most=top, skip=skip)
    if session.as_json:
        render.print_json(
            {
                "cases": [case_document(each) for each in cases],
                "states": {state.value: count for state, count in counts.items()},
            }
        )
        return
    print_cases(cases)
    told = ", ".join(f"{count:,} {state}" for state, count in counts.items())
    click.echo(told or "There are no cases: `hinomi detect` opens them.")


@case.command()
@click.argument("case_id", type=_ID, metavar="ID")
@shared_options
@click.pass_obj
def show(session: Session, case_id: int) -> None:
    """Show one case: service, evidence, holds, verdicts, history. Exits 66 if unknown."""
    found = case_file(session.open_home(Operation.SHOW_CASES), case_id)
    if session.as_json:
        render.print_json(file_document(found))
    else:
        print_file(found)


@case.command("note")
@click.argument("case_id", type=_ID, metavar="ID")
@click.argument("words")
@shared_options
@click.pass_obj
def note_(session: Session, case_id: int, words: str) -> None:
    """Leave WORDS at case ID, for colleagues; they decide nothing and are never shared."""
    note(session.open_home(Operation.DECIDE), case_id, words)
    if session.as_json:
        render.print_json({"case": case_id, "noted": True})
    else:
        click.echo(f"Noted at case {case_id}.")


@case.command("decide")
@click.argument("case_id", type=_ID, metavar="ID")
@click.option(
    "--finding",
    required=True,
    type=click.Choice([each.value for each in Finding]),
    help="What you hold it to be.",
)
@click.option("--class", "kind", type=_CLASSES, help="What kind of server it is.")
@click.option("--lift", multiple=True, metavar="CODE", help="A hold that does not hold here.")
@reason_option
@version_option
@shared_options
@click.pass_obj
def decide_(
    session: Session,
    case_id: int,
    finding: str,
    kind: str | None,
    lift: tuple[str, ...],
    reason: str,
    version: int | None,
) -> None:
    """
    Give your verdict on case ID.

    The analyst's makes it corroborated, if independent methods agree. That of a reviewer
    who is somebody else makes it listable, and asks for its publication. If something is
    missing, the verdict is written down and the case stays where it is.

    \b
    Examples:
      hinomi case decide 7 --finding cc --class dedicated --reason "sample reports to it"
      hinomi case decide 8 --finding not-cc --reason "the vendor's cloud"
    """
    home = session.open_home(Operation.DECIDE)
    decided = decide(
        home,
        case_id,
        Finding(finding),
        reason,
        service_class=ServiceClass.UNKNOWN if kind is None else ServiceClass(kind),
        lifted=lift,
        version=version,
    )
    _print_decided(session, decided)


@case.command()
@click.argument("case_id", type=_ID, metavar="ID")
@click.option("--class", "kind", type=_CLASSES, help="What kind of server it is.")
@reason_option
@version_option
@shared_options
@click.pass_obj
def reject(
    session: Session, case_id: int, kind: str | None, reason: str, version: int | None
) -> None:
    """Say that case ID is no C&C server; its evidence and history stay."""
    decided = decide(
        session.open_home(Operation.DECIDE),
        case_id,
        Finding.NOT_CC,
        reason,
        service_class=ServiceClass.UNKNOWN if kind is None else ServiceClass(kind),
        version=version,
    )
    _print_decided(session, decided)


@case.command("approve")
@click.argument("case_id", type=_ID, metavar="ID")
@shared_options
@click.pass_obj
def approve_(session: Session, case_id: int) -> None:
    """Approve the publication of case ID, which another person asked for, and list it."""
    listed = approve(session.open_home(Operation.APPROVE), case_id)
    if session.as_json:
        document = case_document(listed.case)
        render.print_json({**document, "listed": listed.listing is not None})
    elif listed.listing is None:
        click.echo(f"Case {case_id} was there to measure its reviewers: it is not listed.")
    else:
        click.echo(f"Case {case_id} is listed: {listed.case.service}.")


@case.command("withdraw")
@click.argument("case_id", type=_ID, metavar="ID")
@click.option("--gone", is_flag=True, help="It was one and is not any more: no mistake.")
@reason_option
@shared_options
@click.pass_obj
def withdraw_(session: Session, case_id: int, gone: bool, reason: str) -> None:
    """Take case ID off the list at once: a mistake, or a server that is gone."""
    done = withdraw(session.open_home(Operation.WITHDRAW), case_id, reason, gone=gone)
    if session.as_json:
        render.print_json(case_document(done))
    else:
        click.echo(f"Case {case_id} is withdrawn.")


@case.command()
@click.argument("case_id", type=_ID, metavar="ID")
@reason_option
@shared_options
@click.pass_obj
def reveal(session: Session, case_id: int, reason: str) -> None:
    """
    Ask for leave to name the server of case ID, which is inside the own network.

    A privacy officer approves it with `hinomi approvals approve`; `hinomi case approve` then
    turns this one pseudonym into its address, and lists it.
    """
    number = reveal_case(session.open_home(Operation.REVEAL), case_id, reason)
    if session.as_json:
        render.print_json({"case": case_id, "request": number})
    else:
        click.echo(f"Request {number} waits for a privacy officer.")


@case.command("recheck")
@click.argument("case_ids", type=_ID, metavar="[ID]...", nargs=-1)
@click.option(
    "--flow", is_flag=True, help="Also read the flow records of the registered days again."
)
@shared_options
@click.pass_obj
def recheck_(session: Session, case_ids: tuple[int, ...], flow: bool) -> None:
    """
    Weigh open cases anew as of now: all of them, or those named.

    What has aged expires, what lost its evidence falls back, listings that hold are
    renewed. Every `hinomi detect` does this as well.
    """
    from hinomi.services.rechecking import recheck  # noqa: PLC0415 - it loads detection.

    home = session.open_home(Operation.DETECT if flow else Operation.CASES)
    settled = recheck(home, case_ids, with_flow=flow)
    if session.as_json:
        changed = [{**case_document(each.case), "step": each.step.value} for each in settled]
        render.print_json({"changed": changed})
        return
    for each in settled:
        click.echo(f"case {each.case.id}: {each.step}, {each.case.state}")
    click.echo(f"{len(settled)} changed.")


def _print_decided(session: Session, decided: Decided) -> None:
    found = decided.case
    if session.as_json:
        render.print_json(
            {
                **case_document(found),
                "step": decided.step.value,
                "missing": [reason_document(each) for each in decided.missing],
                "request": decided.request,
                "was_seed": decided.was_seed,
            }
        )
        return
    if decided.was_seed:
        click.echo(f"Case {found.id} was there to measure its reviewers.")
    if decided.step is Step.WEIGH and decided.missing:
        click.echo(f"Case {found.id} stays {found.state}. Missing:")
        for each in decided.missing:
            click.echo(render.fold(each.text, indent=2))
        return
    click.echo(f"Case {found.id} is {found.state}, {found.service_class}.")
    if decided.request is not None:
        click.echo(
            f"Request {decided.request}: another person approves with "
            f"`hinomi case approve {found.id}`."
        )
