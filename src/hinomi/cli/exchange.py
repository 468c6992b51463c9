"""``hinomi listings pull`` and its like: a provider's side of the hub."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from hinomi.cli import render
from hinomi.cli.servers import read_endpoint
from hinomi.cli.session import Session, shared_options
from hinomi.errors import UsageError
from hinomi.govern.roles import Act
from hinomi.model.protocol import PORT_MOST
from hinomi.model.statement import Endpoint, Sighting
from hinomi.services.mandates import Operation
from hinomi.services.membership.acknowledging import acknowledge
from hinomi.services.membership.judging import judge
from hinomi.services.membership.overview import Overview, overview, require_in_order
from hinomi.services.membership.pulling import pull as pull_list
from hinomi.services.membership.sending import Refused
from hinomi.services.membership.sighting import Told, give_feedback, plan_sightings
from hinomi.services.membership.submitting import Planned, Submitted
from hinomi.services.membership.uploading import (
    plan_due,
    plan_file,
    submit_due,
    submit_file,
)
from hinomi.services.membership.verifying import Verified, verify_file, verify_held

_SERVER: Final = (str, str, click.IntRange(1, PORT_MOST))
_NAMED: Final = ("ADDRESS", "PROTOCOL", "PORT")

Server = tuple[str, str, int]


@click.command()
@shared_options
@click.pass_obj
def pull(session: Session) -> None:
    """
    Take in the hub's newest list and put it to use as known C&Cs; for a timer.

    Signature, number and chain are checked; a hub that goes back, leaves a list out or tells
    another history is refused (exit 75 or 65), one that is away is waited for (exit 69). The
    last good list stays in use in each case, less what has run past its last epoch.
    """
    done = pull_list(session.open_home(Operation.PULL))
    for line in done.warnings:
        render.complain(line)
    if session.as_json:
        render.print_json(asdict(done))
        return
    state = "new" if done.is_new else "in use already"
    click.echo(
        f"Snapshot {done.number} of {done.epoch} ({state}): {done.applied.entries:,} servers; "
        f"{done.applied.added:,} added, {done.applied.ended:,} ended."
    )


@click.command()
@shared_options
@click.pass_obj
def ack(session: Session) -> None:
    """Tell the hub which list is in use here, where `pull` could not."""
    number = acknowledge(session.open_home(Operation.PULL))
    if session.as_json:
        render.print_json({"acknowledged": number})
    else:
        click.echo(f"The hub knows that snapshot {number} is in use here.")


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would go; nothing goes.")
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="Send what stands in this file, address,protocol,port, instead of what is listed here.",
)
@click.option(
    "--lines-checked",
    is_flag=True,
    help="With --file: I made sure that enough distinct lines stand behind each finding.",
)
@click.option("--reason", default="", metavar="TEXT", help="With --file: told to who approves it.")
@shared_options
@click.pass_obj
def submit(
    session: Session,
    path: Path | None,
    reason: str,
    *,
    dry_run: bool,
    lines_checked: bool,
) -> None:
    """
    Send this house's listings to the hub, once an epoch; for a timer.

    Only servers go that two people listed and enough distinct lines met, by address, protocol
    and port. Too few of them wait (exit 0, nothing sent); where a batch before still counts, an
    empty one takes it back. Sent again, it is the same bytes, whatever changed meanwhile. A
    laboratory submits nothing (exit 77).

    What stands in a file takes another person's approval first (exit 75 until then). The hub
    takes findings of the day that is over from 00:00 UTC until it makes its list, two hours
    later as shipped. A file that comes after that is kept for the next epoch (exit 0): this
    command without --file, or its timer, sends it after the next 00:00 UTC, in place of the
    listings of that epoch. Until then, another file that was approved takes its place.

    \b
    Examples:
      hinomi listings submit --dry-run
      hinomi listings submit
      hinomi listings submit --file findings.csv --lines-checked --reason "seen by our CERT"
    """
    if path is None and (lines_checked or reason):
        raise UsageError("--lines-checked and --reason go with --file")
    home = session.open_home(Operation.SUBMIT)
    if dry_run:
        _print_planned(session, plan_due(home) if path is None else plan_file(home, path))
    elif path is None:
        _print_submitted(session, submit_due(home))
    else:
        done = submit_file(home, path, lines_checked=lines_checked, reason=reason)
        _print_submitted(session, done)


@click.command()
@click.option("--wrong", type=_SERVER, metavar=" ".join(_NAMED), help="It is no C&C server.")
@click.option("--gone", type=_SERVER, metavar=" ".join(_NAMED), help="It is none any more.")
@click.option("--unsay", type=_SERVER, metavar=" ".join(_NAMED), help="Take back what was said.")
@click.option("--reason", default="", metavar="TEXT", help="Why; it stays in this house.")
@click.option("--dry-run", is_flag=True, help="Show what would go; nothing goes.")
@shared_options
@click.pass_obj
def feedback(
    session: Session,
    wrong: Server | None,
    gone: Server | None,
    unsay: Server | None,
    reason: str,
    *,
    dry_run: bool,
) -> None:
    """
    Tell the hub what was seen of its list, once an epoch; for a timer.

    One sighting is sent for every server on the list: confirmed (enough distinct lines met it),
    not-seen, wrong or gone. The last two are for people to find: with --wrong or --gone nothing
    is sent yet, the next batch tells it, for as long as the server is on the list.

    \b
    Examples:
      hinomi listings feedback --wrong 203.0.113.9 tcp 443 --reason "a shared mail server"
      hinomi listings feedback --dry-run
      hinomi listings feedback
    """
    said = [
        (server, sighting)
        for server, sighting in ((wrong, Sighting.WRONG), (gone, Sighting.GONE), (unsay, None))
        if server is not None
    ]
    if len(said) > 1 or (said and dry_run):
        raise UsageError("--wrong, --gone, --unsay and --dry-run each stand alone")
    home = session.open_home(Operation.DECIDE if said else Operation.FEEDBACK)
    if said:
        ((server, sighting),) = said
        count = judge(home, read_endpoint(*server), sighting, reason)
        if session.as_json:
            render.print_json({"judged": count})
        else:
            click.echo(f"Noted; the next batch tells of {count} that people here judged.")
        return
    if reason:
        raise UsageError("--reason goes with --wrong, --gone or --unsay")
    if dry_run:
        facts = plan_sightings(home).facts
        if session.as_json:
            render.print_json(facts)
        else:
            _print_facts(facts)
        return
    _print_told(session, give_feedback(home))


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.argument("head", type=click.Path(path_type=Path), required=False)
@click.option("--key", metavar="KEY", help="The hub's public key, or a file that holds it.")
@shared_options
@click.pass_obj
def verify(session: Session, file: Path | None, head: Path | None, key: str | None) -> None:
    """
    Check the hub's list that is in use here and its chain; or FILE against its signed HEAD.

    Nobody is asked, and FILE needs no home. FILE is a list as JSON or CSV, as the hub gives it.
    Exits 65 if something is not what the hub signed, 75 if the chain has a gap.
    """
    if (file is None) != (key is None) or (file is None) != (head is None):
        raise UsageError("FILE, HEAD and --key go together")
    if file is None or head is None or key is None:
        found = verify_held(session.open_home(Operation.PULL))
    else:
        found = verify_file(file, head, key)
    document = _verified(found)
    if session.as_json:
        render.print_json(document)
        return
    click.echo(
        f"Snapshot {document['number']} of {document['epoch']} by {document['hub']}: "
        f"{found.listings:,} servers, as signed; heads checked: {found.chain}."
    )


@click.command()
@shared_options
@click.pass_obj
def status(session: Session) -> None:
    """
    Show how this home stands to the hub: the list in use, its age, what was sent and waits.

    Exits 78 where the node's certificate has ended or what is kept is damaged, 75 where the list
    in use is ahead of this node's clock.
    """
    home = session.open_home(Act.STATUS)
    found = overview(home)
    for line in found.warnings:
        render.complain(line)
    if session.as_json:
        render.print_json(asdict(found))
    else:
        _print_overview(found)
    require_in_order(home)


COMMANDS: Final = (pull, submit, feedback, ack, verify, status)
"""What this file adds to ``hinomi listings``."""


def _print_planned(session: Session, found: Planned) -> None:
    servers = [each.endpoint for each in found.gathered.statements]
    if session.as_json:
        rows = [each.render() for each in servers]
        render.print_json({**found.facts, "findings": rows, "echoed": _rows(found.echoed)})
        return
    for each in servers:
        click.echo(str(each))
    _print_facts(found.facts)
    _print_echoed(found.echoed)


def _print_submitted(session: Session, done: Submitted) -> None:
    _warn_of(done.refused)
    if done.let_go:
        render.complain(f"the file that waited goes no more: {done.let_go}")
    sent = done.sent
    if session.as_json:
        told = {
            "epoch": done.epoch,
            "sent": None if sent is None else sent.statements,
            "digest": None if sent is None else sent.digest,
            "was_sent": done.was_sent,
            "refused_late": len(done.refused),
            "echoed": _rows(done.echoed),
            "waiting": done.waiting,
        }
        render.print_json({**done.facts, **told})
        return
    _print_sent(done)
    _print_echoed(done.echoed)
    if done.waiting is not None:
        click.echo(_waits(done.waiting))


def _print_sent(done: Submitted) -> None:
    sent = done.sent
    if sent is None:
        why = done.shut or ("" if done.waiting else "too few findings may leave")
        click.echo(f"Nothing was sent of {done.epoch}" + (f": {why}." if why else "."))
        _print_facts(done.facts)
        return
    how = "had been sent already" if done.was_sent else "sent"
    if not sent.statements:
        click.echo(
            f"An empty batch of {done.epoch} {how}, which takes back the one before: too few "
            "findings may leave; the hub gave its receipt."
        )
        _print_facts(done.facts)
        return
    click.echo(f"{sent.statements:,} findings of {done.epoch} {how}; the hub gave its receipt.")


def _print_echoed(echoed: Sequence[Endpoint]) -> None:
    """Name the rows that were left out: whoever wrote them looks for them."""
    if echoed:
        click.echo("Left out: the hub lists them, and no batch of this house named them lately:")
    for each in echoed:
        click.echo(f"  {each}")


def _waits(waiting: Mapping[str, object]) -> str:
    """Say in one sentence what becomes of a file that waits."""
    return (
        f"A file of {waiting['findings']} findings is kept for the next epoch, as the batch of "
        f"{waiting['epoch']}: `hinomi listings submit` or its timer sends it after "
        f"{waiting['sent_after']}, before the hub makes its list; let go after "
        f"{waiting['let_go_after']}."
    )


def _rows(servers: Sequence[Endpoint]) -> list[dict[str, str | int]]:
    return [each.render() for each in servers]


def _print_told(session: Session, done: Told) -> None:
    _warn_of(done.refused)
    if session.as_json:
        told = {
            "epoch": done.epoch,
            "sent": done.sent.statements,
            "digest": done.sent.digest,
            "was_sent": done.was_sent,
            "refused_late": len(done.refused),
        }
        render.print_json({**done.facts, **told})
        return
    how = "had been sent already" if done.was_sent else "sent"
    count = done.sent.statements
    click.echo(f"Of {count:,} servers what was seen {how}; the hub gave its receipt.")


def _warn_of(refused: tuple[Refused, ...]) -> None:
    for each in refused:
        render.complain(f"a batch that waited came too late and is let go: {each.reason}")


def _print_facts(facts: dict[str, object]) -> None:
    for name, value in facts.items():
        click.echo(f"{name.replace('_', ' ')}: {render.plain(value)}")


def _verified(found: Verified) -> dict[str, object]:
    head = found.head
    return {
        "hub": head.hub,
        "number": head.number,
        "epoch": head.text().split("\n")[3].split(" ")[0],
        "listings": found.listings,
        "json_digest": head.json_digest,
        "chain": found.chain,
    }


def _print_overview(found: Overview) -> None:
    click.echo(f"member {found.member} of {found.hub} at {found.url}; epoch {found.epoch}")
    click.echo(f"doors: {', '.join(found.outlets) or 'not said'}")
    click.echo(f"certificate valid until {found.certificate_until}")
    held = found.held
    if held is None:
        click.echo("list: none yet")
    else:
        known = "acknowledged" if held.acknowledged else "not acknowledged yet"
        age = f"{held.age_epochs} epochs old"
        if held.age_epochs < 0:
            age = f"{-held.age_epochs} epochs ahead of this node's clock"
        click.echo(
            f"list: snapshot {held.number} of {held.epoch}, {held.listings:,} servers, "
            f"{age}, holds {held.lease_epochs} more; {known}"
        )
    looked = "none" if found.looked_at is None else f"snapshot {found.looked_at}"
    click.echo(f"detection looked at: {looked}; judged by people: {found.judged}")
    for name, sent in (("findings", found.submitted), ("sightings", found.sighted)):
        told = "none" if sent is None else f"{sent['statements']} of {sent['epoch']}"
        click.echo(f"last {name} with a receipt: {told}")
    if found.corroborated is not None:
        click.echo(
            f"corroborated: {found.corroborated['servers']} of the {found.corroborated['brought']} "
            f"findings of {found.corroborated['epoch']}"
        )
    click.echo(f"waiting to be sent: {len(found.waiting)}")
    if found.file is not None:
        click.echo(_waits(found.file))
