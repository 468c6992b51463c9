"""Whatever the collector counts has its line in the reference (docs/reference)."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from hinomi.cli.counters import reasons
from tree import SOURCE, name_of, parsed, python_files

COUNTING: Final = {"add": 1, "add_rows": 1}
"""Methods of a ledger, and which of their arguments is the reason."""


def test_reasons_are_constants() -> None:
    """No reason is written as text where it is counted: a constant says what it means."""
    literal = [
        f"{name_of(path)}:{node.lineno}"
        for path in _collecting()
        for node in _reasons_at(parsed(path))
        if isinstance(node, ast.Constant)
    ]

    assert literal == []


def test_every_reason_that_is_counted_is_documented() -> None:
    """Each constant that is handed to a ledger stands in the reference."""
    counted = {
        value
        for path in _collecting()
        for node in _reasons_at(parsed(path))
        if isinstance(node, ast.Name) and node.id.isupper()
        for value in _values(path, node.id)
    }

    assert len(counted) > 50
    assert sorted(counted - reasons().keys()) == []


def test_every_constant_that_looks_like_a_reason_is_documented() -> None:
    """A text constant with a docstring, in a module that counts, is a reason of the reference."""
    undocumented = [
        f"{name_of(path)} {node.target.id}"
        for path in _collecting()
        if any(True for _ in _reasons_at(parsed(path)))
        for node in parsed(path).body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        and node.value.value not in reasons()
    ]

    assert undocumented == []


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ('ledger.add(source, "lost-somewhere")', True),
        ('self._ledger.add_rows(sources, "lost-somewhere", weight)', True),
        ("counts.add(source)", False),
    ],
)
def test_a_count_is_recognised(line: str, *, is_found: bool) -> None:
    """Every spelling of counting is seen, and no other call."""
    assert [isinstance(node, ast.Constant) for node in _reasons_at(ast.parse(line))] == (
        [True] if is_found else []
    )


def _collecting() -> Iterator[Path]:
    """Yield the modules of the live collector; importing files counts by its own words."""
    for path in python_files(SOURCE / "collect"):
        if not {"files", "lists"} & set(path.relative_to(SOURCE).parts):
            yield path


def _reasons_at(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            place = COUNTING.get(node.func.attr)
            on = ast.unparse(node.func.value)
            if place is not None and on.endswith("ledger") and len(node.args) > place:
                yield node.args[place]


def _values(path: Path, name: str) -> list[str]:
    module = importlib.import_module(
        ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
    )
    value = getattr(module, name)
    return [value] if isinstance(value, str) else list(value.values())
