"""The command line reference, rendered from the commands themselves."""

from collections.abc import Iterator
from typing import Final

import click

from hinomi.cli.main import cli

_WIDTH: Final = 100

_HEAD: Final = """\
# Command line

Generated from the commands by `python -m hinomi.cli.reference`: each text is what `--help` prints.
A test checks that this page is up to date.
"""


def render_reference() -> str:
    """Render the help text of every command as one Markdown page."""
    parts = [_HEAD]
    for context in _walk(_context(cli, "hinomi", None)):
        text = "\n".join(line.rstrip() for line in context.get_help().splitlines())
        parts.append(f"## {context.command_path}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def _walk(context: click.Context) -> Iterator[click.Context]:
    """Yield the context of a command and of all commands under it, in their order."""
    yield context
    group = context.command
    if isinstance(group, click.Group):
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if command is not None:
                yield from _walk(_context(command, name, context))


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    return click.Context(
        command,
        info_name=name,
        parent=parent,
        help_option_names=["-h", "--help"],
        terminal_width=_WIDTH,
        max_content_width=_WIDTH,
    )


if __name__ == "__main__":
    click.echo(render_reference(), nl=False)
