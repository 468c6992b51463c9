"""``hinomi listings key`` and ``corroborate``: which findings others have, shown to nobody."""

from collections.abc import Mapping
from pathlib import Path

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.services.mandates import Operation
from hinomi.services.membership.corroborating import corroborate as take_part
from hinomi.services.membership.memberskey import HandedOn, make_key, take_key
from hinomi.services.membership.rounds import NOTHING, Counts


@click.group()
@shared_options
def key() -> None:
    """
    Make or take the key that members share and the hub does not have.

    Hand it on from member to member by a way that you trust, never through the hub: whoever has
    key and tables can read them. When a member leaves or is suspended, make a new one.
    """


@key.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FILE")
@shared_options
@click.pass_obj
def make(session: Session, out: Path) -> None:
    """
    Draw a key for all members and write it into FILE; one member does so.

    FILE is secret. This home takes it as the others do, by `hinomi listings key take`.

    \b
    Example:
      hinomi listings key make --out members.key
    """
    _print_key(session, make_key(session.open_home(Operation.KEY), out), "written to")


@key.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Put it in place of another key that is here.")
@shared_options
@click.pass_obj
def take(session: Session, file: Path, replace: bool) -> None:
    """
    Keep the members' key of FILE; delete FILE afterwards.

    The number that is shown has to be the same at every member: read it out on the telephone.

    \b
    Examples:
      hinomi listings key take members.key
      hinomi listings key take members.key --replace
    """
    done = take_key(session.open_home(Operation.KEY), file, replaces=replace)
    _print_key(session, done, "kept in")


@click.command()
@shared_options
@click.pass_obj
def corroborate(session: Session) -> None:
    """
    Learn which of this house's findings enough members have; for a timer, each hour.

    The answer of the last round is opened, and tables go into the one that is open: the findings
    that would be submitted, in a form that neither the hub nor anybody without the members' key
    can read. Sent again, it is the same bytes. Where share.only_corroborated is 1, `submit` sends
    what the newest answer names and nothing else. A round that this home's register does not
    permit is refused (exit 78), and one that the hub changes within an epoch (65). A laboratory
    takes no part (exit 77); a hub that makes no rounds says so (exit 66).

    \b
    Example:
      hinomi listings corroborate
    """
    done = take_part(session.open_home(Operation.CORROBORATE))
    for line in (*done.lost, *done.unread):
        render.complain(line)
    opened = done.opened
    if session.as_json:
        told = None
        if opened is not None:
            told = {"servers": len(opened.elements), **_counts(opened.counts)}
        render.print_json(
            {
                "epoch": done.day,
                **_counts(done.counts),
                "was_sent": done.was_sent,
                "opened": told,
                "lost": list(done.lost),
                "unread": list(done.unread),
            }
        )
        return
    if opened is not None:
        click.echo(
            f"Of {opened.counts.brought:,} findings {opened.threshold} members or more have "
            f"{len(opened.elements):,}."
        )
    if done.counts is None:
        click.echo(f"The round of {done.day} is over; this home is not in it.")
    else:
        how = "were in it already" if done.was_sent else "went in"
        brought = done.counts.brought
        click.echo(f"Round of {done.day}: {brought:,} findings {how}; the hub has the tables.")
        if done.counts.left_out:
            click.echo(f"{done.counts.left_out:,} more are left out: the round takes no more.")


def _counts(counts: Counts | None) -> Mapping[str, int | None]:
    """Give what went in; nothing of it where nothing did."""
    return dict.fromkeys(NOTHING.facts) if counts is None else counts.facts


def _print_key(session: Session, done: HandedOn, how: str) -> None:
    if session.as_json:
        told = {"path": render.path_text(done.path), "check": done.check}
        render.print_json({**told, "replaced": done.replaced})
        return
    click.echo(f"The members' key is {how} {done.path}; it is secret.")
    click.echo(f"number {render.in_fours(done.check)}: the same must stand at every member")
