"""``hinomi hub publish``, ``snapshot``, ``verify``, ``resume``: the list, and what was before."""

from pathlib import Path

import click

from hinomi.cli import render
from hinomi.cli.hub.unguarded import warn_unguarded
from hinomi.cli.session import Session, shared_options
from hinomi.errors import Unavailable
from hinomi.govern.roles import Act
from hinomi.model.snapshot import NUMBER_MOST
from hinomi.services.hub.checking import check
from hinomi.services.hub.publishing import Made, preview, require_window_over
from hinomi.services.hub.publishing import publish as publish_list
from hinomi.services.hub.restored import resume as resume_hub
from hinomi.services.hub.takingup import (
    Wanted,
    export_snapshots,
    list_snapshots,
    show_snapshot,
    take_up,
)
from hinomi.services.mandates import Operation

_FAULTS_MOST = 100
_NUMBER = click.IntRange(min=1, max=NUMBER_MOST)


@click.command()
@click.option("--now", is_flag=True, help="Also while members may still submit.")
@click.option("--dry-run", is_flag=True, help="Tell what it would be; publish nothing.")
@click.option(
    "--after-pause",
    is_flag=True,
    help="Also long after the list before: you have looked at the clock, and it is right.",
)
@shared_options
@click.pass_obj
def publish(session: Session, *, now: bool, dry_run: bool, after_pause: bool) -> None:
    """
    Make and sign the list of this epoch, once; to be run by a timer.

    It is made from what members said of the epochs before. What comes later waits for the next
    one. Exits 75 where it is made already, or while members have their time
    (hub.publish_after_minutes). A run that was killed is finished by the next one.

    It also exits 75 where the clock may be wrong: if the newest list is of a later epoch than
    the present, and if it is of one more than hub.pause_epochs ago. In the second case a person
    who has looked at the clock gives --after-pause once, which the journal is told.
    """
    home = session.open_home(Operation.PUBLISH)
    if dry_run:
        _tell(session, preview(home, after_pause=after_pause), is_made=False)
    else:
        if not now:
            require_window_over(home)
        _tell(session, publish_list(home, after_pause=after_pause), is_made=True)
    warn_unguarded(home)


def _tell(session: Session, made: Made, *, is_made: bool) -> None:
    if session.as_json:
        render.print_json({
            "published": is_made,
            "number": made.number,
            "epoch": str(made.epoch),
            "listed": made.listed,
            "new": made.new,
            "renewed": made.renewed,
            "ended": made.ended,
        })  # fmt: skip
        return
    click.echo(
        f"Snapshot {made.number} of {made.epoch}{'' if is_made else ', if it were made now'}: "
        f"{made.listed:,} listed, {made.new:,} of them new, {made.renewed:,} renewed, "
        f"{made.ended:,} ended."
    )


@click.group()
@shared_options
def snapshot() -> None:
    """Look at what was published, hand it on as files, and take up what was lost."""


@snapshot.command("list")
@shared_options
@click.pass_obj
def list_(session: Session) -> None:
    """List all snapshots: number, epoch, digest, and whether the list itself is kept."""
    found = list_snapshots(session.open_home(Operation.WEIGH))
    if session.as_json:
        render.print_json({
            "snapshots": [
                {
                    "number": each.number,
                    "epoch": each.day,
                    "digest": each.digest,
                    "kept": each.is_kept,
                }
                for each in found
            ]
        })  # fmt: skip
        return
    rows = [
        (str(each.number), each.day, each.digest, "yes" if each.is_kept else "head alone")
        for each in found
    ]
    render.print_table(("number", "epoch", "digest of its JSON", "kept"), rows, numbers=(0,))


@snapshot.command()
@click.argument("number", type=_NUMBER)
@shared_options
@click.pass_obj
def show(session: Session, number: int) -> None:
    """Show one snapshot: its signed head, and with --json the list as it was published."""
    home = session.open_home(Operation.WEIGH)
    found = show_snapshot(home, number, whole=session.as_json)
    if session.as_json:
        click.echo(found.json.decode(), nl=False)
        return
    click.echo(found.head, nl=False)


