"""Each module has its test file."""

from pathlib import Path
from typing import Final

from tree import ROOT, SOURCE, mirror_of, name_of, python_files

WITHOUT_MIRROR: Final = {
    "src/hinomi/__main__.py": "three lines; tests/cli runs the program through it",
}
"""Modules without a test file of their own, each with the reason."""


def test_every_module_has_its_test_file() -> None:
    """src/hinomi/a/b.py is tested by tests/a/test_b.py."""
    missing = [
        name_of(path)
        for path in python_files(SOURCE)
        if _wants_mirror(path) and not mirror_of(path).is_file()
    ]

    assert missing == []


def test_every_exemption_from_mirroring_is_still_needed() -> None:
    """A module in the table exists and has no test file of its own."""
    for name in WITHOUT_MIRROR:
        assert (ROOT / name).is_file(), name
        assert not mirror_of(ROOT / name).is_file(), name


def _wants_mirror(path: Path) -> bool:
    return (
        path.name != "__init__.py"
        and "migrations" not in path.parts
        and name_of(path) not in WITHOUT_MIRROR
    )
