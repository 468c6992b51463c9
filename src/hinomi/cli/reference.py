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
    for path, command in _walk(cli, ("hinomi",)):
        context = click.Context(
            command,
            info_name=path[-1],
            parent=_parents(path),
            help_option_names=["-h", "--help"],
            terminal_width=_WIDTH,
            max_content_width=_WIDTH,
        )
        text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
        parts.append(f"## {' '.join(path)}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def _walk(
    command: click.Command, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _walk(inner, (*path, name))


def _parents(path: tuple[str, ...]) -> click.Context | None:
    parent = None
    for name in path[:-1]:
        parent = click.Context(cli, info_name=name, parent=parent)
    return parent


if __name__ == "__main__":
    click.echo(render_reference(), nl=False)
