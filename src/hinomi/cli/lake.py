"""``hinomi store``: the state and the upkeep of the lake."""

import click

from hinomi.cli import render
from hinomi.cli.session import TIME, Session, shared_options
from hinomi.clock import render_time
from hinomi.govern.roles import Act
from hinomi.services.mandates import Operation
from hinomi.services.rollover import roll_over
from hinomi.services.upkeep import compact_store, remove_before, store_status


@click.group()
@shared_options
def store() -> None:
    """See to the stored conversation records: status, compaction, removal, keys."""


@store.command()
@shared_options
@click.pass_obj
def status(session: Session) -> None:
    """Show how much is stored: records, files, bytes, first and last hour."""
    state = store_status(session.open_home(Act.STATUS))
    _show(session, state)


@store.command()
@shared_options
@click.pass_obj
def compact(session: Session) -> None:
    """Join the small files of each hour; what is stored stays the same."""
    _show(session, compact_store(session.open_home(Operation.MAINTAIN)))


@store.command()
@click.option(
    "--before", type=TIME, required=True, metavar="T", help="Hours that end at T or earlier."
)
@shared_options
@click.pass_obj
def remove(session: Session, before: int) -> None:
    """
    Remove the records of whole hours for good, and write it to the journal.

    \b
    Example:
      hinomi store remove --before 2026-01-01
    """
    _show(
        session,
        {"before": render_time(before)}
        | remove_before(session.open_home(Operation.MAINTAIN), before),
    )


@store.command("roll-over")
@shared_options
@click.pass_obj
def roll_over_(session: Session) -> None:
    """
    Change to a new pseudonym key now: every line gets another pseudonym.

    `hinomi retention run` does it once store.key_period_days are over. All records are
    written again, and partial results are made anew by the next detection. The old key is
    destroyed a day later. A change that was broken off is finished.
    """
    _show(session, roll_over(session.open_home(Operation.MAINTAIN)))


def _show(session: Session, facts: dict[str, object]) -> None:
    if session.as_json:
        render.print_json(facts)
        return
    for name, value in facts.items():
        click.echo(f"{name.replace('_', ' ')}: {'-' if value is None else value}")
