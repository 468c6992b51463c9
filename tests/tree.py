"""The project's own files, as the tests that police the tree see them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCE: Final = ROOT / "src" / "hinomi"
TESTS: Final = ROOT / "tests"
DOCS: Final = ROOT / "docs"

_TEXT: Final = {"", ".cfg", ".css", ".html", ".ini", ".j2", ".json", ".lock", ".mako", ".md"} | {
    ".py", ".sh", ".sql", ".svg", ".toml", ".txt", ".typed", ".yaml", ".yml", ".csv", ".log"
}  # fmt: skip


@cache
def project_files() -> tuple[Path, ...]:
    """Name every file that is in git or could be added: nothing that git ignores."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = sorted({ROOT / name for name in listed.split("\0") if name})
    return tuple(path for path in paths if path.is_file())


def text_files() -> tuple[Path, ...]:
    """Name the project's files that hold text."""
    return tuple(path for path in project_files() if path.suffix in _TEXT)


def python_files(folder: Path) -> tuple[Path, ...]:
    """Name the project's Python files below *folder*."""
    return tuple(
        path for path in project_files() if path.suffix == ".py" and path.is_relative_to(folder)
    )


def markdown_files() -> tuple[Path, ...]:
    """Name the project's pages in Markdown."""
    return tuple(path for path in project_files() if path.suffix == ".md")


def name_of(path: Path) -> str:
    """Give *path* as it is called from the project's root, with forward slashes."""
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """Parse a Python file."""
    return ast.parse(path.read_text("utf-8"), filename=name_of(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a Python file, methods and inner ones too."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def public_classes(path: Path) -> Iterator[ast.ClassDef]:
    """Yield the classes at a module's top level whose names do not begin with ``_``."""
    for node in parsed(path).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node


def mirror_of(module: Path) -> Path:
    """Give the place of the test file of a module: src/hinomi/a/b.py, tests/a/test_b.py."""
    inside = module.relative_to(SOURCE)
    return TESTS / inside.parent / f"test_{inside.name}"


def module_of(test_file: Path) -> Path:
    """Give the place of the module that a test file tests."""
    inside = test_file.relative_to(TESTS)
    return SOURCE / inside.parent / inside.name.removeprefix("test_")
