"""The ``hinomi`` command and its list of commands."""

from importlib import metadata

import click

from hinomi.cli.config import config
from hinomi.cli.demo import demo
from hinomi.cli.detect import detect
from hinomi.cli.explain import explain
from hinomi.cli.importing import import_
from hinomi.cli.init import init
from hinomi.cli.journal import journal
from hinomi.cli.lake import store
from hinomi.cli.lists import lists
from hinomi.cli.session import Session, shared_options


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@shared_options
@click.version_option(metadata.version("hinomi"), "-V", "--version", prog_name="hinomi")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """
    Find botnet command-and-control servers in flow records.

    \b
    The way from nothing to a list of candidates:
      hinomi init --own-prefixes own.txt --sampling 10000
      hinomi import /var/cache/nfdump
      hinomi lists add known-cc feed.csv --source my-feed
      hinomi detect

    `hinomi demo` shows the whole way on a small world of its own.

    \b
    Times are ISO 8601 UTC. Exit codes are those of sysexits:
      64 wrong use   65 wrong data      66 not found    69 something is missing
      75 try again   77 not permitted   78 wrong configuration
    """
    ctx.ensure_object(Session)  # Before any command of it runs: they are handed this object.


for command in (demo, init, import_, lists, detect, explain, store, config, journal):
    cli.add_command(command)
