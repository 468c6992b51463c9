"""``hinomi listings``: what may be shared, and nothing beside it."""

import click

from hinomi.cli import render
from hinomi.cli.corroborate import corroborate, key
from hinomi.cli.enrol import enrol, join
from hinomi.cli.exchange import COMMANDS
from hinomi.cli.session import Session, shared_options
from hinomi.services.listings import (
    FIELDS,
    export_listings,
    render_csv,
    render_json,
    show_listings,
)
from hinomi.services.mandates import Operation


@click.group()
@shared_options
def listings() -> None:
    """
    Show and hand out listings: address, protocol, port, class, validity, and nothing else.

    They go to the certified body and to admitted providers, for cyber security alone.
    """


@listings.command()
@shared_options
@click.pass_obj
def show(session: Session) -> None:
    """Show what is listed in this epoch."""
    home = session.open_home(Operation.LISTINGS)
    found = show_listings(home)
    epoch_days = home.register.integer("share.epoch_days")
    if session.as_json:
        render.print_json({"listings": [each.render(epoch_days) for each in found]})
        return
    rows = [each.render(epoch_days) for each in found]
    render.print_table(
        ("address", "protocol", "port", "class", "valid until epoch"),
        [tuple(str(row[name]) for name in FIELDS) for row in rows],
        numbers=(2,),
    )
    click.echo(f"{len(found):,} listed.")


@listings.command()
@click.option(
    "--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True
)
@shared_options
@click.pass_obj
def export(session: Session, form: str) -> None:
    """
    Print what is listed in this epoch, to be handed to the certified body.

    The same listings give the same bytes. A laboratory exports nothing (exit 77).
    """
    home = session.open_home(Operation.EXPORT)
    found = export_listings(home)
    epoch_days = home.register.integer("share.epoch_days")
    is_json = session.as_json or form == "json"
    text = render_json(found, epoch_days) if is_json else render_csv(found, epoch_days)
    click.echo(text, nl=False)


for _command in (enrol, join, *COMMANDS, key, corroborate):
    listings.add_command(_command)
