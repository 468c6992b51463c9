"""``hinomi parameters``: the register of parameters, and what their values rest on."""

import click

from hinomi.cli.session import shared_options
from hinomi.cli.whatif import what_if


@click.group()
@shared_options
def parameters() -> None:
    """See what the values of parameters rest on."""


parameters.add_command(what_if)
