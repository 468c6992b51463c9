"""``hinomi store``: the state and the upkeep of the lake."""

import click

from hinomi.cli import render
from hinomi.cli.session import TIME, Session, shared_options
from hinomi.clock import render_time
from hinomi.govern.roles import Act
from hinomi.services.mandates import Operation
from hinomi.services.upkeep import compact_store, remove_before, store_status


@click.group()
@shared_options
def store() -> None:
    """See to the stored conversation records: status, compaction, removal."""


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


def _show(session: Session, facts: dict[str, object]) -> None:
    if session.as_json:
        render.print_json(facts)
        return
    for name, value in facts.items():
        click.echo(f"{name.replace('_', ' ')}: {'-' if value is None else value}")
