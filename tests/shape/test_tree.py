"""The tree polices itself: sizes, names, catch-alls (docs/decisions/0001-the-house.md)."""

import ast
from pathlib import Path
from typing import Final

import pytest

from tree import ROOT, SOURCE, TESTS, functions, name_of, parsed, project_files, python_files

MODULE_LINES: Final = 400
FUNCTION_LINES: Final = 60
TEST_LINES: Final = 600

SHAPELESS_NAMES: Final = {
    "base", "common", "core", "helper", "helpers", "manager", "util", "utils",
}  # fmt: skip
"""Names that say nothing of what is inside, and so collect everything."""

LONGER_WITH_A_RECORD: Final[dict[str, str]] = {}
"""Files that may be longer, each with the decision record that says why."""

CATCH_ALLS: Final[dict[str, str]] = {
    "src/hinomi/cli/running.py": "the last line of defence: one line instead of a traceback",
    "src/hinomi/services/bookkeeping.py": "a thread: logged, counted, raised on the other one",
    "src/hinomi/services/writing.py": "the same",
    "src/hinomi/services/membership/deadline.py": "a thread: raised on the one that waits for it",
    "src/hinomi/services/hub/serving.py": "the thread that looks after a hub: logged, counted",
    "src/hinomi/web/hub/gate.py": "one answer to each request: logged, counted",
}
"""Modules that may catch every exception, each with the reason."""


def test_modules_are_short_enough_to_read_at_once() -> None:
    """No module under src has more than 400 lines, unless a decision record says why."""
    too_long = _longer_than(MODULE_LINES, python_files(SOURCE))

    assert too_long == []


def test_test_files_are_short_enough_to_read_at_once() -> None:
    """No file of tests or benchmarks has more than 600 lines."""
    files = python_files(TESTS) + python_files(ROOT / "benchmarks")

    assert _longer_than(TEST_LINES, files) == []


def test_functions_fit_on_a_screen() -> None:
    """No function under src has more than 60 lines, docstring included."""
    too_long = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in python_files(SOURCE)
        for node in functions(path)
        if (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES
    ]

    assert too_long == []


def test_every_longer_file_has_its_decision_record() -> None:
    """An exemption from the line limits names a file that exists and a record that exists."""
    for path, record in LONGER_WITH_A_RECORD.items():
        assert (ROOT / path).is_file(), path
        assert (ROOT / "docs" / "decisions" / record).is_file(), record


def test_packages_hold_a_docstring_and_nothing_else() -> None:
    """An ``__init__.py`` says what the folder is for and re-exports nothing."""
    wrong = [
        name_of(path)
        for path in python_files(SOURCE)
        if path.name == "__init__.py"
        and (len(parsed(path).body) != 1 or ast.get_docstring(parsed(path)) is None)
    ]

    assert wrong == []


def test_every_folder_of_modules_is_a_package() -> None:
    """Each folder under src with modules has its ``__init__.py`` (Alembic's scripts apart)."""
    folders = {path.parent for path in python_files(SOURCE) if "versions" not in path.parts}
    missing = [name_of(folder) for folder in folders if not (folder / "__init__.py").is_file()]

    assert [name for name in missing if not name.endswith("migrations")] == []


def test_no_name_is_shapeless() -> None:
    """No folder or file is called utils, common, core, base, helper or manager."""
    wrong = [
        name_of(path)
        for path in project_files()
        if any(
            part.split(".")[0].lower() in SHAPELESS_NAMES for part in path.relative_to(ROOT).parts
        )
    ]

    assert wrong == []


def test_nothing_swallows_every_exception_without_a_reason() -> None:
    """
    A handler that ends every exception stands only where the table allows it.

    One that tidies up and raises the same exception again swallows nothing.
    """
    catching = {
        name_of(path)
        for path in python_files(SOURCE)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ExceptHandler) and _swallows_everything(node)
    }

    assert catching == set(CATCH_ALLS)


@pytest.mark.parametrize(
    ("handler", "catches"),
    [
        ("except Exception:", True),
        ("except BaseException:", True),
        ("except (OSError, Exception) as error:", True),
        ("except:", True),
        ("except OSError:", False),
        ("except Exception:\n    tidy()\n    raise\nexcept OSError:", False),
    ],
)
def test_a_catch_all_is_recognised(handler: str, *, catches: bool) -> None:
    """Every spelling of a handler that swallows everything is seen, and no other."""
    tree = ast.parse(f"try:\n    pass\n{handler}\n    pass\n")
    handlers = [node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]

    assert any(_swallows_everything(node) for node in handlers) is catches


def _longer_than(limit: int, files: tuple[Path, ...]) -> list[str]:
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in files}
    return [
        f"{name}: {lines}"
        for name, lines in lengths.items()
        if lines > limit and name not in LONGER_WITH_A_RECORD
    ]


def _swallows_everything(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    if isinstance(last, ast.Raise) and last.exc is None:
        return False
    if handler.type is None:
        return True
    return any(
        isinstance(node, ast.Name) and node.id in {"Exception", "BaseException"}
        for node in ast.walk(handler.type)
    )
