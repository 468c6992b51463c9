"""No command forgets to ask who runs it: a home is opened for a named act, and in one place."""

import ast
from pathlib import Path
from typing import Final

import pytest

from hinomi.govern.roles import Act
from hinomi.services.mandates import Operation
from tree import SOURCE, name_of, parsed, python_files

DOOR: Final = SOURCE / "cli" / "session.py"
NAMES: Final = {"Operation": set(Operation.__members__), "Act": set(Act.__members__)}


def test_the_command_line_opens_homes_at_one_door() -> None:
    """Only the session imports what opens a home; there the role is checked."""
    importing = {
        name_of(path)
        for path in python_files(SOURCE / "cli")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom)
        and {"open_home", "read_in_force"} & {alias.name for alias in node.names}
    }
    (method,) = (
        node
        for node in ast.walk(parsed(DOOR))
        if isinstance(node, ast.FunctionDef) and node.name == "open_home"
    )
    called = {
        node.func.id
        for node in ast.walk(method)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }

    assert importing == {name_of(DOOR)}
    assert {"open_home", "require_role"} <= called


def test_every_command_names_its_act() -> None:
    """As a constant: no option, no variable chooses the act that the role is checked for."""
    calls = [
        (path, node)
        for path in python_files(SOURCE / "cli")
        if path != DOOR
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "open_home"
    ]

    assert len(calls) > 40
    assert [_place(path, node) for path, node in calls if not _is_named(node)] == []


@pytest.mark.parametrize(
    ("call", "named"),
    [
        ("session.open_home(Operation.DETECT)", True),
        ("session.open_home(Act.STATUS if history else Operation.DRILL)", True),
        ("session.open_home()", False),
        ("session.open_home(act)", False),
        ("session.open_home(Operation.FLY)", False),
        ("session.open_home(Operation[word])", False),
    ],
)
def test_an_act_that_is_not_named_is_noticed(call: str, *, named: bool) -> None:
    """Missing, chosen at run time, or unknown."""
    statement = ast.parse(call).body[0]
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)

    assert _is_named(statement.value) is named


def _is_named(call: ast.Call) -> bool:
    if len(call.args) != 1:
        return False
    argument = call.args[0]
    choices = [argument]
    if isinstance(argument, ast.IfExp):
        choices = [argument.body, argument.orelse]
    return all(
        isinstance(choice, ast.Attribute)
        and isinstance(choice.value, ast.Name)
        and choice.attr in NAMES.get(choice.value.id, set())
        for choice in choices
    )


def _place(path: Path, node: ast.Call) -> str:
    return f"{name_of(path)}:{node.lineno}"
