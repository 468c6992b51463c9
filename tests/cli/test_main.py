"""The list of commands is whole, and each has a help text."""

import subprocess
import sys

import click
import pytest

from hinomi.cli.main import COMMANDS, cli
from terminal import hinomi

COMPUTING = frozenset(
    [
        "accuracy",
        "bench",
        "demo",
        "detect",
        "drill",
        "explain",
        "models",
        "parameters",
        "research",
        "train",
    ]
)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_loads_and_helps(name: str) -> None:
    """`hinomi COMMAND --help` exits 0 and tells of --home and --json."""
    said = hinomi(name, "--help")

    assert said.code == 0
    assert "--home DIR" in said.out
    assert "--json" in said.out


def test_commands_bear_the_names_they_are_called_by() -> None:
    """The table's names are the commands' own."""
    context = click.Context(cli)

    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        assert command.name == name


def test_the_version_is_told() -> None:
    """--version names program and version."""
    said = hinomi("--version")

    assert said.code == 0
    assert said.out.startswith("hinomi")


def test_without_a_command_the_help_is_shown_as_a_usage_error() -> None:
    """Bare `hinomi`: the help on standard error, exit 64."""
    said = hinomi()

    assert (said.code, said.out) == (64, "")
    assert "Commands:" in said.err


def test_commands_that_compute_nothing_load_no_engine() -> None:
    """They begin half a second earlier without; detection loads what is looked for here."""
    heavy = {"duckdb", "ibis", "lightgbm", "pandas", "pyspark", "scipy.stats"}
    light = [name for name in COMMANDS if name not in COMPUTING]

    assert _loaded(*light) & heavy == set()
    assert _loaded("detect") >= {"ibis", "pandas", "scipy.stats"}


def _loaded(*commands: str) -> set[str]:
    """Load commands in a process of their own, and give the names of all modules there."""
    program = (
        "import sys; from importlib import import_module; from hinomi.cli.main import COMMANDS\n"
        "for name in sys.argv[1:]: import_module('hinomi.cli.' + COMMANDS[name].split(':')[0])\n"
        "print(*sys.modules)"
    )
    command = [sys.executable, "-c", program, *commands]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
