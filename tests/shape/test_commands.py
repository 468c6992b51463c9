"""Commands that the docs show exist: each is parsed as the command line would, running nothing."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from hinomi.cli.main import cli
from tree import markdown_files, name_of

CONSOLE: Final = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHELL_ENDS: Final = {"|", ">", ">>", "2>", "<", "&&", "||", ";", "&"}


@pytest.mark.parametrize("page", markdown_files(), ids=name_of)
def test_commands_in_the_docs_exist(page: Path) -> None:
    """Each `hinomi` command in a console block parses: command, options, arguments, choices."""
    for line in _commands(page.read_text("utf-8")):
        _parse(line)


@pytest.mark.parametrize(
    "line", ["hinomi fly", "hinomi detect --wings", "hinomi import", "hinomi import x --format fax"]
)
def test_a_wrong_command_is_noticed(line: str) -> None:
    """A command, option, argument or choice that does not exist fails the check."""
    with pytest.raises(click.UsageError):
        _parse(line)


def test_commands_are_found_in_console_blocks() -> None:
    """With or without a prompt, over several lines, and nothing of the output."""
    text = "```console\n$ hinomi detect \\\n    --top 5 | head\nhinomi init\n1 hinomi x\n```\n"

    assert list(_commands(text)) == ["hinomi detect     --top 5 | head", "hinomi init"]


def _commands(text: str) -> Iterator[str]:
    for block in CONSOLE.findall(text):
        for line in block.replace("\\\n", "").splitlines():
            command = line.removeprefix("$ ")
            if command.startswith("hinomi ") or command == "hinomi":
                yield command


def _parse(line: str) -> None:
    """Walk the words of *line* down the tree of commands as click would, running nothing."""
    words = shlex.split(line, comments=True)[1:]
    cut = next((at for at, word in enumerate(words) if word in SHELL_ENDS), len(words))
    command: click.Command = cli
    context = _context(cli, "hinomi", None)
    rest = words[:cut]
    while True:
        values, rest, _ = command.make_parser(context).parse_args(list(rest))
        _check_values(command, context, values)
        if not isinstance(command, click.Group) or "help" in values or "version" in values:
            break
        if command.invoke_without_command and not rest:
            break  # A group that does something by itself, such as `hinomi collect`.
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None, line
        command, context = found, _context(found, name, context)
    assert not rest or isinstance(command, click.Group), f"left over: {rest}"


def _context(
    command: click.Command, name: str | None, parent: click.Context | None
) -> click.Context:
    # As the program makes it: a command keeps the help option of its first context.
    return click.Context(command, parent=parent, info_name=name, help_option_names=["-h", "--help"])


def _check_values(
    command: click.Command, context: click.Context, values: dict[str, object]
) -> None:
    if values.get("help"):
        return
    for parameter in command.get_params(context):
        value = values.get(str(parameter.name))
        given = isinstance(value, str | tuple) and bool(value)  # Else a mark of click's own.
        if isinstance(parameter, click.Argument) and parameter.required and not given:
            raise click.MissingParameter(ctx=context, param=parameter)
        if isinstance(parameter.type, click.Choice) and isinstance(value, str):
            parameter.type.convert(value, parameter, context)
