"""``hinomi config``: check and show the configuration of a home."""

import click
import msgspec

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.config import render_config
from hinomi.govern.roles import Act
from hinomi.services.collecting import check_collect
from hinomi.services.hub.status import server_fault


@click.group()
@shared_options
def config() -> None:
    """Check and show the configuration of the home."""


@config.command()
@shared_options
@click.pass_obj
def check(session: Session) -> None:
    """
    Read config.toml and register.toml and say whether they are right.

    Exits 78 with the option's name if one is unknown or out of range. What is right but
    may not be meant so is told as a warning.
    """
    home = session.open_home(Act.STATUS)
    if home.is_hub:
        fault = server_fault(home)
        warnings = [] if fault is None else [fault]
    else:
        home.cipher()
        warnings = check_collect(home.config.collect)
    for warning in warnings:
        render.complain(warning)
    if session.as_json:
        render.print_json({"ok": True, "register": home.register.version, "warnings": warnings})
    else:
        click.echo(f"The configuration of {home.folder} is right.")
        click.echo(f"register {home.register.version}")


@config.command()
@shared_options
@click.pass_obj
def show(session: Session) -> None:
    """Show every option with the value it has: from the file, else the default."""
    home = session.open_home(Act.STATUS)
    if session.as_json:
        render.print_json(msgspec.to_builtins(home.config))
    else:
        click.echo(render_config(home.config), nl=False)
