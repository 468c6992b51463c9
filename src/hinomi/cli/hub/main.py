"""``hinomi hub``: the certified body's side of the exchange."""

import click

from hinomi.cli.hub.backup import backup, restore
from hinomi.cli.hub.publish import publish, resume, snapshot, verify
from hinomi.cli.session import shared_options


@click.group()
@shared_options
def hub() -> None:
    """Run a hub: many providers' findings in, one signed list out, and nothing else let through."""


for each in (publish, snapshot, verify, resume, backup, restore):
    hub.add_command(each)
