"""The ``hinomi`` command and its list of commands."""

from importlib import import_module, metadata
from typing import Final

import click

from hinomi.cli.session import Session, shared_options

COMMANDS: Final = {
    "demo": "demo:demo",
    "init": "init:init",
    "networks": "networks:networks",
    "import": "importing:import_",
    "collect": "collect:collect",
    "exporters": "exporters:exporters",
    "lists": "lists:lists",
    "context": "context:context",
    "detect": "detect:detect",
    "explain": "explain:explain",
    "case": "cases:case",
    "accuracy": "accuracy:accuracy",
    "listings": "listings:listings",
    "hub": "hub.main:hub",
    "drill": "drill:drill",
    "train": "train:train",
    "models": "models:models",
    "transparency": "transparency:transparency",
    "store": "lake:store",
    "retention": "retention:retention",
    "parameters": "parameters:parameters",
    "config": "config:config",
    "people": "people:people",
    "approvals": "approvals:approvals",
    "mandates": "mandates:mandates",
    "journal": "journal:journal",
    "witness": "witness:witness",
    "research": "research:research",
    "serve": "serve:serve",
    "bench": "bench:bench",
}
"""Every command by name: its module in this folder, and its name there."""


class Commands(click.Group):
    """Loads a command when it is asked for: detection takes a second to load, import does not."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature.
        """Name the commands in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature.
        """Load the command *cmd_name*, None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command = getattr(import_module(f"hinomi.cli.{module}"), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"hinomi.cli.{module}.{attribute} is no command")
        return command


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
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
