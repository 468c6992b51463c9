"""``hinomi serve``: answer others over the network until stopped."""

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.services.mandates import Operation


@click.group()
@shared_options
def serve() -> None:
    """Answer others over the network until stopped."""


@serve.command()
@click.option(
    "--listen",
    metavar="ADDRESS:PORT",
    help="Where to listen.  [default: as configured]",
)
@click.option(
    "--publish/--no-publish",
    "publishes",
    default=True,
    help="Make the list of each epoch, or leave that to `hinomi hub publish`.  [default: make it]",
)
@shared_options
@click.pass_obj
def hub(session: Session, listen: str | None, publishes: bool) -> None:
    """
    Answer the members of this hub until stopped, and make the list of each epoch.

    Members reach it by TLS with the certificates that they were given. Every read of the
    list stands in the journal before it is answered. SIGTERM finishes what was begun and
    ends. Health and metrics are at the address that config.toml names ([hub] metrics). A home
    that was restored serves nothing until `hinomi hub resume` (exit code 78).

    \b
    Examples:
      hinomi serve hub
      hinomi serve hub --listen 192.0.2.10:8443
      hinomi serve hub --no-publish      # a timer runs `hinomi hub publish`
    """
    # Slow to load, and no other command has use for it.
    from hinomi.web.hub.server import serve_hub  # noqa: PLC0415

    home = session.open_home(Operation.SERVE)
    serve_hub(home, listen, announce=render.complain, publishes=publishes)