@snapshot.command()
@click.argument("first", type=_NUMBER)
@click.argument("last", type=_NUMBER, required=False)
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR")
@click.option("--to", "recipient", required=True, metavar="TEXT", help="Who gets them.")
@click.option("--reason", required=True, metavar="TEXT", help="For whoever approves.")
@shared_options
@click.pass_obj
def export(
    session: Session, first: int, last: int | None, out: Path, recipient: str, reason: str
) -> None:
    """
    Write snapshots FIRST to LAST into the new folder DIR: NUMBER.head, NUMBER.json, NUMBER.csv.

    For a member without network, or a witness that keeps what was published. The whole list goes
    out: another person approves it first, then this is given again.

    \b
    Example:
      hinomi hub snapshot export 41 --out for-isp-a --to isp-a --reason "no network"
    """
    wanted = Wanted(first=first, last=last or first, recipient=recipient, reason=reason)
    done = export_snapshots(session.open_home(Operation.SERVE), wanted, out)
    if session.as_json:
        render.print_json({
            "snapshots": done.count,
            "folder": render.path_text(out) if done.count else None,
            "request": done.request.id,
        })  # fmt: skip
    elif done.count:
        click.echo(f"{done.count} in {out}.")
    else:
        click.echo(
            f"Request {done.request.id} waits: after another person has approved it, give this "
            "command again; nothing was written."
        )


@snapshot.command()
@click.argument("folder", type=click.Path(path_type=Path))
@shared_options
@click.pass_obj
def take(session: Session, folder: Path) -> None:
    """
    Take up snapshots that this hub published and lost, from a copy of them in FOLDER.

    FOLDER is a member's folder `hub` as it is, or what `hinomi hub snapshot export` wrote. Each
    must bear this hub's own signature and follow on the one before; the list itself is wanted of
    the newest one. See docs/howto/back-up-and-restore.md.
    """
    numbers = take_up(session.open_home(Operation.PUBLISH), folder)
    if session.as_json:
        render.print_json({"taken": list(numbers)})
    else:
        click.echo(f"Took up {numbers[0]} to {numbers[-1]}. Then: hinomi hub verify")


@click.command()
@shared_options
@click.pass_obj
def verify(session: Session) -> None:
    """
    Check all that was published, what members said, and what the next list will rest on.

    Read anew are signatures, chain, lists and entries, batches and acknowledgements, and what the
    journal says of them. Weighings, histories, decisions, figures, members and keys are held
    against digests that the journal got with the newest list. Not looked at are the hub's own
    lists and evidence, the answers of private corroboration, the register (`hinomi parameters`),
    and the journal itself (`hinomi journal verify`).

    Exits 69 if anything does not hold together.
    """
    found = check(session.open_home(Act.STATUS))
    if session.as_json:
        render.print_json({
            "snapshots": found.snapshots,
            "lists": found.lists,
            "entries": found.entries,
            "batches": found.batches,
            "faults": list(found.faults),
            "left_out": list(found.left_out),
        })  # fmt: skip
    else:
        click.echo(
            f"{found.snapshots:,} snapshots, {found.lists:,} with their list; "
            f"{found.entries:,} entries stand; {found.batches:,} batches of members."
        )
        for line in found.left_out:
            click.echo(f"Not looked at: {line}")
    for each in found.faults[:_FAULTS_MOST]:
        render.complain(each)
    if found.faults:
        raise Unavailable(
            f"{len(found.faults)} things do not hold together; publish nothing before a person "
            "knows why"
        )
    if not session.as_json:
        click.echo("All of it holds together.")


@click.command()
@click.option(
    "--newest",
    type=click.IntRange(min=0, max=NUMBER_MOST),
    required=True,
    help="The highest number that any member or witness has.",
)
@shared_options
@click.pass_obj
def resume(session: Session, newest: int) -> None:
    """
    Let a restored hub publish and serve again, once it has all that anybody has.

    Ask members and witnesses first: whoever has a snapshot that this hub lacks would refuse all
    that comes after. And suspend again, before this, who was suspended since the backup: from
    then on `hinomi serve hub` answers whoever is a member here.
    """
    resume_hub(session.open_home(Operation.PUBLISH), newest)
    if session.as_json:
        render.print_json({"resumed": True})
    else:
        click.echo("This hub publishes again, and may serve: hinomi serve hub")
